"""Fuzzes on disks that fill up, become read-only or are emptied, and looks for what that breaks.

A trial is one run of scripts/fuzz, of some seconds, with its folder on a
small file system of its own, in a mount namespace that vanishes with this script: what is in
build/fuzz stays as it is. Half of them fuzz a tree with a bug that is found in a few hundred
executions. Then it must be true that

1. a bug that was found is reported, exit code 1, with an input that fails when it is replayed,
   wherever that is kept, or printed
2. "no bug found", exit code 0, is said only of a campaign that could write what it found, to the
   end
3. the tree without the bug never has one, and no empty file is a finding
4. all else is exit code 2, with the reason, and is not said when the disk was good

Trial I of seed S is always the same, but for its timing. It needs root. Prints a table, and what
was wrong. Exit code: 0 nothing, 1 something, 2 could not run.
"""

import base64
import contextlib
import ctypes
import math
import os
import random
import re
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import arguments
import artifacts
import concertina
import ending
import files
import keeping
import processes
import trials
from common import BUILD, EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE, ROOT, Unusable, output_of

FUZZ = ROOT / "scripts" / "fuzz"
JSON = BUILD / "disk-trials" / "fuzz.json"
NEW_MOUNTS = 0x00020000  # CLONE_NEWNS
# What happens to the disk, and how often.
KINDS = {"small": 6, "is filled": 3, "is full for a while": 2, "becomes read-only": 2,
         "loses its folder": 2, "good": 1}
SMALL_KB, SMALL_WITH_BUG_KB, LARGE_KB = (64, 8192), (64, 1024), 65536
# When, after the workers have begun. The bug is found in a second.
DELAY_S, DELAY_WITH_BUG_S = 4, 0.7
ENDING_S = 120
STARTING_S = 600
# A campaign whose disk fails in its last moments need not know.
NOTICED_S = 5
# Executions, in the bug's tree: it takes a few hundred. A campaign of this many without it has lost
# it.
SURELY_FOUND = 20000
CASE = re.compile(r"^case     (.+)$", re.MULTILINE)
PRINTED = re.compile(r"^base64 -d > .+ <<'END'\n([A-Za-z0-9+/=\n]+)\nEND$", re.MULTILINE)
HEAD = ("disk", "tree", "trials", "exit 0", "exit 1", "exit 2", "faults")
REASON = re.compile(r"^fuzz: .*\S", re.MULTILINE)


@dataclass
class Trial:
    kind: str
    size_kb: int
    has_bug: bool
    engine: str
    workers: int
    seconds: int
    all_of_it: bool  # findings, too, are on that disk
    delay_s: float
    engine_seed: int

    def words(self):
        return (f"{self.engine}, {self.workers} workers, {self.seconds} s, "
                f"{'with' if self.has_bug else 'without'} the bug, {self.size_kb} KB for "
                f"{'all' if self.all_of_it else 'all but findings'}: {self.kind}"
                + (f" after {self.delay_s:.1f} s" if self.kind not in ("small", "good") else ""))


@dataclass
class Outcome:
    """What a trial came to, as it was seen from outside."""
    code: int = None
    output: str = ""
    result: dict = None  # --json
    reported: list = field(default_factory=list)  # inputs: names and bytes
    failing: int = 0  # of them, that fail when they are replayed
    unreported: list = field(default_factory=list)  # what shows that a worker has crashed
    cut: int = 0  # entries of the corpus
    empty: list = field(default_factory=list)  # findings
    is_bad: bool = False  # the disk, at the end


def drawn(seed, index):
    draws = random.Random(f"{seed}/{index}")
    kind = draws.choices(list(KINDS), KINDS.values())[0]
    has_bug = draws.random() < 0.5
    least, most = SMALL_WITH_BUG_KB if has_bug else SMALL_KB
    size_kb = round(least * (most / least) ** draws.random()) if kind == "small" else LARGE_KB
    return Trial(kind, size_kb, has_bug, draws.choice(("libfuzzer", "afl", "all")),
                 draws.choice((1, 2)), draws.randint(5, 8), draws.random() < 0.6,
                 draws.uniform(0, DELAY_WITH_BUG_S if has_bug else DELAY_S),
                 draws.randint(1, 10 ** 6))


def judge(trial, outcome):
    """What is wrong, as lines."""
    output, code = outcome.output, outcome.code
    is_good, is_bug, is_unusable = (code == one for one in (EXIT_OK, EXIT_FAILED, EXIT_UNUSABLE))
    new = (outcome.result or {}).get("new_inputs", 0)
    reported = len(outcome.reported)
    lost = reported - outcome.failing
    faults = [
        ("Traceback" in output, "it printed 'Traceback'"),
        ("unexpected " in output, "it printed 'unexpected '"),
        (outcome.cut, f"{outcome.cut} corpus files are cut"),
        (not (is_good or is_bug or is_unusable), f"it ended with {code}"),
        (is_good and "no bug found" not in output, "exit code 0 without a word"),
        (is_good and not new, "no bug found by a campaign that ran no new input"),
        (is_good and outcome.is_bad, "no bug found on a disk that took nothing"),
        (is_good and trial.has_bug and new > SURELY_FOUND,
         f"the bug was not found in {new:,} new inputs"),
        (is_bug and not trial.has_bug, "a bug where there is none"),
        (is_bug and not reported, "a bug without an input"),
        (is_bug and lost, f"{lost} of {reported} inputs pass when replayed"),
        (is_unusable and not REASON.search(output), "exit code 2 without a reason"),
        (is_unusable and trial.kind == "good", "exit code 2 on a good disk"),
        *((True, f"{name} is an empty finding") for name in outcome.empty),
        *((is_bug and not content, f"{name} is empty, or not there")
          for name, content in outcome.reported),
        *((not is_bug, f"not reported: {what}") for what in outcome.unreported)]
    return [words for is_so, words in faults if is_so]


# What is done to the disk.

def mount(*words):
    output_of("mount", *words, what=f"mount {' '.join(map(str, words))}")


def enter_namespace():
    if os.geteuid() != 0:
        raise Unusable("only root may mount file systems: call it with sudo")
    if ctypes.CDLL(None).unshare(NEW_MOUNTS) != 0:
        raise Unusable("this machine does not let root have a mount namespace of its own")
    mount("--make-rprivate", "/")


def unmount(place):
    """All that is mounted there, one on the other."""
    while os.path.ismount(place):
        if processes.run(["umount", place], capture_output=True).returncode != 0:
            processes.run(["umount", "--lazy", place])


def fill(folder):
    """Until nothing more goes in; returns the file that did it."""
    path = folder / "filler"
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
    return path


def make_read_only(place):
    """A process that has a file open keeps writing to it. Made ready beside it, where none
    writes."""
    beside = JSON.parent / "beside"
    beside.mkdir(exist_ok=True)
    mount("--bind", place, beside)
    mount("-o", "remount,bind,ro", beside)
    mount("--move", beside, place)


def disturb(trial, place, folder):
    if trial.kind in ("is filled", "is full for a while"):
        path = fill(place)
        if trial.kind == "is full for a while":
            time.sleep(1.5)
            path.unlink(missing_ok=True)
    elif trial.kind == "becomes read-only":
        make_read_only(place)
    elif trial.kind == "loses its folder":
        shutil.rmtree(folder, ignore_errors=True)


def disturb_later(trial, process, place, folder):
    """When it was done; of a disk that is small from the beginning, long ago."""
    if trial.kind in ("small", "good"):
        return -math.inf
    if trials.outlasts(process, trial.delay_s):
        disturb(trial, place, folder)
    return time.monotonic()


def wait_until_it_fuzzes(process, folder):
    deadline = time.monotonic() + STARTING_S
    while process.poll() is None and time.monotonic() < deadline:
        if any(files.regular_files(folder / "logs")):
            return
        time.sleep(0.02)


# What is left.

def inputs_in(output):
    """What was reported, by path or printed: names and bytes."""
    paths = [ROOT / path for path in CASE.findall(output)]
    found = [(path.name, path.read_bytes() if path.is_file() else b"") for path in paths]
    return found + [("printed.bytes", base64.b64decode(text)) for text in PRINTED.findall(output)]


def fails(tool, name, content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            as_bytes = not name.endswith(".case")
            return concertina.replay(tool, path, as_bytes=as_bytes)["failures"] > 0
        except Unusable:
            return False


def crashes_in(folder, tool):
    """What shows that a worker has crashed: its target's last words, a whole input that it
    saved."""
    found = [f"{path.name} says {line!r}" for path in files.regular_files(folder / "logs")
             for line in path.read_text(errors="replace").splitlines()
             if line.startswith("verdict: ")]
    saved = [*files.regular_files(folder / "artifacts"), *folder.glob("afl/*/out/*/crashes/id:*")]
    return found + [path.name for path in saved if fails(tool, "saved.bytes", path.read_bytes())]


def takes_nothing(folder):
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(bytes(1 << 12))
            file.flush()
        return False
    except OSError:
        return True


def seen(end, tool, folder):
    outcome = Outcome(end.code, end.output, reported=inputs_in(end.output))
    outcome.failing = sum(fails(tool, *item) for item in outcome.reported)
    outcome.unreported = crashes_in(folder, tool)
    outcome.cut = sum(not artifacts.is_whole(path)
                      for path in files.regular_files(folder / "corpus"))
    outcome.empty = [path.name for path in files.regular_files(folder.parent / "findings")
                     if not path.stat().st_size]
    outcome.is_bad = takes_nothing(folder)
    if JSON.is_file():
        outcome.result = files.read_json(JSON, "the result of scripts/fuzz")
    return outcome


def forget_elsewhere(output):
    for path in re.findall(rf"\S*/{keeping.PREFIX}[^/\s]+", output):
        shutil.rmtree(path, ignore_errors=True)


def run_one(trial, tree, flavour):
    folder = tree.fuzz_folder(flavour)
    place = folder.parent if trial.all_of_it else folder
    place.mkdir(parents=True, exist_ok=True)
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.unlink(missing_ok=True)
    mount("-t", "tmpfs", "-o", f"size={trial.size_kb}k", "tmpfs", place)
    try:
        command = [FUZZ, "--no-setup", "--sanitizer", flavour, "--engine", trial.engine,
                   "--workers", trial.workers, "--seconds", trial.seconds, "--seed",
                   trial.engine_seed, "--json", JSON,
                   *(["--mutant", tree.mutant] if tree.mutant else [])]
        process = trials.start(command)
        wait_until_it_fuzzes(process, folder)
        disturbed_at = disturb_later(trial, process, place, folder)
        end = trials.end_of(process, ENDING_S)
        took_s = time.monotonic() - disturbed_at
        outcome = seen(end, tree.tool(flavour), folder)
        outcome.is_bad = outcome.is_bad and took_s > NOTICED_S
        forget_elsewhere(outcome.output)
        return outcome
    finally:
        unmount(place)


def row_of(trial, code, faults):
    return ((trial.kind, "with the bug" if trial.has_bug else "clean"),
            (1, *(code == number for number in (0, 1, 2)), len(faults)))


def main():
    parser = trials.parser_of(__doc__, 100)
    parser.add_argument("--first", type=arguments.count_or_none, default=0, metavar="I",
                        help="begin with trial I (default 0)")
    options = parser.parse_args()
    enter_namespace()
    trees = trials.build(options.flavour)

    def one_trial(index):
        trial = drawn(options.seed, index)
        outcome = run_one(trial, trees[trial.has_bug], options.flavour)
        faults = [f"{fault}\n{outcome.output[-1500:]}" for fault in judge(trial, outcome)]
        row = row_of(trial, outcome.code, faults)
        return f"{trial.words()}: exit {outcome.code}", faults, [row]

    indices = range(options.first, options.first + options.trials)
    return EXIT_FAILED if trials.run(indices, one_trial, [HEAD]) else EXIT_OK


if __name__ == "__main__":
    trials.obey_signals()
    ending.run(Path(sys.argv[0]).stem, main)
