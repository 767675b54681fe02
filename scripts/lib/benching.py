"""Side-by-side benchmarks: who runs what, what its output says, and the rows that come out.

A measurement of a workload is a pair: ours and the peer's, one right after the other. A pair's ratio
is ours by the peer's, so that what disturbs a machine for longer than a pair disturbs both sides. On
a machine that has other work, the ratio of the best times is steadier: it is in the rows, too.
"""

import json
import re
import statistics
from dataclasses import dataclass, field

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
        raise ValueError(f"no JSON of Google Benchmark: {error}") from error
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


@dataclass
class Pairs:
    """What was measured for one row."""
    workload: Workload
    processors: int
    peer: str
    ours: list = field(default_factory=list)
    theirs: list = field(default_factory=list)

    def row(self):
        ours = statistics.median(self.ours)
        row = {"workload": self.workload.name, "processors": self.processors,
               "unit": self.workload.unit, "ours_ns": ours, "peer": self.peer or None,
               "peer_ns": None, "ratio": None, "ours_min": min(self.ours),
               "ours_max": max(self.ours), "repetitions": len(self.ours)}
        if self.peer:
            ratios = sorted(a / b for a, b in zip(self.ours, self.theirs))
            row.update(peer_ns=statistics.median(self.theirs), peer_min=min(self.theirs),
                       peer_max=max(self.theirs), ratio=statistics.median(ratios),
                       ratio_min=ratios[0], ratio_max=ratios[-1],
                       ratio_best=min(self.ours) / min(self.theirs))
        return row


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(rows):
    """Markdown."""
    lines = ["| workload | Ps | unit | ours | peer | its | ratio | spread | best by best |",
             "|---|---|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] is not None else "-"
        spread = f"{row['ratio_min']:.2f}-{row['ratio_max']:.2f}" if row["peer"] else "-"
        best = f"{row['ratio_best']:.2f}" if row["peer"] else "-"
        lines.append(f"| {row['workload']} | {row['processors']} | {row['unit']} | "
                     f"{number(row['ours_ns'])} | {row['peer'] or '-'} | "
                     f"{number(row['peer_ns'])} | {ratio} | {spread} | {best} |")
    return "\n".join(lines)


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
