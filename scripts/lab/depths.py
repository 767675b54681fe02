"""The bug depth and the critical pair of a case, as the tool finds them, and in its header."""

import re

import building
import cases
import concertina
import experiment
import markdown
import provenance
from common import Unusable, say

BOUND = 4
BUDGET_S = 60
UNKNOWN = {"known": False, "proved": False, "signature": "", "depth_words": "", "pair_words": ""}


class Depths(experiment.Experiment):
    """`found`: by mutant, its cases and their headers."""
    script = "depth"
    key = ("case",)

    def __init__(self, options, found, clean):
        super().__init__(options)
        self.found, self.clean = found, clean

    def units(self):
        return sorted(self.found)

    def settings(self, unit):
        return self.found[unit]

    def name_of(self, unit, setting):
        return (setting[0].stem,)

    def source(self, unit):
        return provenance.of(unit, [path for path, _ in self.found[unit]], bound=self.options.bound,
                             budget=self.options.budget, more=self.options.more)

    def prepare(self, unit):
        return building.mutant_tree(unit, building.SLOT)

    def measure(self, prepared, unit, setting):
        path, header = setting
        answer, flavour = UNKNOWN, ""
        # Most bugs show without a sanitizer, too, and that is the fastest; but it must be the same one.
        for flavour in self.options.flavours or dict.fromkeys(
                ["none", *cases.able_flavours(path, header)]):
            building.build(prepared, flavour, ["concertina"])
            answer = depth_of(prepared.tool(flavour), path, self.options.bound, self.options.budget,
                              self.options.more)
            if answer["known"] and oracle_of(answer) == header["oracle"]:
                break
            answer = UNKNOWN
        fields = fields_of(answer)
        if self.options.write and fields and improves(answer, header):
            concertina.write_text(self.clean.tool("none"), path, path, fields)
        wrong = contradiction(answer, header)
        say(f"{path.stem}: {answer['depth_words'] or 'not found'}; {answer['pair_words'] or 'no pair'}")
        if wrong:
            say(f"{path.stem}: {wrong}" + (", which it says now" if self.options.write else ""))
        return {"case": path.stem, "flavour": flavour, **answer,
                "contradiction": "" if self.options.write else wrong}


def depth_of(tool, case, bound=BOUND, budget_s=BUDGET_S, more=()):
    """What `concertina depth` says of a failing case, as a dictionary. `more`: its other options."""
    answer = concertina.depth(tool, case, bound, budget_s, more)
    return UNKNOWN if answer is None else answer


def oracle_of(answer):
    return answer["signature"].partition(":")[0]


def fields_of(answer):
    """Header fields; what is not known is left as it was."""
    words = {"depth": answer["depth_words"], "pair": answer["pair_words"]}
    return {key: value for key, value in words.items() if value}


def claimed(header):
    """(is it an upper bound, the number) of a header's depth; None where it has none."""
    found = re.match(r"(at most )?(\d+) preemption", header.get("depth", ""))
    return found and (found[1] is not None, int(found[2]))


def improves(answer, header):
    """Should the answer replace what the header says? How low an upper bound is depends on how long it was
    looked for, so it replaces no lower one, and no proof."""
    claim = claimed(header)
    if answer["proved"] or not claim or contradiction(answer, header):
        return True
    return claim[0] and answer["depth"] < claim[1]


def contradiction(answer, header):
    """What the header claims and this build has shown to be otherwise: the claim is of another build,
    or of another case. Empty when both may be true."""
    claim = claimed(header)
    about_draws = "draws" in header.get("depth", "") + answer["depth_words"]
    if not claim or not answer["known"] or about_draws:  # all draws say more than some
        return ""
    is_upper, number = claim
    is_lower = not is_upper and answer["depth"] < number
    is_higher = answer["proved"] and answer["depth"] > number
    if not is_lower and not is_higher:
        return ""
    return f"its header says '{header['depth']}', this build: {answer['depth_words']}"


def tables(rows):
    return markdown.table(
        ["case", "flavour", "depth", "critical pair"],
        [(row["case"], row["flavour"], row["depth_words"] or "not found",
          row["pair_words"] or ("none" if row["known"] else "")) for row in rows])


def by_mutant(tool, paths, known):
    """Cases and their headers, by the mutant that these name."""
    found = {}
    for path in paths:
        header = concertina.header(tool, path)
        if header.get("bug") not in known:
            raise Unusable(f"{path}: its header names no mutant")
        found.setdefault(header["bug"], []).append((path, header))
    return found
