"""Measures the runtime beside its peers: Go, Boost.Fiber, and memcpy for stack copies.

Each repetition goes through all workloads and runs ours and the peer one right after the other. The
table shows medians, and the lowest and highest ratio of a pair. build/bench/ gets bench.json,
bench.svg and table.md. With --no-setup, a peer that is not installed is left out, with a message.
Exit code: 0 measured, 2 could not run.
"""

import json
import os
import re
import shutil
import statistics
from dataclasses import dataclass

import arguments
import building
import concertina
import experiment
import files
import markdown
import provenance
from common import BUILD, EXIT_OK, ROOT, Unusable, call, last_lines, relative, say


def NEEDS(options):  # pylint: disable=invalid-name
    """Peers can be left out, but not by accident."""
    return ("build", "bench") if options.no_setup else ("build", "bench", "peers")


FOLDER = BUILD / "bench"
CHART = ROOT / "stress" / "lab" / "bench" / "chart.gp"
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
BY_NAME = {workload.name: workload for workload in WORKLOADS}


def command(binaries, workload, peer, processors, ops):
    """That measures the workload with ours (peer "") or a peer."""
    if peer != GO:
        name = workload.twin if peer == MEMCPY else workload.name
        return [str(binaries[peer]), f"--ops={ops}", "--benchmark_format=json",
                f"--benchmark_filter=^{name}/processors:{processors}/"]
    return [str(binaries[GO]), "-test.run=^$", f"-test.bench=^BenchmarkAll/{workload.name}$",
            f"-test.cpu={processors}", f"-test.benchtime={ops}x"]


def rows_asked(workloads, binaries):
    """(workload's name, processors, peer) for each row; peer is "" where there is none to compare
    with. Boost.Fiber runs its fibers on one thread."""
    rows = []
    for workload in workloads:
        for processors in workload.processors:
            peers = [p for p in workload.peers
                     if binaries.get(p) and (p != BOOST or processors == 1)]
            rows += [(workload.name, processors, peer) for peer in peers]
            if not workload.peers:
                rows.append((workload.name, processors, ""))
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


class Bench(experiment.Experiment):
    """Each repetition goes through all workloads, so that what disturbs the machine for a while
    disturbs one repetition of each. What the loop keeps are the single pairs, in `path`."""
    script = "bench"
    key = ("workload", "processors", "peer", "repetition")

    def __init__(self, options, binaries, path):
        super().__init__(options)
        self.binaries, self.path = binaries, path
        chosen = [w for w in WORKLOADS if not options.only or w.name in options.only]
        self.asked = rows_asked(chosen, binaries)
        self.repetitions = 1 if options.quick else options.repetitions

    def plan(self):
        return {repetition: [(workload, processors, peer, repetition)
                             for workload, processors, peer in self.asked
                             if repetition < (BY_NAME[workload].reps_max or self.repetitions)]
                for repetition in range(self.repetitions)}

    def source(self, unit):
        return provenance.of(repetitions=self.options.repetitions, quick=self.options.quick)

    def prepare(self, unit):
        say(f"bench: repetition {unit + 1} of {self.repetitions}")

    def measure(self, prepared, unit, name):
        workload, processors, peer = BY_NAME[name[0]], *name[1:3]
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
        for asked in self.asked:
            own = [pair for pair in pairs if self.name_in(pair)[:3] == asked]
            row = row_of(BY_NAME[asked[0]], *asked[1:], [pair["ours"] for pair in own],
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
    what = f"run {workload.name} on {processors} by {peer or 'ours'}"
    result = concertina.run(command(binaries, workload, peer, processors, ops), what, TIMEOUT_S,
                            env={**os.environ, **GO_ENVIRONMENT})
    if result.returncode != 0:
        raise Unusable(f"cannot {what}: {concertina.reason_of(result)}\n"
                       + last_lines(result.stdout, 20))
    try:
        return (parse_go if peer == GO else parse_benchmark)(result.stdout, workload.unit)
    except ValueError as reason:
        raise Unusable(f"cannot {what}: {reason}") from reason


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
    """Of the first chart (stress/lab/bench/chart.gp)."""
    lines = [f'"{row["workload"].replace("_", " ")}, {row["processors"]}P" {row["ratio"]:.4f} '
             f'{row["ratio_min"]:.4f} {row["ratio_max"]:.4f}\n' for row in rows
             if row["peer"] == GO]
    return "".join(f"{index} {line}" for index, line in enumerate(lines))


def copy_data(rows):
    """Of the second one."""
    found = [(re.fullmatch(r"copy_(\d+)k", row["workload"]), row) for row in rows
             if row["peer"] == MEMCPY]
    return "".join(f'{name[1]} {row["ours_ns"] / 1000:.3f} {row["peer_ns"] / 1000:.3f}\n'
                   for name, row in found if name)


def build_go():
    if shutil.which("go") is None:
        say("bench: go is not installed (scripts/setup --bench does that): left out")
        return None
    binary = FOLDER / "bench_go"
    call(["go", "test", "-c", "-o", binary, "."], "the build of stress/lab/bench/go",
         cwd=ROOT / "stress" / "lab" / "bench" / "go")
    return binary


def build_all():
    tree = building.clean_tree()
    building.build(tree, "none", ("bench_ours",))
    ours = tree.binary("none", "bench_ours")
    binaries = {"": ours, MEMCPY: ours, GO: build_go()}
    if building.knows(tree.build_folder("none"), ("bench_boost",)):
        building.build(tree, "none", ("bench_boost",))
        binaries[BOOST] = tree.binary("none", "bench_boost")
    else:
        say("bench: libboost-fiber-dev is not installed (scripts/setup --bench does that): left "
            "out")
    return binaries


def draw(rows):
    if shutil.which("gnuplot") is None:
        say("bench: gnuplot is not installed (scripts/setup --bench does that): no chart")
        return
    data = {"ratios": ratio_data(rows), "copies": copy_data(rows)}
    for name, text in data.items():
        files.write_whole(FOLDER / f"{name}.dat", text)
    # By names alone: gnuplot has its own ideas of quotes in a path.
    shutil.copyfile(CHART, FOLDER / CHART.name)
    there = "; ".join(f"{name}={int(bool(text))}" for name, text in data.items())
    call(["gnuplot", "-e", there, CHART.name], "gnuplot", cwd=FOLDER)
    say(f"bench: {relative(FOLDER / 'bench.svg')}")


def parse_options():
    parser = arguments.parser(__doc__)
    experiment.add_options(parser, "bench", FOLDER / "bench.json",
                           "where the rows go (default build/bench/bench.json)")
    parser.add_argument("--resume", action="store_true",
                        help="resume an interrupted measurement of the same source and options")
    parser.add_argument("--repetitions", type=arguments.count, default=7, metavar="N")
    parser.add_argument("--only", action="append", default=[], metavar="WORKLOAD",
                        help="this workload only; may be repeated")
    parser.add_argument("--quick", action="store_true",
                        help="one repetition of a hundredth of the work: does everything run?")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    names = [w.name for w in WORKLOADS]
    for name in options.only:
        if name not in names:
            raise Unusable(f"no workload '{name}'; there are: {', '.join(names)}")
    return options


def main(options):
    measured = Bench(options, build_all(), FOLDER / "pairs.json")
    rows = measured.show(measured.collected(measured.run()))
    files.write_whole(FOLDER / "table.md", "\n".join(tables(rows)) + "\n")
    files.write_rows(options.json, rows)
    say(f"bench: {relative(options.json)}")
    draw(rows)
    return EXIT_OK
