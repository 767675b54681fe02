"""Proves that a merge in pieces keeps all features of the real target, by libFuzzer's own count.

check_merge.py BINARY TOOL. A ctest test: that the target's inner step of -merge is called as it
wants to be, and its control file read as it is meant.
"""

import sys
import tempfile
from pathlib import Path

import concertina
import merging
import signalling
from check_signals_target import fail, features
from evolved import Evolved

INPUTS = 300
PIECE = 70


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
        before = features(binary, group, signalling.NONE)
        merged = merging.Merge(binary, evolved).run(600)
        after = features(binary, evolved.corpus, signalling.NONE)
        if before is None or before != after:
            return fail(f"{before} edges and features before, {after} after")
        if merged.failing or merged.pieces < INPUTS // PIECE:
            return fail(f"{merged.failing} failed; {merged.pieces} pieces")
        if not 0 < merged.kept < INPUTS or merged.kept + merged.pruned != INPUTS:
            return fail(f"of {INPUTS}, {merged.kept} kept and {merged.pruned} pruned")
        print(f"{merged.kept} of {INPUTS} inputs have all {after[1]} features; {merged.pieces} pieces")
        return 0


if __name__ == "__main__":
    sys.exit(main())
