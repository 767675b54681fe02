#!/usr/bin/env python3
"""Holds the README's examples to what the tool prints.

Each block of fuzzers/report/README.md that opens with `$ scripts/replay ...` is run, and must print
what the block shows. `--write` puts what it printed into the README instead. It builds the mutants
that the commands name, so it takes minutes the first time.

Exit code: 0 when every block is exact, 1 when one differs, 2 when a command could not run.
"""

import argparse
import difflib
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
# pylint: disable=wrong-import-position
import files
import processes

README = ROOT / "fuzzers" / "report" / "README.md"
# The command may continue on the next line.
BLOCK = re.compile(r"^```\n\$ (scripts/replay (?:\\\n|[^\n])*)\n(.*?)^```$",
                   re.MULTILINE | re.DOTALL)


def printed(command):
    result = processes.run(shlex.split(command.replace("\\\n", "")), cwd=ROOT, capture_output=True,
                           text=True)
    if result.returncode == 2:
        sys.stderr.write(result.stderr)
        sys.exit(2)
    return result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put what is printed into the README")
    options = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    differs = 0

    def check(match):
        nonlocal differs
        command, shown = match.groups()
        is_now = printed(command)
        if is_now != shown:
            differs += 1
            sys.stdout.writelines(difflib.unified_diff(
                shown.splitlines(True), is_now.splitlines(True), "README", command))
        return f"```\n$ {command}\n{is_now}```"

    new, count = BLOCK.subn(check, text)
    if count == 0:
        print(f"{README}: no block opens with `$ scripts/replay`", file=sys.stderr)
        return 2
    if options.write:
        files.write_whole(README, new)
    print(f"{count} examples, {differs} differ" + (" and were rewritten" if options.write else ""))
    return 1 if differs and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
