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
import files
import processes

RUN_TIMEOUT_MS = 10000
EDGES_MIN = 50
SINGLE_RUNS = 4


class Failed(Exception):
    """With the reason."""


def run(command, **options):
    return processes.run(command, text=True, errors="replace", stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, **options)


def showmap(tool, binary, source, target):
    """`source` is a folder of inputs and `target` a folder of maps, or both are files."""
    command = [tool, "-q", "-m", "none", "-t", RUN_TIMEOUT_MS, "-o", target]
    if source.is_dir():
        return run([*command, "-i", source, "--", binary])
    return run([*command, "--", binary, source])


def make_inputs(tool, cases, folder):
    folder.mkdir()
    result = run([tool, "show", "--as", "bytes", "-o", folder, *files.listed(cases, "*.case")])
    inputs = sorted(folder.iterdir())
    if result.returncode != 0 or not inputs:
        raise Failed(f"no inputs from {cases}: {result.stdout}")
    return inputs


def run_all(binary, inputs, slot):
    result = run([binary, *inputs], env=dict(os.environ, CONCERTINA_IN_FLIGHT=str(slot)))
    if result.returncode != 0:
        raise Failed(f"running the cases ended with {result.returncode}:\n{result.stdout}")
    if not slot.is_file() or \
            engine.slot_of(slot.read_bytes()).content != inputs[-1].read_bytes():
        raise Failed("the target ended without having run the last input")


def shuffled(inputs, folder):
    """The same in an order without any regularity, but always the same."""
    folder.mkdir()
    for file in inputs:
        order = hashlib.sha1(file.name.encode()).hexdigest()
        shutil.copyfile(file, folder / f"{order}@{file.name}")
    return folder


def maps_of(showmap_tool, binary, source, target):
    """By input's name."""
    target.mkdir()
    result = showmap(showmap_tool, binary, source, target)
    if result.returncode != 0:
        raise Failed(f"afl-showmap ended with {result.returncode}:\n{result.stdout}")
    return {path.name.rpartition("@")[2]: path.read_text() for path in target.iterdir()}


def compare(inputs, maps, again):
    if sorted(maps) != [file.name for file in inputs] or sorted(again) != sorted(maps):
        raise Failed("afl-showmap did not run every input")
    for file in inputs:
        if maps[file.name] != again[file.name]:
            raise Failed(f"{file.name} has another map when it runs after other inputs")
        if len(maps[file.name].splitlines()) < EDGES_MIN:
            raise Failed(f"{file.name} reached fewer than {EDGES_MIN} edges")
    different = len(set(maps.values()))
    if different < len(inputs) // 2:
        raise Failed(f"only {different} different maps of {len(inputs)} inputs")
    return different


def check(binary, tool, cases, showmap_tool, folder):
    inputs = make_inputs(tool, cases, folder / "inputs")
    run_all(binary, inputs, folder / "in-flight")
    maps, again = (maps_of(showmap_tool, binary, source, folder / f"maps-of-{source.name}")
                   for source in (folder / "inputs", shuffled(inputs, folder / "shuffled")))
    different = compare(inputs, maps, again)
    for file in inputs[::max(1, len(inputs) // SINGLE_RUNS)]:
        showmap(showmap_tool, binary, file, folder / "single")
        if (folder / "single").read_text() != maps[file.name]:
            raise Failed(f"{file.name} has another map in a process that ran it alone")
    print(f"{len(inputs)} inputs, {different} different maps, each the same in every run")


def main():
    try:
        with tempfile.TemporaryDirectory() as name:
            check(*map(Path, sys.argv[1:]), Path(name))
        return 0
    except Failed as reason:
        print(f"FAILED: {reason}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
