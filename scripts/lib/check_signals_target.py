"""Proves that libFuzzer sees each group of the target's feedback, and the same in each process.

check_signals_target.py BINARY TOOL CASES. A ctest test: the cases are only loaded. Each group must
add features to those without any; a second process must count the same.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import concertina
import processes
import signalling

LOADED = re.compile(r"^#\d+\s+INITED cov: (\d+) ft: (\d+)", re.MULTILINE)


def fail(reason):
    print(f"FAILED: {reason}")
    return 1


def features(binary, inputs, value):
    """(edges, features) after loading; None when the target says nothing of the kind."""
    result = processes.run([binary, "-runs=0", "-seed=1", "-detect_leaks=0", inputs],
                           env=signalling.environment(value), text=True, errors="replace",
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = LOADED.search(result.stdout)
    return tuple(map(int, found.groups())) if found and result.returncode == 0 else None


def main():
    binary, tool, cases = (Path(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        inputs = Path(name)
        concertina.write_bytes(tool, sorted(cases.glob("*.case")), inputs)
        plain = features(binary, inputs, signalling.NONE)
        if plain is None or features(binary, inputs, signalling.NONE) != plain:
            return fail(f"without signals: {plain}, and another count in a second process")
        groups = signalling.groups()
        seen = {value: features(binary, inputs, value) for value in [*groups, signalling.ALL]}
        for value, counts in seen.items():
            if counts is None or counts[0] != plain[0] or counts[1] <= plain[1]:
                return fail(f"{value}: {counts} edges and features, and {plain} without signals")
        added = sum(seen[group][1] - plain[1] for group in groups)
        if seen[signalling.ALL][1] - plain[1] != added:
            return fail(f"all together add {seen[signalling.ALL][1] - plain[1]}, alone {added}")
        if features(binary, inputs, signalling.ALL) != seen[signalling.ALL]:
            return fail("another count in a second process")
        misspelt = processes.run([binary, "-runs=0", inputs], cwd=name, text=True, errors="replace",
                                 env=signalling.environment("edges"), stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        if misspelt.returncode != 2 or list(inputs.glob("crash-*")):
            return fail("a group that does not exist ended with exit code "
                        f"{misspelt.returncode}:\n{misspelt.stdout}")
        words = ", ".join(f"{group} {seen[group][1] - plain[1]}" for group in groups)
        print(f"{plain[1]} features of edges; and: {words}")
        return 0


if __name__ == "__main__":
    sys.exit(main())
