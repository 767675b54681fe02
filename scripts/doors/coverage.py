"""Line coverage of runtime/ by the tests and the corpus, and the lines that nothing reached.

The corpus is corpus/ and what earlier campaigns kept in build/fuzz; --seconds N fuzzes first.
"""

import os
import shutil
import subprocess
from pathlib import Path

import arguments
import building
import concertina
import needs
import processes
from common import (BUILD, EXIT_FAILED, EXIT_OK, ROOT, Unusable, batches, call, cores, output_of,
                    relative, say)
from coverage_report import FileLines, ranges, read_lcov

NEEDS = needs.BUILD

FILES_PER_CALL = 200
COUNTED = ROOT / "runtime"


def llvm_tool(name):
    found = shutil.which(f"{name}-19") or shutil.which(name)
    if not found:
        raise Unusable(f"{name} is missing; scripts/setup installs llvm-19")
    return found


def corpus_files(folders):
    return [path for folder in folders if Path(folder).is_dir()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file() and path.suffix not in (".md", ".txt", ".py")]


def collect(tree, folder, corpora, skip_tests):
    """Runs everything with profiles on. A failing test still covers lines, so it only warns."""
    profiles = folder / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    profiles.mkdir(parents=True)
    env = dict(os.environ, LLVM_PROFILE_FILE=f"{profiles}/%m-%p.profraw")
    if not skip_tests:
        code = processes.run(["ctest", "--test-dir", folder, "-j", cores(),
                              "--output-on-failure", "-Q"], env=env).returncode
        if code != 0:
            say("coverage: some tests failed; run scripts/test to see them")
    files = corpus_files(corpora)
    for some in batches(files, FILES_PER_CALL):
        command = concertina.command(tree.tool("coverage"), "run", "--in-process", files=some)
        code = processes.run(command, env=env, stdout=subprocess.DEVNULL).returncode
        if code not in (EXIT_OK, EXIT_FAILED):
            say(f"coverage: the corpus run: {processes.end_words(code)}")
    say(f"coverage: {len(files)} inputs")
    return sorted(profiles.glob("*.profraw"))


def export(folder, binaries, profiles):
    data = folder / "coverage.profdata"
    call([llvm_tool("llvm-profdata"), "merge", "-sparse", "-o", data, *profiles],
         "merging the profiles")
    objects = [part for path in binaries[1:] for part in ("-object", path)]
    return read_lcov(output_of(
        llvm_tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={data}", binaries[0],
        *objects, COUNTED, what="llvm-cov"))


def say_share(lines, of_what):
    share = 100.0 * lines.covered / max(lines.lines, 1)
    say(f"{share:6.1f} %  {lines.covered:5}/{lines.lines:<5} {of_what}")


def report(files):
    total = FileLines()
    for path, lines in sorted(files.items()):
        if path.endswith("_test.cc"):
            continue
        total.lines += lines.lines
        total.uncovered += lines.uncovered
        say_share(lines, relative(path))
        if lines.uncovered:
            say(f"          not reached: {ranges(lines.uncovered)}")
    say_share(total, "lines of runtime/")


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--corpus", nargs="+", type=arguments.folder, metavar="DIR",
                        help="folders instead of the default ones")
    parser.add_argument("--seconds", type=arguments.seconds(0), default=0.0,
                        help="fuzz this long in flavour address first")
    parser.add_argument("--no-tests", action="store_true", help="what the corpus alone covers")
    return parser.parse_args()


def main(options):
    if "%" in str(BUILD):
        raise Unusable(f"{BUILD}: the profiler reads the '%' in this path as a pattern")
    if options.seconds:
        call([ROOT / "scripts" / "fuzz", "--sanitizer", "address", "--seconds", options.seconds,
              *(["--no-setup"] if options.no_setup else [])],
             "fuzzing", quiet=False)
    tree = building.clean_tree()
    folder = building.build(tree, "coverage", ["concertina"] if options.no_tests else [])
    corpora = options.corpus or [ROOT / "corpus", *sorted((BUILD / "fuzz").glob("*/corpus"))]
    profiles = collect(tree, folder, corpora, options.no_tests)
    if not profiles:
        raise Unusable("nothing ran: no profile was written")
    binaries = [folder / "concertina"]
    if not options.no_tests:
        binaries += sorted(folder.glob("*_test"))
    report(export(folder, binaries, profiles))
    return EXIT_OK
