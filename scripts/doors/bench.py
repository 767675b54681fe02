"""Measures the runtime beside its peers: Go, Boost.Fiber, and memcpy for stack copies.

Each repetition goes through all workloads and runs ours and the peer one right after the other. The
table shows medians, and the lowest and highest ratio of a pair. build/bench/ gets bench.json,
bench.svg and table.md. With --no-setup, a peer that is not installed is left out, with a message.
Exit code: 0 measured, 2 could not run.
"""

import shutil

import arguments
import benching
import building
import common
import experiment
import files
import results
from common import BUILD, ROOT, Unusable, relative, say


def NEEDS(options):  # pylint: disable=invalid-name
    """Peers can be left out, but not by accident."""
    return ("build", "bench") if options.no_setup else ("build", "bench", "peers")


FOLDER = BUILD / "bench"


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
    experiment.add_options(parser, FOLDER / "bench.json",
                           "where the rows go (default build/bench/bench.json)", resume=False)
    parser.add_argument("--resume", action="store_true",
                        help="resume an interrupted measurement of the same source and options")
    results.add_option(parser, "bench")
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
    measured = benching.Bench(options, build_all(), FOLDER / "pairs.json")
    rows = measured.collected(measured.run())
    results.show(measured, rows)
    files.write_whole(FOLDER / "table.md", "\n".join(measured.tables(rows)) + "\n")
    files.write_rows(options.json, rows)
    say(f"bench: {relative(options.json)}")
    draw(rows, FOLDER / "bench.svg")
    return common.EXIT_OK
