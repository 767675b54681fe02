"""Runs one door, `run_door.py NAME ARGUMENT...`: main() of doors/NAME.py, under the name NAME."""

import importlib.util
import sys
from pathlib import Path

import common


def load(name):
    path = Path(__file__).resolve().parent.parent / "doors" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"doors.{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    name = sys.argv[1]
    sys.argv = [name, *sys.argv[2:]]
    common.run_main(load(name).main)


if __name__ == "__main__":
    main()
