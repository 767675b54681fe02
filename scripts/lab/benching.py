"""Side-by-side benchmarks: the programs, their output, and the rows that come out.

A measurement of a workload is a pair: ours and the peer's, one right after the other. A pair's ratio
is ours by the peer's, so that what disturbs a machine for longer than a pair disturbs both sides. On
a machine that has other work, the ratio of the best times is steadier: it is in the rows, too.
"""

import json
import os
import re
import statistics
import subprocess
from dataclasses import dataclass

import common
import experiment
import markdown
import processes
import provenance
from common import Unusable, say

GO = "go"
BOOST = "boost"
MEMCPY = "memcpy"


@dataclass(frozen=True)
class Workload:
    name: str
    ops: int  # per measurement
    peers: tuple = (GO,)
    processors: tuple = (1, 2)
    unit: str = "ns"
    twin: str = ""  # the name under which MEMCPY runs it
    reps_max: int = 0  # 0: as many as asked for


TIMEOUT_S = 600
QUICK_DIVISOR = 100
# Go would give new goroutines larger stacks than 2 KiB once it has seen deep ones.
GO_ENVIRONMENT = {"GODEBUG": "adaptivestackstart=0"}
COPY_KIB = (64, 128, 256, 512, 1024)

WORKLOADS = (
    Workload("ping_pong", 300_000, (GO, BOOST)),
    Workload("produce_consume_0", 500_000, (GO, BOOST)),
    Workload("produce_consume_100", 2_000_000, (GO, BOOST)),
    Workload("uncontended_buffered", 2_000_000, (GO, BOOST)),
    Workload("contended_channel", 1_000_000),
    Workload("select_2", 200_000),
    Workload("select_8", 100_000),
    Workload("try_receive_empty", 5_000_000, (GO, BOOST)),
    Workload("spawn_exit", 500_000, (GO, BOOST)),
    Workload("spawn_park", 100_000),
    Workload("stack_growth_1000", 2_000),
    Workload("stack_growth_10000", 200),
    *(Workload(f"copy_{kib}k", 4_000 * 64 // kib, (MEMCPY,), (1,), twin=f"memcpy_{kib}k")
      for kib in COPY_KIB),
    Workload("shrink", 2_000, (), (1,)),
    Workload("memory_per_parked", 1_000_000, (GO,), (1,), "bytes", reps_max=3),
    Workload("prime_sieve", 400),
)


@dataclass
class Binaries:
    """Paths; a peer that is not there is None."""
    ours: object
    go: object = None
    boost: object = None

    def has(self, peer):
        return {GO: self.go, BOOST: self.boost, MEMCPY: self.ours}[peer] is not None


def benchmark_command(binary, name, processors, ops):
    return [str(binary), f"--ops={ops}", f"--benchmark_filter=^{name}/processors:{processors}/",
            "--benchmark_format=json"]


def commands(binaries, workload, peer, processors, ops):
    """The command that measures the workload with ours (peer "") or a peer."""
    if peer == "":
        return benchmark_command(binaries.ours, workload.name, processors, ops)
    if peer == MEMCPY:
        return benchmark_command(binaries.ours, workload.twin, processors, ops)
    if peer == BOOST:
        return benchmark_command(binaries.boost, workload.name, processors, ops)
    return [str(binaries.go), "-test.run=^$", f"-test.bench=^BenchmarkAll/{workload.name}$",
            f"-test.cpu={processors}", f"-test.benchtime={ops}x"]


def plan(workloads, binaries):
    """(workload, processors, peer) for each row; peer is "" where there is none to compare with.
    Boost.Fiber runs its fibers on one thread."""
    rows = []
    for workload in workloads:
        for processors in workload.processors:
            peers = [p for p in workload.peers
                     if binaries.has(p) and (p != BOOST or processors == 1)]
            rows += [(workload, processors, peer) for peer in peers]
            if not workload.peers:
                rows.append((workload, processors, ""))
    return rows


def parse_benchmark(text, unit):
    """Google Benchmark's JSON, one benchmark: its value, or a reason why there is none."""
    try:
        benchmarks = json.loads(text)["benchmarks"]
    except (ValueError, KeyError) as error:
        raise ValueError(f"not JSON of Google Benchmark: {error}") from error
    if len(benchmarks) != 1:
        raise ValueError(f"{len(benchmarks)} benchmarks ran instead of one")
    one = benchmarks[0]
    if one.get("error_occurred"):
        raise ValueError(one.get("error_message", "unknown error"))
    if unit == "bytes":
        return float(one["bytes"])
    scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    return float(one["real_time"]) * scale[one["time_unit"]]


def parse_go(text, unit):
    """The line of `go test -bench`."""
    word = "bytes" if unit == "bytes" else "ns/op"
    found = re.findall(rf"^BenchmarkAll/\S+\s+\d+\s.*?([\d.e+]+) {word}(?:\s|$)", text, re.M)
    if len(found) != 1:
        raise ValueError(f"{len(found)} benchmarks in the output of go instead of one")
    return float(found[0])


def parse(text, peer, unit):
    return parse_go(text, unit) if peer == GO else parse_benchmark(text, unit)


class Bench(experiment.Experiment):
    """Each repetition goes through all workloads, so that what disturbs the machine for a while
    disturbs one repetition of each. What the loop keeps are the single pairs, in `path`."""
    script = "bench"
    key = ("workload", "processors", "peer", "repetition")
    title = "The runtime beside its peers"
    about = ["Times of one operation in ns, or bytes: medians. \"ratio\": the median of the pairs' ratios,",
             "ours by the peer's; \"spread\": the lowest and highest pair."]

    def __init__(self, options, binaries, path):
        super().__init__(options)
        self.binaries, self.path = binaries, path
        chosen = [w for w in WORKLOADS if not options.only or w.name in options.only]
        self.plan = plan(chosen, binaries)
        self.repetitions = 1 if options.quick else options.repetitions

    def units(self):
        return range(self.repetitions)

    def settings(self, unit):
        return [row for row in self.plan if unit < (row[0].reps_max or self.repetitions)]

    def name_of(self, unit, setting):
        return setting[0].name, *setting[1:], unit

    def source(self, unit):
        return provenance.of(repetitions=self.options.repetitions, quick=self.options.quick)

    def prepare(self, unit):
        say(f"bench: repetition {unit + 1} of {self.repetitions}")

    def measure(self, prepared, unit, setting):
        workload, processors, peer = setting
        ops = workload.ops
        if self.options.quick and workload.name != "prime_sieve":
            ops = max(ops // QUICK_DIVISOR, 1)
        ours = run_one(self.binaries, workload, "", processors, ops)
        theirs = run_one(self.binaries, workload, peer, processors, ops) if peer else None
        return {"workload": workload.name, "processors": processors, "peer": peer,
                "repetition": unit, "ours": ours, "theirs": theirs}

    def check(self, rows):
        for row in rows:
            row_of(WORKLOADS[0], 1, row["peer"], [row["ours"]], [row["theirs"]])

    def collected(self, pairs):
        """The rows of all repetitions."""
        rows = []
        for workload, processors, peer in self.plan:
            own = [pair for pair in pairs
                   if self.name_in(pair)[:3] == (workload.name, processors, peer)]
            row = row_of(workload, processors, peer, [pair["ours"] for pair in own],
                         [pair["theirs"] for pair in own])
            rows.append({**row, provenance.KEY: own[0][provenance.KEY]})
        return rows


def row_of(workload, processors, peer, ours, theirs=()):
    """What was measured for one row, in pairs."""
    row = {"workload": workload.name, "processors": processors,
           "unit": workload.unit, "ours_ns": statistics.median(ours), "peer": peer or None,
           "peer_ns": None, "ratio": None, "ours_min": min(ours), "ours_max": max(ours),
           "repetitions": len(ours)}
    if peer:
        ratios = sorted(a / b for a, b in zip(ours, theirs))
        row.update(peer_ns=statistics.median(theirs), peer_min=min(theirs), peer_max=max(theirs),
                   ratio=statistics.median(ratios), ratio_min=ratios[0], ratio_max=ratios[-1],
                   ratio_best=min(ours) / min(theirs))
    return row


def run_one(binaries, workload, peer, processors, ops):
    what = f"{workload.name} on {processors} by {peer or 'ours'}"
    try:
        result = processes.run(commands(binaries, workload, peer, processors, ops), text=True,
                               capture_output=True, timeout=TIMEOUT_S,
                               env={**os.environ, **GO_ENVIRONMENT})
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{what}: no end within {TIMEOUT_S} s") from error
    if result.returncode != 0:
        raise Unusable(f"{what}: {processes.end_words(result.returncode)}\n"
                       f"{common.last_lines(result.stdout + result.stderr, 20)}")
    try:
        return parse(result.stdout, peer, workload.unit)
    except ValueError as reason:
        raise Unusable(f"{what}: {reason}") from reason


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cells(row):
    ratios = (f"{row['ratio']:.2f}", f"{row['ratio_min']:.2f}-{row['ratio_max']:.2f}",
              f"{row['ratio_best']:.2f}") if row["peer"] else ("-",) * 3
    return (row["workload"], row["processors"], row["unit"], number(row["ours_ns"]),
            row["peer"] or "-", number(row["peer_ns"]), *ratios)


def tables(rows):
    return markdown.table(["workload", "Ps", "unit", "ours", "peer", "its", "ratio", "spread",
                           "best by best"], map(cells, rows))


def ratio_data(rows):
    """gnuplot's data of the first chart: index, label, ratio, lowest, highest."""
    lines = []
    for index, row in enumerate(r for r in rows if r["ratio"] is not None and r["peer"] == GO):
        label = f"{row['workload'].replace('_', ' ')}, {row['processors']}P"
        lines.append(f'{index} "{label}" {row["ratio"]:.4f} {row["ratio_min"]:.4f} '
                     f'{row["ratio_max"]:.4f}')
    return "\n".join(lines) + "\n"


def copy_data(rows):
    """gnuplot's data of the second chart: KiB in use, microseconds of a copy, of a memcpy."""
    lines = []
    for row in rows:
        found = re.fullmatch(r"copy_(\d+)k", row["workload"])
        if found and row["peer"] == MEMCPY:
            lines.append(f'{found[1]} {row["ours_ns"] / 1000:.3f} {row["peer_ns"] / 1000:.3f}')
    return "\n".join(lines) + "\n"


def chart_script(image, ratios, copies):
    """gnuplot's commands; a chart without data is left out."""
    lines = [f'set terminal svg size 1000,{900 if copies.strip() else 520} enhanced '
             'background "white" font "sans,11"', f'set output "{image}"',
             f"set multiplot layout {2 if copies.strip() and ratios.strip() else 1},1"]
    if ratios.strip():
        lines += ["$ratios << EOD", ratios.rstrip("\n"), "EOD",
                  'set title "time or memory of ours by Go\'s: median and spread (below 1: less)"',
                  "set logscale y 2", "set yrange [0.125:8]", "set grid y", "unset key",
                  "set rmargin 14", "set style fill solid 0.5", "set boxwidth 0.6", "set xtics rotate by -45",
                  "plot $ratios using 1:3:xtic(2) with boxes, "
                  "$ratios using 1:3:4:5 with yerrorbars pt 0 lc rgb 'black', 1 lc rgb 'gray'"]
    if copies.strip():
        lines += ["$copies << EOD", copies.rstrip("\n"), "EOD", "unset logscale",
                  "set key left top",
                  'set title "copying a stack of 128-byte frames"', "set yrange [0:*]",
                  "set xrange [0:*]", "set xtics norotate autofreq", 'set xlabel "KiB in use"',
                  'set ylabel "us"',
                  "plot $copies using 1:2 with linespoints title 'copy and adjust', "
                  "$copies using 1:3 with linespoints title 'memcpy'"]
    return "\n".join(lines + ["unset multiplot", ""])
