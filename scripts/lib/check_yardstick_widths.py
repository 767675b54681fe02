"""Proves that a search does not depend on for how many threads the simulator was built.

check_yardstick_widths.py YARDSTICK YARDSTICK_WIDE. A ctest test: the same searches with both must
come to the same, run for run; and what has more threads than the first has room for must work with
it, too. And the names that scripts/yardstick reads in the source are those that the program has.
"""

import json
import subprocess
import sys
from pathlib import Path

import processes

sys.path.append(str(Path(__file__).resolve().parent.parent / "lab"))
import yardstick  # pylint: disable=wrong-import-position

STRATEGIES = ("random", "pct10", "pos", "surw", "reads-from", "portfolio")
PROGRAMS = ("reorder_20", "wronglock", "work_steal_queue", "twostage_50")
TOO_MANY_THREADS = "twostage_100"
CAP = "150"


def printed(command):
    result = processes.run(command, text=True, stdout=subprocess.PIPE)
    if result.returncode != 0:
        sys.exit(f"FAILED: {command}: {processes.end_words(result.returncode)}")
    return result.stdout


def searches(binary, program, strategy):
    """What they came to, without how long they took."""
    command = [binary, "--program", program, "--strategy", strategy, "--seeds", "2", "--cap", CAP]
    rows = [json.loads(line) for line in printed(command).splitlines()]
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def listed(binary):
    return printed([binary, "--list"])


def main():
    narrow, wide = sys.argv[1:]
    failures = 0
    if listed(narrow) != listed(wide) or TOO_MANY_THREADS not in listed(narrow):
        print("FAILED: the lists differ")
        failures += 1
    names = [json.loads(line) for line in listed(narrow).splitlines()]
    for kind, in_source in (("program", yardstick.programs_in_source()),
                            ("strategy", yardstick.strategies_in_source())):
        if {row[kind] for row in names if kind in row} != set(in_source):
            print(f"FAILED: scripts/yardstick reads other names of a {kind} in the source")
            failures += 1
    for program in (*PROGRAMS, TOO_MANY_THREADS):
        for strategy in STRATEGIES:
            ours, theirs = (searches(binary, program, strategy) for binary in (narrow, wide))
            if ours != theirs or len(ours) != 2:
                print(f"FAILED: {program}, {strategy}: {ours} with one width, {theirs} with "
                      f"another")
                failures += 1
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
