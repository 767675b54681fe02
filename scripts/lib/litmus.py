"""The litmus set: small programs that are verified under every schedule with a few preemptions.

On the runtime as it is each must pass; on a mutant, the cheapest failure of all programs is kept.
"""

import concertina
from common import ROOT

FOLDER = ROOT / "corpus" / "litmus"
REPLAYS = 10

# Mutants that no litmus program shows, and why not.
NOT_EXPRESSIBLE = {
    "machine-limit-forgets-the-work":
        "all twelve machines must have passed their last look at a queue when work comes into it; "
        "no program of the set starts so many, and each that waits there costs a preemption",
    "machine-limit-gives-up-after-unlock":
        "no program of the set limits its machines (knob machines_max)",
    "machine-limit-drops-the-request":
        "no program of the set limits its machines (knob machines_max)",
    "system-call-returns-without-asking":
        "three goroutines must be between system calls at once, with some six preemptions",
}
# Mutants that need more preemptions than two: (program, bound).
DEEPER = {
    "hand-off-drops-a-wanted-processor": ("syscall-hands-off-its-processor", 3),
    "run-queue-found-empty-in-pieces": ("spawns-against-a-last-look", 4),
}


def programs(folder=FOLDER):
    return sorted(folder.glob("*.case"))


def schedules_of(answer):
    """All that were run to their end, over all bounds."""
    return sum(bound["schedules"] for bound in answer["bounds"])


def row_of(name, answer):
    last = answer["bounds"][-1] if answer["bounds"] else {"bound": 0, "seconds": 0.0}
    return {"program": name, "end": answer["end"], "bound": last["bound"],
            "schedules": schedules_of(answer),
            "states": last.get("states", 0),
            "seconds": sum(bound["seconds"] for bound in answer["bounds"]),
            "signature": answer["signature"]}


def hunt(tool, bound, cases, found_in, folder=FOLDER, budget_s=None, only=None):
    """The cheapest failure: the lowest bound first, then the fewest schedules. None: nothing fails.
    `found_in`: where failing cases are written; `only`: the name of a program."""
    for limit in range(bound + 1):
        best = None
        for path in programs(folder):
            if only and path.stem != only:
                continue
            output = found_in / f"{path.stem}.case"
            answer = concertina.verify(tool, path, limit, output, budget_s)
            if answer["end"] != "failed":
                continue
            row = {"program": path.stem, "bound": answer["preemptions"],
                   "schedules": schedules_of(answer), "signature": answer["signature"],
                   "oracle": answer["oracle"], "case": answer["output"],
                   "why_no_case": answer["why_no_output"]}
            cases.append(row)
            if best is None or row["schedules"] < best["schedules"]:
                best = row
        if best:
            return best
    return None


def faults_of(row, mutant):
    """What is not as it must be; nothing when the row is good."""
    if not row["found"]:
        if mutant.name not in NOT_EXPRESSIBLE:
            yield "MISSED"
        return
    if mutant.name in NOT_EXPRESSIBLE:
        yield "FOUND AFTER ALL"
    if mutant.oracles and row["oracle"] not in mutant.oracles:
        yield "WRONG ORACLE: " + row["oracle"]
    if row["case"] and row["replays_failing"] != REPLAYS:
        yield "UNSTABLE"


def replays_that_fail(tool, row):
    """Of the written case, with the same signature; 0 when it could not be written."""
    if not row["case"]:
        return 0
    answer = concertina.replay(tool, row["case"], REPLAYS)
    return answer["failures"] if answer["agree"] and answer["signature"] == row["signature"] else 0


def mutants_table(rows):
    lines = ["| mutant | litmus program | flavour | preemptions | schedules to failure | seen as |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        faults = "".join(f" **{fault}**" for fault in row["faults"])
        if row["found"]:
            lines.append(f"| {row['mutant']} | {row['program']} | {row['flavour']} | {row['bound']} "
                         f"| {row['schedules']:,} | {row['signature']}{faults} |")
        else:
            reason = NOT_EXPRESSIBLE.get(row["mutant"], "")
            lines.append(f"| {row['mutant']} | not expressible: {reason} | | | |{faults} |")
    return "\n".join(lines)


def programs_table(rows):
    lines = ["| program | end | bound | schedules | states | s |", "|---|---|---|---|---|---|"]
    for row in rows:
        end = row["end"] if row["end"] != "failed" else f"**FAILED** {row['signature']}"
        lines.append(f"| {row['program']} | {end} | {row['bound']} | {row['schedules']:,} "
                     f"| {row['states']:,} | {row['seconds']:.1f} |")
    return "\n".join(lines)
