"""Replays every input of a folder with one flavour's tool: replay_folder.py TOOL FOLDER.

A ctest test. Cases that expect a failure which this flavour cannot see are skipped by the tool.
"""

import sys
from pathlib import Path

import common
import concertina

FILES_PER_CALL = 200


def main():
    tool, folder = sys.argv[1], Path(sys.argv[2])
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    worst = common.EXIT_OK
    for i in range(0, len(files), FILES_PER_CALL):
        worst = max(worst, common.verdict_of(concertina.talk(concertina.command(
            tool, "replay", "--expect-from-header", "--skip-unseen", "--quiet",
            files=files[i:i + FILES_PER_CALL]))))
    print(f"{len(files)} files in {folder}")
    return worst


if __name__ == "__main__":
    sys.exit(main())
