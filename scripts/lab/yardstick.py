"""Measures strategies on small programs with known bugs: schedules to the first that shows the bug.

Prints a Markdown table: for each program and strategy the mean over the seeds that found the bug,
and how many did if not all; beside it what has been published of other tools. A second table has
schedules a second. stress/lab/yardstick/README.md says what the programs are, and why figures of
different tools are not the same measure. SafeStack is left out unless it is named: it needs
millions of schedules (--program safestack --cap 1000000000 --seconds 60).
Exit code: 0 measured, 1 a run ended neither well nor with its program's bug, 2 could not run.
"""

import re
import sys

import arguments
import building
import concertina
import experiment
import files
import markdown
import needs
import provenance
import stats
from common import EXIT_FAILED, EXIT_OK, ROOT, Unusable, chosen, say

NEEDS = needs.BUILD

FOLDER = ROOT / "stress" / "lab" / "yardstick"

# Programs that the default leaves out.
ONLY_WHEN_NAMED = ("safestack",)

NOTE = """\
Mean schedules to the first that shows the bug, over the searches that found it; (k/N) if only k of
N did, - if none. "published" is other tools' (stress/lab/yardstick/published.json). What a yield
point is differs: here, each access to what threads share and each lock operation, in the source;
there, each memory access of the compiled program that the tool instruments, of which most do not
matter for the bug, and the calls of the thread library. Compare strategies within a column group;
between groups, only their order of magnitude."""


def programs_in_source():
    return re.findall(r'const Program k\w+\{\s*"(\w+)"', "".join(
        path.read_text() for path in sorted((FOLDER / "programs").glob("*.cc"))))


def strategies_in_source():
    return re.findall(r'\{"([\w-]+)", fuzzers::Strategy', (FOLDER / "search.cc").read_text())


def published():
    """Schedules to the first bug, of other tools: "columns", "trials", "means" by program."""
    return files.read_json(FOLDER / "published.json", "what has been published")


def published_cell(mean, trials):
    """None: not in that data set. [mean, trials that found it] where not all did."""
    if mean is None or mean == "never":
        return "" if mean is None else "-"
    return f"{mean:,}" if isinstance(mean, int) else f"{mean[0]:,} ({mean[1]}/{trials})"


class Searches(experiment.Experiment):
    """`binary` knows programs and strategies; those that are measured are chosen."""
    script = "yardstick"
    key = ("program", "strategy")

    def __init__(self, options, binary):
        super().__init__(options)
        self.binary = binary
        listed = self.lines("--list")
        self.programs = {line["program"]: line for line in listed if "program" in line}
        self.strategies = [line["strategy"] for line in listed if "strategy" in line]
        self.count = 0

    def described(self):
        for name, size in self.programs.items():
            yield (f"program   {name}: {size['threads']} threads and main, {size['steps']:.0f} "
                   f"steps, {size['decisions']:.0f} decisions; the bug ends it as {size['bug']}")
        for name in self.strategies:
            yield f"strategy  {name}"

    def lines(self, *words):
        """Its lines of JSON."""
        what = f"run {' '.join(map(str, words))}"
        result = concertina.run(concertina.command(self.binary, *words), what)
        found = concertina.answers(result, what)
        if result.returncode != 0:
            raise Unusable(f"cannot {what}: {concertina.reason_of(result)}")
        return found

    def plan(self):
        strategies = chosen(
            "strategy", self.options.strategy, self.strategies,
            without=[name for name in self.strategies if name.startswith(stats.PREFIX)])
        return {program: [(program, strategy) for strategy in strategies]
                for program in chosen("program", self.options.program, list(self.programs),
                                      without=ONLY_WHEN_NAMED)}

    def source(self, unit):
        return provenance.of(seeds=self.options.seeds, first_seed=self.options.seed,
                             cap=self.options.cap, seconds=self.options.seconds)

    def measure(self, prepared, unit, name):
        options = self.options
        hunts = self.lines("--program", unit, "--strategy", name[1], "--seed", options.seed,
                           "--seeds", options.seeds, "--cap", options.cap, "--seconds",
                           options.seconds, "--speed", options.speed)
        speeds = [line.get("schedules_per_second") for line in hunts if "found" not in line]
        hunts = [line for line in hunts if "found" in line]
        if len(hunts) != options.seeds:
            raise Unusable(f"{', '.join(name)}: {len(hunts)} searches reported, "
                           f"{options.seeds} expected")
        counts = [hunt["schedules"] for hunt in hunts if hunt["found"]]
        return {"program": unit, "strategy": name[1], "seeds": len(hunts), "found": len(counts),
                "mean_schedules": sum(counts) / len(counts) if counts else None,
                "schedules_per_second": speeds[-1] if speeds else None, "counts": counts,
                "strange": sum(hunt["strange"] for hunt in hunts)}

    def said(self, row):
        self.count += 1
        print(f"[{self.count}/{sum(map(len, self.plan().values()))}] {row['program']}, "
              f"{row['strategy']}: {mean_text(row)}", file=sys.stderr, flush=True)

    def for_tables(self):
        return {"cap": self.options.cap, "programs": self.programs}


def overall(rows, cap):
    """The geometric mean over programs; a search that found nothing counts as twice the cap."""
    return stats.geometric_mean([
        ((row["mean_schedules"] or 0) * row["found"] + 2 * cap * (row["seeds"] - row["found"]))
        / row["seeds"] for row in rows])


def mean_text(row):
    if row is None:
        return ""
    if not row["found"]:
        return "-"
    mean = row["mean_schedules"]
    return stats.of_searches(f"{mean:,.0f}" if mean >= 10 else f"{mean:.1f}", row)


def speed_text(row):
    return f"{row['schedules_per_second']:,.0f}" if row and row["schedules_per_second"] else ""


def tables(rows, cap, programs, worths=()):
    """Schedules to the bug, and schedules a second where that was measured. `programs`: their
    threads and steps."""
    by_key = {(row["program"], row["strategy"]): row for row in rows}
    strategies = stats.names_in(rows, "strategy")
    others = published()
    columns = others["columns"]
    means, speeds = [], []
    for program in stats.names_in(rows, "program"):
        threads, steps = str(programs[program]["threads"]), f"{programs[program]['steps']:.0f}"
        cells = [by_key.get((program, strategy)) for strategy in strategies]
        theirs = others["means"].get(program, [None] * len(columns))
        means.append([program, threads, steps, *map(mean_text, cells),
                      *(published_cell(mean, others["trials"]) for mean in theirs)])
        speeds.append([program, steps, *map(speed_text, cells)])
    of_each = [[row for row in rows if row["strategy"] == strategy] for strategy in strategies]
    means.append(["geometric mean", "", "", *(f"{overall(own, cap):,.1f}" for own in of_each),
                  *([""] * len(columns))])
    head = ["program", "threads", "steps", *strategies,
            *(f"published: {column}" for column in columns)]
    lines = markdown.table(head, means, right=len(head) - 1)
    if any(row["schedules_per_second"] for row in rows):
        head = ["schedules a second of processor time", "steps", *strategies]
        lines += ["", *markdown.table(head, speeds, right=len(head) - 1)]
    return lines + stats.worth_table(rows, "program", "programs", cap, worths)


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--program", metavar="NAME,...", default="",
                        help="only these (default: all but safestack)")
    parser.add_argument("--strategy", metavar="NAME,...", default="",
                        help="only these (default: all)")
    parser.add_argument("--seeds", type=arguments.count, default=20, metavar="N",
                        help="searches per program and strategy (20)")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="of the first search (1)")
    parser.add_argument("--cap", type=arguments.count, default=10000, metavar="N",
                        help="schedules per search, at most (10000)")
    parser.add_argument("--seconds", type=arguments.seconds(0), default=0, metavar="S",
                        help="seconds per search, at most (0: no limit)")
    parser.add_argument("--speed", type=arguments.seconds(0), default=0.2, metavar="S",
                        help="seconds to measure each speed for (0.2; 0: not at all)")
    experiment.add_options(parser, "yardstick", json_help="the rows; written after each, so that a "
                           "killed run keeps what it has")
    parser.add_argument("--list", action="store_true",
                        help="print the programs and strategies, and stop")
    options = parser.parse_args()
    # The program itself has the last word; but it must first be built.
    chosen("program", options.program, programs_in_source())
    chosen("strategy", options.strategy, strategies_in_source())
    return options


def main(options):
    building.build(building.clean_tree(), "none", ["yardstick"])
    measured = Searches(options, building.clean_tree().binary("none", "yardstick"))
    if options.list:
        say("\n".join(measured.described()))
        return EXIT_OK
    rows = measured.run()
    say(f"{options.seeds} seeds from {options.seed}, at most {options.cap:,} schedules"
        + (f" or {options.seconds:g} s" if options.seconds else "") + " each.\n\n" + NOTE)
    measured.show(rows)
    strange = [row for row in rows if row["strange"]]
    for row in strange:
        say(f"{row['program']}, {row['strategy']}: {row['strange']} runs ended neither well nor "
            f"with the bug")
    return EXIT_FAILED if strange else EXIT_OK
