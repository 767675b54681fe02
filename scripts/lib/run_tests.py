"""Runs the unit tests of the scripts (lib/*_test.py, lab/*_test.py)."""

import sys
import unittest
from pathlib import Path

FOLDERS = [Path(__file__).resolve().parent, Path(__file__).resolve().parent.parent / "lab"]

if __name__ == "__main__":
    sys.path[:0] = map(str, FOLDERS)
    sys.dont_write_bytecode = True
    suite = unittest.TestSuite(unittest.TestLoader().discover(str(folder), pattern="*_test.py")
                               for folder in FOLDERS)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    # A run that found no tests is no success.
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
