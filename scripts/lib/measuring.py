"""The yardstick: runs build/none/yardstick for programs and strategies, and makes the tables."""

import json
import math
import re
import subprocess
import sys
import tempfile

import common
import files
import processes
import provenance
import published
import worth
from common import Unusable, relative

FOLDER = common.ROOT / "stress" / "lab" / "yardstick"

# Programs that the default leaves out.
ONLY_WHEN_NAMED = ("safestack",)

NOTE = """\
Mean schedules to the first that shows the bug, over the searches that found it; (k/N) if only k of N
did, - if none. "published" is other tools' (scripts/lib/published.py). What a yield point is differs:
here, each access to what threads share and each lock operation, in the source; there, each memory
access of the compiled program that the tool instruments, of which most do not matter for the bug, and
the calls of the thread library. Compare strategies within a column group; between groups, only their
order of magnitude."""


def programs_in_source():
    return re.findall(r'const Program k\w+\{\s*"(\w+)"', "".join(
        path.read_text() for path in sorted((FOLDER / "programs").glob("*.cc"))))


def strategies_in_source():
    return re.findall(r'\{"([\w-]+)", fuzzers::Strategy', (FOLDER / "search.cc").read_text())


def portfolios_without_one(strategies):
    """They tell what a strategy is worth, and are measured when they are named."""
    return [name for name in strategies if name.startswith(worth.PREFIX)]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def overall(rows, strategy, cap):
    """The geometric mean over programs; a search that found nothing counts as twice the cap."""
    means = []
    for row in rows:
        if row["strategy"] == strategy:
            lost = row["seeds"] - row["found"]
            total = (row["mean_schedules"] or 0) * row["found"] + 2 * cap * lost
            means.append(total / row["seeds"])
    return geometric_mean(means)


def summary(program, strategy, hunts, speed):
    """A row: what the searches of one program with one strategy came to."""
    counts = [hunt["schedules"] for hunt in hunts if hunt["found"]]
    return {"program": program, "strategy": strategy, "seeds": len(hunts), "found": len(counts),
            "mean_schedules": sum(counts) / len(counts) if counts else None,
            "schedules_per_second": speed, "counts": counts,
            "strange": sum(hunt["strange"] for hunt in hunts)}


def mean_text(row):
    if row is None:
        return ""
    if not row["found"]:
        return "-"
    mean = row["mean_schedules"]
    text = f"{mean:,.0f}" if mean >= 10 else f"{mean:.1f}"
    return text if row["found"] == row["seeds"] else f"{text} ({row['found']}/{row['seeds']})"


def markdown(rows):
    """Rows of cells, the first of them the head; numbers to the right."""
    lines = ["| " + " | ".join(rows[0]) + " |",
             "| --- |" + " ---: |" * (len(rows[0]) - 1)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows[1:]]


def in_order(rows, key):
    """The different values, in the order in which they come."""
    return list(dict.fromkeys(row[key] for row in rows))


def report(rows, programs, options):
    """Both tables and the note, as lines."""
    by_key = {(row["program"], row["strategy"]): row for row in rows}
    strategies = in_order(rows, "strategy")
    means = [["program", "threads", "steps", *strategies,
              *(f"published: {column}" for column in published.COLUMNS)]]
    speeds = [["schedules a second of processor time", "steps", *strategies]]
    for program in in_order(rows, "program"):
        size = programs[program]
        cells = [by_key.get((program, strategy)) for strategy in strategies]
        known = published.MEANS.get(program, [published.NOT_RUN] * len(published.COLUMNS))
        means.append([program, str(size["threads"]), f"{size['steps']:.0f}",
                      *map(mean_text, cells), *map(published.cell, known)])
        speeds.append([program, f"{size['steps']:.0f}",
                       *(f"{row['schedules_per_second']:,.0f}"
                         if row and row["schedules_per_second"] else "" for row in cells)])
    means.append(["geometric mean", "", "", *(f"{overall(rows, strategy, options.cap):,.1f}"
                                              for strategy in strategies),
                  *([""] * len(published.COLUMNS))])
    head = (f"{options.seeds} seeds from {options.seed}, at most {options.cap:,} schedules"
            + (f" or {options.seconds:g} s" if options.seconds else "") + " each.")
    lines = [head, "", *NOTE.splitlines(), "", *markdown(means)]
    if options.speed:
        lines += ["", *markdown(speeds)]
    worths = worth.lines(rows, "program", "programs", strategies, options.cap)
    return lines + ["", *worths] if worths else lines


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
        complaints = tempfile.TemporaryFile("w+", errors="replace")
        try:
            process = processes.Process(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        except OSError as error:
            complaints.close()
            raise Unusable(f"cannot run {relative(self.binary)}: {error.strerror}") from error
        try:
            for line in process.stdout:
                yield json.loads(line)
            code = process.wait()
            complaints.seek(0)
            complaint = complaints.read()
        except json.JSONDecodeError as error:
            raise Unusable(f"{relative(self.binary)}: a line that is no JSON: {error}") from error
        finally:
            process.end()
            process.stdout.close()
            complaints.close()
        if code != 0:
            raise Unusable(f"{' '.join(command)} failed: {processes.end_words(code)}\n"
                           + common.last_lines(complaint, 5).rstrip())

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
        return summary(program, strategy, hunts, speed)

    def measure(self, programs, strategies, options):
        """All rows; says on stderr how far it is."""
        rows = []
        measured_of = provenance.of(seeds=options.seeds, first_seed=options.seed, cap=options.cap,
                                    seconds=options.seconds)
        total = len(programs) * len(strategies)
        for program in programs:
            for strategy in strategies:
                row = provenance.labelled(self.hunt(program, strategy, options), measured_of)
                rows.append(row)
                print(f"[{len(rows)}/{total}] {program}, {strategy}: {mean_text(row)}",
                      file=sys.stderr, flush=True)
                if options.json:
                    files.write_json(options.json, rows)
        return rows
