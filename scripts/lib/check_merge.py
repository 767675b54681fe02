"""Proves that a merge in pieces keeps all features of the real target, by libFuzzer's own count.

check_merge.py BINARY TOOL. A ctest test: that the target's inner step of -merge is called as it
wants to be, and its control file read as it is meant.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import concertina
import merging
import processes
from evolved import Evolved

INPUTS = 300
PIECE = 70
LOADED = re.compile(r"^#\d+\s+INITED cov: (\d+) ft: (\d+)", re.MULTILINE)


def fail(reason):
    print(f"FAILED: {reason}")
    return 1


def features(binary, inputs):
    """(edges, features) after loading; None when the target says nothing of the kind."""
    result = processes.run([binary, "-runs=0", "-seed=1", "-detect_leaks=0", inputs],
                           text=True, errors="replace", stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    found = LOADED.search(result.stdout)
    return tuple(map(int, found.groups())) if found and result.returncode == 0 else None


def main():
    binary, tool = (Path(argument) for argument in sys.argv[1:])
    merging.PIECE_MAX = PIECE
    with tempfile.TemporaryDirectory() as name:
        evolved = Evolved(name)
        concertina.generate(tool, INPUTS, 1, evolved.corpus)
        group = evolved.waiting / "1"
        evolved.waiting.mkdir()
        evolved.corpus.rename(group)
        evolved.open()
        before = features(binary, group)
        merged = merging.Merge(binary, evolved).run(600)
        after = features(binary, evolved.corpus)
        if before is None or before != after:
            return fail(f"{before} edges and features before, {after} after")
        if merged.failing or merged.pieces < INPUTS // PIECE:
            return fail(f"{merged.failing} failed; {merged.pieces} pieces")
        if not 0 < merged.kept < INPUTS or merged.kept + merged.pruned != INPUTS:
            return fail(f"of {INPUTS}, {merged.kept} kept and {merged.pruned} pruned")
        print(f"{merged.kept} of {INPUTS} inputs have all {after[1]} features; {merged.pieces} "
              f"pieces")
        return 0


if __name__ == "__main__":
    sys.exit(main())
