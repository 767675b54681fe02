"""Runs one door, `run_door.py NAME ARGUMENT...`: doors/NAME.py or lab/NAME.py, under the name NAME.

A door is three things:
1. parse_options() judges the options, without anything that takes time; what --json or --output
   names must be writable.
2. NEEDS says which packages it needs (needs.py); they are looked for, and installed, next.
3. main(options) does the work and returns the exit code.
"""

import _signal  # not `signal`, which takes milliseconds to load

if _signal.getsignal(_signal.SIGINT) == _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # nothing has begun: die of it (ending.py)
_signal.pthread_sigmask(_signal.SIG_UNBLOCK, [_signal.SIGINT])  # lib/door has blocked it

# pylint: disable=wrong-import-position
import importlib
import importlib.util
import os
import sys
from pathlib import Path

import ending
import files
import needs

LAB = Path(__file__).resolve().parent.parent / "lab"


def source_of(name):
    """doors/NAME.py; or lab/NAME.py, of one that measures."""
    path = LAB.parent / "doors" / f"{name}.py"
    return path if path.is_file() else LAB / path.name


def load(name):
    if str(LAB) not in sys.path:
        sys.path.append(str(LAB))  # doors import those that measure
    path = source_of(name)
    if path.parent == LAB:
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(f"doors.{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def open_door(name):
    door = load(name)
    options = door.parse_options()
    for option in ("json", "output"):
        path = getattr(options, option, None)
        if path and path is not True:
            files.check_writable(path, f"--{option}")
    groups = door.NEEDS(options) if callable(door.NEEDS) else door.NEEDS
    needs.provide(name, groups, options.no_setup)
    return door.main(options)


def drop_python_settings():
    """lib/door has ignored them; the Python programs that are started must, too."""
    for name in list(os.environ):
        if name.startswith("PYTHON") and name != "PYTHONDONTWRITEBYTECODE":
            del os.environ[name]


def main():
    drop_python_settings()
    name = sys.argv[1]
    sys.argv = [name, *sys.argv[2:]]
    ending.run(name, lambda: open_door(name))


if __name__ == "__main__":
    main()
