"""Replays every input of a folder with one flavour's tool: replay_folder.py TOOL FOLDER.

A ctest test. Cases that expect a failure which this flavour cannot see are skipped by the tool.
"""

import subprocess
import sys
from pathlib import Path

FILES_PER_CALL = 200


def main():
    tool, folder = sys.argv[1], Path(sys.argv[2])
    files = sorted(str(path) for path in folder.rglob("*")
                   if path.is_file() and path.suffix != ".md")
    worst = 0
    for i in range(0, len(files), FILES_PER_CALL):
        command = [tool, "replay", "--expect-from-header", "--skip-unseen", "--quiet"]
        code = subprocess.run(command + files[i:i + FILES_PER_CALL], check=False).returncode
        worst = max(worst, code if code >= 0 else 128 - code)
    print(f"{len(files)} files in {folder}")
    return worst


if __name__ == "__main__":
    sys.exit(main())
