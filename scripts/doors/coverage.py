"""Lines and branches of runtime/ that the hunting corpus reaches, and those that nothing does.

The corpus is corpus/ and what earlier campaigns kept in build/fuzz; --seconds N fuzzes first.
Assertions are not counted. Each branch that no input takes needs its reason in
fuzzers/uncovered.toml.
Exit code, without --corpus and --tests: 1 when less than 98 % of the lines or 95 % of the branches
are reached, when a branch that is not reached has no reason, or one that has a reason is reached.
"""

import datetime
import functools
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import arguments
import building
import concertina
import coverage_reasons
import files
import needs
import processes
import provenance
import results
from common import (BUILD, EXIT_FAILED, EXIT_OK, ROOT, Unusable, batches, call, cores, output_of,
                    say)
from coverage_report import (FileBranches, ranges, read_branches, read_lcov, total, uncounted_lines,
                             without)

NEEDS = needs.BUILD

CORPUS = ROOT / "corpus"
FILES_PER_CALL = 200
LITMUS_BOUND = 1
GENERATED = 10000
COUNTED = ROOT / "runtime"
NOT_COUNTED = (COUNTED / "platform" / "threads",)
TEST_PARTS = ("_test.cc", "testing.h")


def llvm_tool(name):
    found = shutil.which(f"{name}-19") or shutil.which(name)
    if not found:
        raise Unusable(f"{name} is missing; scripts/setup installs llvm-19")
    return found


def corpus_files(folders):
    return [path for folder in folders if Path(folder).is_dir()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file() and path.suffix not in (".md", ".txt", ".py")]


def is_counted(path):
    path = Path(path)
    return path.is_relative_to(COUNTED) and not path.name.endswith(TEST_PARTS) \
        and not any(path.is_relative_to(folder) for folder in NOT_COUNTED)


def collect(tree, folder, calls, with_tests):
    """Runs everything with profiles on. A failing test still covers lines, so it only warns."""
    profiles = folder / "profiles"
    shutil.rmtree(profiles, ignore_errors=True)
    profiles.mkdir(parents=True)
    env = dict(os.environ, LLVM_PROFILE_FILE=f"{profiles}/%c%m-%p.profraw")
    if with_tests:
        code = processes.run(["ctest", "--test-dir", folder, "-j", cores(),
                              "--output-on-failure", "-Q"], env=env).returncode
        if code != 0:
            say("coverage: some tests failed; run scripts/test to see them")
    for words, inputs in calls:
        command = concertina.command(tree.tool("coverage"), *words, files=inputs)
        code = processes.run(command, env=env, stdout=subprocess.DEVNULL).returncode
        if code not in (EXIT_OK, EXIT_FAILED):
            say(f"coverage: {words[0]}: {processes.end_words(code)}")
    return sorted(profiles.glob("*.profraw"))


def runs(folders):
    """Calls of the tool, as words and files."""
    inputs = corpus_files(folders)
    say(f"coverage: {len(inputs):,} inputs")
    return [(["run"], some) for some in batches(inputs, FILES_PER_CALL)]


def hunts():
    """Every input is run, as campaigns do it; litmus programs under their schedules, too, for which
    they are made, and as pages, which is what becomes of a finding; and what the generator gives
    first, which is all that a campaign begins with when it has no corpus."""
    evolved = sorted((BUILD / "fuzz").glob("*/corpus"))
    litmus = corpus_files([CORPUS / "litmus"])
    return [*runs([CORPUS, *evolved]),
            (["verify", "--bound", LITMUS_BOUND], litmus), (["replay"], litmus),
            (["health", "--count", GENERATED], [])]


def demangled(names, path):
    """A function that is its file's own is FILE:NAME there. `path`: a file of ours."""
    path.write_text("".join(name.rpartition(":")[2] + "\n" for name in names))
    with open(path, encoding="utf-8") as file:
        return output_of(llvm_tool("llvm-cxxfilt"), what="llvm-cxxfilt", stdin=file).splitlines()


@functools.cache
def source_lines(path):
    return Path(path).read_text().splitlines()


def by_name(of_paths, left_out):
    """File below runtime/ -> what is counted of it."""
    names = {str(Path(path).relative_to(COUNTED)): value for path, value in of_paths.items()}
    return {name: names[name] for name in sorted(names) if name not in left_out}


def export(folder, binaries, profiles, left_out):
    """Lines and branches, by file."""
    data = folder / "coverage.profdata"
    call([llvm_tool("llvm-profdata"), "merge", "-sparse", "-o", data, *profiles],
         "merging the profiles")
    objects = [part for path in binaries[1:] for part in ("-object", path)]

    def exported(*words):
        return output_of(llvm_tool("llvm-cov"), "export", f"-instr-profile={data}", *words,
                         binaries[0], *objects, COUNTED, what="llvm-cov")

    lines = {path: without(part, uncounted_lines(source_lines(path)))
             for path, part in read_lcov(exported("-format=lcov")).items() if is_counted(path)}
    functions = json.loads(exported("-format=text", "-skip-expansions"))["data"][0]
    names = demangled([function["name"] for function in functions["functions"]],
                      folder / "coverage.names")
    branches = read_branches(functions, names, is_counted, source_lines)
    return by_name(lines, left_out), by_name(branches, left_out)


def share_words(part):
    return f"{part.share:6.1f} %  {part.covered:5}/{part.count:<5}"


def report(lines, branches):
    for name, part in lines.items():
        its_branches = branches.get(name, FileBranches())
        say(f"{share_words(part)}{share_words(its_branches)} {name}")
        if part.uncovered:
            say(f"          not reached: {ranges(part.uncovered)}")
        for way, numbers in its_branches.not_taken().items():
            say(f"          not taken: {ranges(numbers)}: {way}")
    for parts, what in ((lines, "lines"), (branches, "branches")):
        say(f"{share_words(total(parts.values()))} {what} of runtime/")


ABOUT = """By the hunting corpus: what is committed, and what campaigns have evolved. Assertions are
not counted (`runtime/base/check.h`), nor are `platform/threads` and tests."""


def row(name, *parts):
    cells = [name]
    for part in parts:
        share = f"{part.share:.1f} %" if part.count else ""
        cells += [f"{part.covered:,}", f"{part.count:,}", share]
    return cells


def write(lines, branches, left_out, judged):
    """The page of it."""
    head = ["", "lines", "of", "share", "branches", "of", "share"]
    every = [row(f"`{name}`", part, branches.get(name, FileBranches()))
             for name, part in lines.items()]
    every.append(row("runtime/", total(lines.values()), total(branches.values())))
    cells = [[f"`{name}`", f"`{way.replace('|', chr(92) + '|')}`", why]
             for name, way, why in judged.rows]
    results.save("coverage", {
        "title": "Coverage of runtime/", "about": ABOUT.splitlines(),
        "date": str(datetime.date.today()), "commit": provenance.commit(),
        "machine": provenance.machine(),
        "command": f"scripts/coverage {shlex.join(sys.argv[1:])}".strip(),
        "tables": "plain", "options": {"columns": head, "right": 6, "pages": [
            {"about": "Branches that no input takes:", "columns": ["file", "branch", "why"],
             "rows": cells},
            {"about": "Files that are not counted:", "columns": ["file", "why"],
             "rows": [[f"`{name}`", why] for name, why in left_out.items()]}]},
        "rows": every, "remarks": [f"Not as it should be: {fault}." for fault in judged.faults]})


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--corpus", nargs="+", type=arguments.folder, metavar="DIR",
                        help="folders instead of the default ones")
    parser.add_argument("--seconds", type=arguments.seconds(0), default=0.0,
                        help="fuzz this long in flavour address first")
    parser.add_argument("--tests", action="store_true", help="run the tests, too")
    parser.add_argument("--json", metavar="FILE", help="also write shares and faults here")
    parser.add_argument("--write", action="store_true",
                        help="write the page in stress/lab/results, too")
    options = parser.parse_args()
    if options.write and (options.corpus or options.tests):
        parser.error("--write: the page is of the default corpus alone")
    return options


def measure(options, left_out):
    if options.seconds:
        call([ROOT / "scripts" / "fuzz", "--sanitizer", "address", "--seconds", options.seconds,
              *(["--no-setup"] if options.no_setup else [])],
             "fuzzing", quiet=False)
    tree = building.clean_tree()
    folder = building.build(tree, "coverage", [] if options.tests else ["concertina"])
    calls = runs(options.corpus) if options.corpus else hunts()
    profiles = collect(tree, folder, calls, options.tests)
    if not profiles:
        raise Unusable("nothing ran: no profile was written")
    binaries = [folder / "concertina"]
    if options.tests:
        binaries += sorted(folder.glob("*_test"))
    return export(folder, binaries, profiles, left_out)


def main(options):
    if "%" in str(BUILD):
        raise Unusable(f"{BUILD}: the profiler reads the '%' in this path as a pattern")
    left_out, reasons = coverage_reasons.read()
    lines, branches = measure(options, left_out)
    report(lines, branches)
    judged = coverage_reasons.Judged()
    if not options.corpus and not options.tests:
        judged = coverage_reasons.judge(lines, branches, reasons)
    for fault in judged.faults:
        say(f"coverage: {fault}")
    if options.json:
        files.write_whole(options.json, json.dumps({
            "lines": round(total(lines.values()).share, 2),
            "branches": round(total(branches.values()).share, 2), "faults": judged.faults}))
    if options.write:
        write(lines, branches, left_out, judged)
    return EXIT_FAILED if judged.faults else EXIT_OK
