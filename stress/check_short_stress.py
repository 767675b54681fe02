"""Proves that a short stress session begins no large batch, which would take many times its length.

check_short_stress.py STRESS_JOBS. A ctest test: the batch with seed 8 is a large one in a long
session.
"""

import re
import subprocess
import sys

import processes

GOROUTINES_MAX = 32  # in a small batch; a large one of the job has 10,000


def main():
    command = [sys.argv[1], "--job", "ring", "--seed", 8, "--seconds", 1]
    result = processes.run(command, text=True, stdout=subprocess.PIPE)
    found = re.findall(r"batches (\d+)  goroutines (\d+)", result.stdout)
    if result.returncode != 0 or not found:
        print(f"FAILED: {processes.end_words(result.returncode)}\n{result.stdout}")
        return 1
    batches, goroutines = map(int, found[-1])
    if not 0 < goroutines <= batches * GOROUTINES_MAX:
        print(f"FAILED: {goroutines} goroutines in {batches} batches")
        return 1
    print(f"{batches} batches, {goroutines} goroutines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
