"""The yardstick: runs build/none/yardstick for programs and strategies, and makes the tables."""

import json
import re
import subprocess
import sys
import tempfile

import common
import experiment
import files
import markdown
import processes
import provenance
import stats
from common import Unusable, relative

FOLDER = common.ROOT / "stress" / "lab" / "yardstick"

# Programs that the default leaves out.
ONLY_WHEN_NAMED = ("safestack",)

NOTE = """\
Mean schedules to the first that shows the bug, over the searches that found it; (k/N) if only k of N
did, - if none. "published" is other tools' (stress/lab/yardstick/published.json). What a yield point is
differs: here, each access to what threads share and each lock operation, in the source; there, each
memory access of the compiled program that the tool instruments, of which most do not matter for the bug,
and the calls of the thread library. Compare strategies within a column group; between groups, only their
order of magnitude."""


def programs_in_source():
    return re.findall(r'const Program k\w+\{\s*"(\w+)"', "".join(
        path.read_text() for path in sorted((FOLDER / "programs").glob("*.cc"))))


def strategies_in_source():
    return re.findall(r'\{"([\w-]+)", fuzzers::Strategy', (FOLDER / "search.cc").read_text())


def portfolios_without_one(strategies):
    """They tell what a strategy is worth, and are measured when they are named."""
    return [name for name in strategies if name.startswith(stats.PREFIX)]


class Published:
    """What has been published of schedules to the first bug: means, by program and column."""

    def __init__(self):
        stored = files.read_json(FOLDER / "published.json", "what has been published")
        self.columns, self.trials, self.means = (stored[key] for key in ("columns", "trials", "means"))

    def cells(self, program):
        return [self.cell(mean) for mean in self.means.get(program, [None] * len(self.columns))]

    def cell(self, mean):
        """None: not in that data set. [mean, trials that found it] where not all did."""
        if mean is None or mean == "never":
            return "" if mean is None else "-"
        return f"{mean:,}" if isinstance(mean, int) else f"{mean[0]:,} ({mean[1]}/{self.trials})"


class Searches(experiment.Experiment):
    script = "yardstick"
    key = ("program", "strategy")
    title = "Schedules to the first bug, by strategy"
    about = NOTE.splitlines()

    def __init__(self, options, yard, programs, strategies):
        super().__init__(options)
        self.yard, self.programs, self.strategies = yard, programs, strategies
        self.count = 0

    def units(self):
        return self.programs

    def settings(self, unit):
        return self.strategies

    def source(self, unit):
        return provenance.of(seeds=self.options.seeds, first_seed=self.options.seed,
                             cap=self.options.cap, seconds=self.options.seconds)

    def measure(self, prepared, unit, setting):
        return self.yard.hunt(unit, setting, self.options)

    def said(self, row):
        self.count += 1
        print(f"[{self.count}/{len(self.programs) * len(self.strategies)}] {row['program']}, "
              f"{row['strategy']}: {mean_text(row)}", file=sys.stderr, flush=True)

    def for_tables(self):
        return {"cap": self.options.cap, "programs": self.yard.programs}


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
    """Schedules to the bug, and schedules a second where that was measured. `programs`: their threads
    and steps."""
    by_key = {(row["program"], row["strategy"]): row for row in rows}
    strategies = stats.names_in(rows, "strategy")
    published = Published()
    means, speeds = [], []
    for program in stats.names_in(rows, "program"):
        threads, steps = str(programs[program]["threads"]), f"{programs[program]['steps']:.0f}"
        cells = [by_key.get((program, strategy)) for strategy in strategies]
        means.append([program, threads, steps, *map(mean_text, cells), *published.cells(program)])
        speeds.append([program, steps, *map(speed_text, cells)])
    of_each = [[row for row in rows if row["strategy"] == strategy] for strategy in strategies]
    means.append(["geometric mean", "", "", *(f"{overall(own, cap):,.1f}" for own in of_each),
                  *([""] * len(published.columns))])
    head = ["program", "threads", "steps", *strategies,
            *(f"published: {column}" for column in published.columns)]
    lines = markdown.table(head, means, right=len(head) - 1)
    if any(row["schedules_per_second"] for row in rows):
        head = ["schedules a second of processor time", "steps", *strategies]
        lines += ["", *markdown.table(head, speeds, right=len(head) - 1)]
    return lines + stats.worth_table(rows, "program", "programs", cap, worths)


class Yard:
    """The program yardstick."""

    def __init__(self, binary):
        self.binary = binary
        listed = list(self.lines(["--list"]))
        self.programs = {line["program"]: line for line in listed if "program" in line}
        self.strategies = [line["strategy"] for line in listed if "strategy" in line]

    def described(self):
        for name, size in self.programs.items():
            yield (f"program   {name}: {size['threads']} threads and main, {size['steps']:.0f} steps, "
                   f"{size['decisions']:.0f} decisions; the bug ends it as {size['bug']}")
        for name in self.strategies:
            yield f"strategy  {name}"

    def lines(self, arguments):
        """Its lines of JSON, as they come."""
        command = [str(self.binary), *map(str, arguments)]
        # A file: a second pipe would have to be read beside the first, or the program waits for ever
        # once it is full.
        with tempfile.TemporaryFile("w+", errors="replace") as complaints:
            try:
                process = processes.Process(command, stdout=subprocess.PIPE, stderr=complaints,
                                            text=True)
            except OSError as error:
                raise Unusable(f"cannot run {relative(self.binary)}: {error.strerror}") from error
            try:
                for line in process.stdout:
                    yield json.loads(line)
                code = process.wait()
            except json.JSONDecodeError as error:
                raise Unusable(f"{relative(self.binary)}: a line that is not JSON: {error}") from error
            finally:
                process.end()
                process.stdout.close()
            complaints.seek(0)
            if code != 0:
                raise Unusable(f"{' '.join(command)} failed: {processes.end_words(code)}\n"
                               + common.last_lines(complaints.read(), 5).rstrip())

    def hunt(self, program, strategy, options):
        """The row of one program and one strategy."""
        arguments = ["--program", program, "--strategy", strategy, "--seed", options.seed,
                     "--seeds", options.seeds, "--cap", options.cap, "--seconds", options.seconds,
                     "--speed", options.speed]
        hunts, speed = [], None
        for line in self.lines(arguments):
            if "schedules_per_second" in line:
                speed = line["schedules_per_second"]
            else:
                hunts.append(line)
        if len(hunts) != options.seeds:
            raise Unusable(f"{program}, {strategy}: {len(hunts)} searches reported, "
                           f"{options.seeds} expected")
        counts = [hunt["schedules"] for hunt in hunts if hunt["found"]]
        return {"program": program, "strategy": strategy, "seeds": len(hunts), "found": len(counts),
                "mean_schedules": sum(counts) / len(counts) if counts else None,
                "schedules_per_second": speed, "counts": counts,
                "strange": sum(hunt["strange"] for hunt in hunts)}
