"""Proves that an AFL++ target runs inputs and that its coverage is a function of the input.

check_afl_target.py BINARY TOOL CASES AFL_SHOWMAP. A ctest test: the cases are run by the target
itself; afl-showmap must see edges, the same whatever the process ran before (persistent mode) and
when it ran nothing else, and other edges for other inputs.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import engine
import processes

RUN_TIMEOUT_MS = 10000
EDGES_MIN = 50
SINGLE_RUNS = 4


def fail(reason):
    print(f"FAILED: {reason}")
    return 1


def run(command, **options):
    return processes.run(command, text=True, errors="replace", stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, **options)


def in_flight_input(path):
    if not path.is_file():
        return None
    return engine.read_in_flight(path).content


def showmap(tool, binary, source, target):
    """`source` is a folder of inputs and `target` a folder of maps, or both are files."""
    command = [tool, "-q", "-m", "none", "-t", RUN_TIMEOUT_MS, "-o", target]
    if source.is_dir():
        return run([*command, "-i", source, "--", binary])
    return run([*command, "--", binary, source])


def main():
    binary, tool, cases, showmap_tool = (Path(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = folder / "inputs"
        inputs.mkdir()
        result = run([tool, "show", "--as", "bytes", "-o", inputs, *sorted(cases.glob("*.case"))])
        files = sorted(inputs.iterdir())
        if result.returncode != 0 or not files:
            return fail(f"no inputs from {cases}: {result.stdout}")

        slot = folder / "in-flight"
        result = run([binary, *files], env=dict(os.environ, CONCERTINA_IN_FLIGHT=str(slot)))
        if result.returncode != 0:
            return fail(f"running {cases} ended with {result.returncode}:\n{result.stdout}")
        if in_flight_input(slot) != files[-1].read_bytes():
            return fail("the target ended without having run the last input")

        shuffled = folder / "shuffled"
        shuffled.mkdir()
        for file in files:  # an order without any regularity, but always the same
            order = hashlib.sha1(file.name.encode()).hexdigest()
            shutil.copyfile(file, shuffled / f"{order}@{file.name}")
        maps, again = {}, {}
        for source, found in ((inputs, maps), (shuffled, again)):
            target = folder / f"maps-of-{source.name}"
            target.mkdir()
            result = showmap(showmap_tool, binary, source, target)
            if result.returncode != 0:
                return fail(f"afl-showmap ended with {result.returncode}:\n{result.stdout}")
            found.update((path.name.rpartition("@")[2], path.read_text())
                         for path in target.iterdir())
        if sorted(maps) != [file.name for file in files] or sorted(again) != sorted(maps):
            return fail("afl-showmap did not run every input")
        for file in files:
            if maps[file.name] != again[file.name]:
                return fail(f"{file.name} has another map when it runs after other inputs")
            if len(maps[file.name].splitlines()) < EDGES_MIN:
                return fail(f"{file.name} reached fewer than {EDGES_MIN} edges")
        for file in files[::max(1, len(files) // SINGLE_RUNS)]:
            showmap(showmap_tool, binary, file, folder / "single")
            if (folder / "single").read_text() != maps[file.name]:
                return fail(f"{file.name} has another map in a process that ran it alone")
        different = len(set(maps.values()))
        if different < len(files) // 2:
            return fail(f"only {different} different maps of {len(files)} inputs")
        print(f"{len(files)} inputs, {different} different maps, each the same in every run")
        return 0


if __name__ == "__main__":
    sys.exit(main())
