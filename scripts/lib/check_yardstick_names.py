"""Proves that the names that scripts/yardstick reads in the source are those that the program has.

check_yardstick_names.py YARDSTICK. A ctest test.
"""

import json
import subprocess
import sys
from pathlib import Path

import processes

sys.path.append(str(Path(__file__).resolve().parent.parent / "lab"))
import yardstick  # pylint: disable=wrong-import-position


def main():
    result = processes.run([sys.argv[1], "--list"], text=True, stdout=subprocess.PIPE)
    if result.returncode != 0:
        sys.exit(f"FAILED: --list: {processes.end_words(result.returncode)}")
    names = [json.loads(line) for line in result.stdout.splitlines()]
    failures = 0
    for kind, in_source in (("program", yardstick.programs_in_source()),
                            ("strategy", yardstick.strategies_in_source())):
        listed = {row[kind] for row in names if kind in row}
        if not listed or listed != set(in_source):
            print(f"FAILED: scripts/yardstick reads other names of a {kind} in the source")
            failures += 1
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
