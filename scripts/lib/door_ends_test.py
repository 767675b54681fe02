"""The doors themselves, as they are called: what they refuse, and where their output goes."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import doors_test
import run_door

LIB = Path(__file__).resolve().parent
NAMES = doors_test.names()
# Arguments without which a door does not come to the one that is tried.
CASE = str(next((LIB.parent.parent / "corpus" / "seeds").glob("*.case")))
NEEDED = {"minimize": [CASE], "promote": [CASE, "--name", "some-thing"], "replay": [CASE]}
NONSENSE = ("nan", "inf", "1e400", "-5", "x")


def with_option(option):
    words = (f'"{option}", ', *(["experiment.add_options("] if option == "--json" else []))
    return [name for name in NAMES
            if any(word in run_door.source_of(name).read_text() for word in words)]


class DoorEndsTest(unittest.TestCase):
    def run_door(self, name, *arguments, **options):
        command = [sys.executable, "-B", str(LIB / "run_door.py"), name, *NEEDED.get(name, []),
                   *arguments]
        result = subprocess.run(command, text=True, check=False, timeout=600,
                                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        self.assertNotIn("Traceback", result.stderr)
        return result

    def test_nonsense_is_refused_before_anything_is_done(self):
        names = with_option("--seconds")
        self.assertGreaterEqual(len(names), 6)
        for name in names:
            for text in NONSENSE:
                result = self.run_door(name, f"--seconds={text}")
                self.assertEqual((result.returncode, result.stdout), (2, ""), (name, text))
                self.assertIn(f"--seconds: '{text}' is not", result.stderr)

    def test_no_number_goes_unchecked(self):
        for name in NAMES:
            text = run_door.source_of(name).read_text()
            self.assertEqual(re.findall(r"type=(?:int|float)\b", text), [], name)

    def test_an_output_that_cannot_be_written_is_known_at_the_start(self):
        names = [name for name in with_option("--json") if name != "minimize"]  # there, no file
        self.assertGreaterEqual(len(names), 8, names)
        for name in names:
            with tempfile.TemporaryDirectory() as folder:
                blocked = Path(folder) / "file"
                blocked.touch()
                result = self.run_door(name, "--json", str(blocked / "x.json"))
                self.assertEqual((result.returncode, result.stdout), (2, ""), name)
                self.assertRegex(result.stderr, "--json: cannot write .*: Not a directory")

    def test_without_path_in_the_environment_it_finds_what_it_needs_or_says_what_is_missing(self):
        result = subprocess.run([LIB / "door", "fuzz", "--no-setup", "--json", "/dev/null/x.json"],
                                env={}, text=True, check=False, capture_output=True)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, "^fuzz: (missing: |--json: cannot write)")

    def test_help_says_how_it_ends_and_must_be_seen(self):
        for name in NAMES:
            self.assertIn("130 or 143", self.run_door(name, "--help").stdout, name)
        full = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, full)
        self.assertEqual(self.run_door("fuzz", "--help", stdout=full).returncode, 2)


if __name__ == "__main__":
    unittest.main()
