"""Runs the unit tests of the scripts (lib/*_test.py, lab/*_test.py), or PART of PARTS of them.

Each part has every PARTS-th class, so that those of a file are spread.
"""

import sys
import unittest
from pathlib import Path

FOLDERS = [Path(__file__).resolve().parent, Path(__file__).resolve().parent.parent / "lab"]


def classes(suite):
    """The suites of a class each, or the test that stands for a file which cannot be loaded."""
    for each in suite:
        holds_suites = isinstance(each, unittest.TestSuite) \
            and any(isinstance(one, unittest.TestSuite) for one in each)
        if holds_suites:
            yield from classes(each)
        else:
            yield each


if __name__ == "__main__":
    part, parts = map(int, sys.argv[1:] or (1, 1))
    sys.path[:0] = map(str, FOLDERS)
    sys.dont_write_bytecode = True
    found = unittest.TestSuite(unittest.TestLoader().discover(str(folder), pattern="*_test.py")
                               for folder in FOLDERS)
    suite = unittest.TestSuite(list(classes(found))[part - 1::parts])
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    # A run that found no tests is no success.
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
