"""Runs the unit tests of the scripts (lib/*_test.py)."""

import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(FOLDER))
    sys.dont_write_bytecode = True
    suite = unittest.TestLoader().discover(str(FOLDER), pattern="*_test.py")
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    # A run that found no tests is no success.
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
