"""What makes a finding a regression (scripts/promote)."""

import concertina
import provenance
from common import FUZZ_FLAVOURS


def complaint_of_clean(tool, path, neighbours):
    """Why the case is no regression on the unchanged tree; empty when it is one."""
    answer = concertina.replay(tool, path, times=2)
    if answer["failures"] or not answer["agree"]:
        return (f"it still fails on this tree ({answer['signature']}): a regression shows a bug "
                "that is fixed; fix it, and write the mutant that puts it back")
    if neighbours:
        failures, signature = concertina.neighbours(tool, path, neighbours)
        if failures:
            return (f"{failures} of {neighbours} neighbouring schedules fail on this tree "
                    f"({signature})")
    return ""


def who_sees_it(answers, wanted_oracle):
    """The oracle, and the flavours in which each replay fails by it: the header's oracle if it is
    seen at all, else the one that most flavours agree on (address before thread before none)."""
    good = {flavour: answer for flavour, answer in answers.items()
            if answer["failures"] == answer["times"] and answer["agree"]}
    oracles = [answer["oracle"] for answer in good.values()]
    if not oracles:
        return "", []
    oracle = wanted_oracle if wanted_oracle in oracles else max(oracles, key=oracles.count)
    return oracle, [flavour for flavour in FUZZ_FLAVOURS
                    if flavour in good and good[flavour]["oracle"] == oracle]


def flavour_words(flavours):
    return "any" if set(flavours) == set(FUZZ_FLAVOURS) else ", ".join(flavours)


def case_name(row):
    """A mutant's name says what goes wrong; what only TSan sees is a case of its own."""
    return row["mutant"] + ("-as-a-race" if row["flavour"] == "thread" else "")


def choose(rows):
    """Of what scripts/mutants measured: the smallest minimised case of each mutant and flavour,
    from rows without a fault, as {name of the case: row}."""
    chosen = {}
    for row in rows:
        if row["faults"] or not row["kept"]:
            continue
        name = case_name(row)
        if name not in chosen or cost(row) < cost(chosen[name]):
            chosen[name] = row
    return chosen


def why_outdated(row):
    """Why a measurement says nothing of this tree; empty when it does. What was replayed, with the
    mutant and without, was of the source as it was then."""
    stored = row.get(provenance.KEY) or {}
    now = {**stored, "format": provenance.FORMAT, "source": provenance.source(row["mutant"])}
    return "; ".join(provenance.differences(stored, now))


def cost(row):
    answer = row["kept"]["minimised"]
    return (not answer["free_of_chance"], answer["goroutines"], answer["operations"],
            answer["preemptions"] + answer["stack_events"], row["engine"] != "libfuzzer")
