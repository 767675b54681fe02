"""How many preemptions each regression needs, and which two steps it turns on.

Each case is explored with the mutant that its header names: without a sanitizer if the same oracle
sees it there, else in the flavours that the header names. Where exploring takes too long, the
preemptions of failing runs are reduced; the depth is then "at most" the result, unless all lower
bounds were explored. With --write, depth and steps become lines of the case's header. A header
comes from the build that wrote it: those that this build has shown to be wrong are listed.
Exit code: 0 when every case has a depth, or an upper bound of it, and no header is wrong; 1 when
not, 2 could not run.
"""

import re
from pathlib import Path

import arguments
import building
import cases
import concertina
import experiment
import files
import markdown
import mutants
import needs
import provenance
from common import EXIT_FAILED, EXIT_OK, FUZZ_FLAVOURS, ROOT, Unusable, say

NEEDS = needs.BUILD

REGRESS = ROOT / "corpus" / "regress"
BOUND = 4
BUDGET_S = 60
UNKNOWN = {"known": False, "proved": False, "signature": "", "depth_words": "", "pair_words": ""}


class Depths(experiment.Experiment):
    """`cases`: by name, path and header; `clean`: the tool without a mutant."""
    script = "depth"
    key = ("case",)

    def __init__(self, options, clean, paths):
        super().__init__(options)
        self.clean = clean
        self.cases = {path.stem: (path, concertina.header(clean, path)) for path in paths}
        for path, header in self.cases.values():
            if header.get("bug") not in mutants.names():
                raise Unusable(f"{path}: its header names no mutant")

    def plan(self):
        return {bug: [(name,) for name, (_, header) in self.cases.items() if header["bug"] == bug]
                for bug in sorted({header["bug"] for _, header in self.cases.values()})}

    def source(self, unit):
        paths = [path for path, header in self.cases.values() if header["bug"] == unit]
        return provenance.of(unit, paths, bound=self.options.bound, budget=self.options.budget,
                             more=self.options.more)

    def prepare(self, unit):
        return building.mutant_tree(unit, building.SLOT)

    def measure(self, prepared, unit, name):
        path, header = self.cases[name[0]]
        answer, flavour = UNKNOWN, ""
        # Most bugs show without a sanitizer, too, and that is the fastest; but it must be the same
        # one.
        for flavour in self.options.flavours or dict.fromkeys(
                ["none", *cases.able_flavours(path, header)]):
            answer = depth_of(building.build_tool(prepared, flavour), path, self.options.bound,
                              self.options.budget, self.options.more)
            if answer["known"] and oracle_of(answer) == header["oracle"]:
                break
            answer = UNKNOWN
        fields = fields_of(answer)
        if self.options.write and fields and improves(answer, header):
            concertina.write_text(self.clean, path, path, fields)
        wrong = contradiction(answer, header)
        say(f"{path.stem}: {answer['depth_words'] or 'not found'}; "
            f"{answer['pair_words'] or 'no pair'}")
        if wrong:
            say(f"{path.stem}: {wrong}" + (", which it says now" if self.options.write else ""))
        return {"case": path.stem, "flavour": flavour, **answer,
                "contradiction": "" if self.options.write else wrong}


def depth_of(tool, case, bound=BOUND, budget_s=BUDGET_S, more=()):
    """What `concertina depth` says of a failing case, as a dictionary. `more`: its other
    options."""
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
    """Should the answer replace what the header says? How low an upper bound is depends on how long
    it was looked for, so it replaces no lower one, and no proof."""
    claim = claimed(header)
    if answer["proved"] or not claim or contradiction(answer, header):
        return True
    return claim[0] and answer["depth"] < claim[1]


def contradiction(answer, header):
    """What the header claims and this build has shown to be otherwise: the claim is of another
    build, or of another case. Empty when both may be true."""
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


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("files", metavar="FILE", nargs="*", type=arguments.existing,
                        help="default: all of corpus/regress")
    parser.add_argument("--bound", type=arguments.preemptions, default=BOUND,
                        help="preemptions, at most")
    parser.add_argument("--budget", type=arguments.seconds(1), default=BUDGET_S,
                        help="seconds to explore each case, and as many again to reduce its "
                             "failing runs")
    parser.add_argument("--starts", type=arguments.count, metavar="N",
                        help="failing runs to reduce if exploring finds no proof (default: the "
                             "tool's)")
    parser.add_argument("--reducing-runs", type=arguments.count, metavar="N",
                        help="runs to reduce each of them (default: the tool's)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=FUZZ_FLAVOURS, help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help="write into the cases' headers")
    experiment.add_options(parser, None)
    options = parser.parse_args()
    handed_on = {"--starts": options.starts, "--reducing-runs": options.reducing_runs}
    options.more = [part for name, value in handed_on.items() if value is not None
                    for part in (name, str(value))]
    return options


def main(options):
    paths = [Path(name) for name in options.files] or files.listed(REGRESS, "*.case")
    measured = Depths(options, building.build_tool(building.clean_tree(), "none"), paths)
    rows = measured.run()
    say("\n" + "\n".join(tables(rows)))
    known = sum(row["known"] for row in rows)
    say(f"\n{known} of {len(rows)} have a depth or an upper bound of it, "
        f"{sum(row.get('proved', False) for row in rows)} proved")
    wrong = [row for row in rows if row["contradiction"]]
    for row in wrong:
        say(f"{row['case']}: {row['contradiction']}: --write corrects it")
    return EXIT_OK if known == len(rows) and not wrong else EXIT_FAILED
