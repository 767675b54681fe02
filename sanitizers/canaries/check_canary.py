"""Runs one canary and judges its report:

    check_canary.py BINARY NAME [VARIABLE=VALUE...] [EXIT_CODE TEXT...]

With an exit code, that code and every text must be seen on stderr, as plain text. Without, the twin
must exit with 0 and say nothing. Variables are for its environment.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "lib"))
# pylint: disable=wrong-import-position
import processes

RUNS_OF_A_TWIN = "3"


def main():
    binary, name, *expected = sys.argv[1:]
    environment = dict(os.environ)
    while expected and "=" in expected[0]:
        variable, _, value = expected.pop(0).partition("=")
        environment[variable] = value
    command = [binary, name] + ([] if expected else [RUNS_OF_A_TWIN])
    result = processes.run(command, capture_output=True, text=True, errors="replace",
                           env=environment)
    if not expected:
        problems = [] if result.returncode == 0 and not result.stderr else \
            [f"exit code {result.returncode}, and it should be silent"]
    else:
        code, *texts = expected
        problems = [f"not reported: {text}" for text in texts if text not in result.stderr]
        if "\x1b" in result.stderr:
            problems.append("its report has colours")
        if result.returncode != int(code):
            problems.append(f"exit code {result.returncode}, expected {code}")
    if problems:
        print(f"{name}: " + "; ".join(problems))
        print(result.stderr)
        return 1
    print(f"{name}: as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
