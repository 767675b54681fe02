"""Measures the runtime beside its peers: Go, Boost.Fiber, and memcpy for stack copies.

Each repetition goes through all workloads and runs ours and the peer one right after the other. The
table shows medians, and the lowest and highest ratio of a pair. build/bench/ gets bench.json,
bench.svg and table.md. With --no-setup, a peer that is not installed is left out, with a message.
Exit code: 0 measured, 2 could not run.
"""

import os
import shutil
import subprocess
from pathlib import Path

import arguments
import benching
import building
import common
import files
import processes
import provenance
from common import BUILD, ROOT, Unusable, relative, say


def NEEDS(options):  # pylint: disable=invalid-name
    """Peers can be left out, but nobody should leave them out by accident."""
    return ("build", "bench") if options.no_setup else ("build", "bench", "peers")


FOLDER = BUILD / "bench"
TIMEOUT_S = 600
QUICK_DIVISOR = 100
# Go would give new goroutines larger stacks than 2 KiB once it has seen deep ones.
GO_ENVIRONMENT = {"GODEBUG": "adaptivestackstart=0"}


def build_go():
    if shutil.which("go") is None:
        say("bench: go is not installed (scripts/setup --bench does that): left out")
        return None
    binary = FOLDER / "bench_go"
    common.call(["go", "test", "-c", "-o", binary, "."], "the build of stress/lab/bench/go",
                cwd=ROOT / "stress" / "lab" / "bench" / "go")
    return binary


def build_all():
    tree = building.clean_tree()
    building.build(tree, "none", ("bench_ours",))
    boost = None
    if building.knows(tree.build_folder("none"), ("bench_boost",)):
        building.build(tree, "none", ("bench_boost",))
        boost = tree.binary("none", "bench_boost")
    else:
        say("bench: libboost-fiber-dev is not installed (scripts/setup --bench does that): left out")
    return benching.Binaries(tree.binary("none", "bench_ours"), build_go(), boost)


def measure(binaries, workload, peer, processors, ops):
    command = benching.commands(binaries, workload, peer, processors, ops)
    what = f"{workload.name} on {processors} by {peer or 'ours'}"
    try:
        result = processes.run(command, capture_output=True, text=True, timeout=TIMEOUT_S,
                               env={**os.environ, **GO_ENVIRONMENT})
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{what}: no end within {TIMEOUT_S} s") from error
    if result.returncode != 0:
        raise Unusable(f"{what}: {processes.end_words(result.returncode)}\n"
                       f"{common.last_lines(result.stdout + result.stderr, 20)}")
    try:
        return benching.parse(result.stdout, peer, workload.unit)
    except ValueError as reason:
        raise Unusable(f"{what}: {reason}") from reason


def run(binaries, workloads, repetitions, divisor):
    rows = [benching.Pairs(*row) for row in benching.plan(workloads, binaries)]
    for repetition in range(repetitions):
        for pairs in rows:
            workload = pairs.workload
            if workload.reps_max and repetition >= workload.reps_max:
                continue
            ops = workload.ops if workload.name == "prime_sieve" else workload.ops // divisor
            ops = max(ops, 1)
            pairs.ours.append(measure(binaries, workload, "", pairs.processors, ops))
            if pairs.peer:
                pairs.theirs.append(measure(binaries, workload, pairs.peer, pairs.processors, ops))
        say(f"bench: repetition {repetition + 1} of {repetitions} done")
    return [pairs.row() for pairs in rows]


def draw(rows, image):
    if shutil.which("gnuplot") is None:
        say("bench: gnuplot is not installed (scripts/setup --bench does that): no chart")
        return
    # By names alone: gnuplot has its own ideas of quotes in a path.
    script = benching.chart_script(image.name, benching.ratio_data(rows), benching.copy_data(rows))
    files.write_whole(FOLDER / "bench.gp", script)
    common.call(["gnuplot", "bench.gp"], "gnuplot", cwd=FOLDER)
    say(f"bench: {relative(image)}")


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--json", type=Path, default=FOLDER / "bench.json", metavar="FILE",
                        help="where the rows go (default build/bench/bench.json)")
    parser.add_argument("--repetitions", type=arguments.count, default=7, metavar="N")
    parser.add_argument("--only", action="append", default=[], metavar="WORKLOAD",
                        help="this workload only; may be repeated")
    parser.add_argument("--quick", action="store_true",
                        help="one repetition of a hundredth of the work: does everything run?")
    options = parser.parse_args()
    names = [w.name for w in benching.WORKLOADS]
    for name in options.only:
        if name not in names:
            raise Unusable(f"no workload '{name}'; there are: {', '.join(names)}")
    return options


def main(options):
    FOLDER.mkdir(parents=True, exist_ok=True)
    files.check_writable(options.json, "--json")
    workloads = [w for w in benching.WORKLOADS if not options.only or w.name in options.only]
    binaries = build_all()
    measured_of = provenance.of(repetitions=options.repetitions, quick=options.quick)
    rows = run(binaries, workloads, 1 if options.quick else options.repetitions,
               QUICK_DIVISOR if options.quick else 1)
    text = benching.table(rows)
    say(text)
    files.write_whole(FOLDER / "table.md", text + "\n")
    files.write_json(options.json, [provenance.labelled(row, measured_of) for row in rows])
    say(f"bench: {relative(options.json)}")
    draw(rows, FOLDER / "bench.svg")
    return common.EXIT_OK
