"""scripts/nightly as a process, with stand-ins for its steps."""

import json
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LIB = Path(__file__).resolve().parent


class Door(unittest.TestCase):
    """How it ends."""
    SCRIPT = """
import os, signal, sys, time
sys.path[:0] = [{lib!r}, {doors!r}]
import ending, night_steps, nightly
from night import Result
from pathlib import Path
nightly.FOLDER = Path({folder!r})
def good(_, name): return Result(name, "ok")
def finding(_, name): return Result(name, "finding", findings=[{{"signature": "race: a"}}])
def cannot(_, name): return Result(name, "could not run")
def wait(night, name):
    print("waiting", flush=True)
    time.sleep(600)
night_steps.steps_of = lambda *_: {steps}
sys.argv = ["nightly", "--night", {night!r}]
options = nightly.parse_options()
ending.run("nightly", lambda: nightly.main(options))
"""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def start(self, steps, night="1"):
        text = self.SCRIPT.format(lib=str(LIB), doors=str(LIB.parent / "doors"), steps=steps,
                                  folder=str(self.folder), night=night)
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", text], text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def end_of(self, steps, night="1"):
        process = self.start(steps, night)
        output = process.communicate(timeout=600)[0]
        self.assertNotIn("Traceback", output)
        return process.returncode, output

    def test_each_verdict_has_its_code(self):
        self.assertEqual(self.end_of("[('a', good)]", "1")[0], 0)
        self.assertEqual(self.end_of("[('a', finding), ('b', cannot)]", "2")[0], 1)
        code, output = self.end_of("[('a', finding), ('b', cannot)]", "3")  # it is known by now
        self.assertEqual(code, 2)
        self.assertIn("night 3: COULD NOT RUN", output)
        self.assertIn("call it again to continue", output)
        self.assertEqual(self.end_of("[('a', finding), ('b', good)]", "3")[0], 0)

    def test_a_name_that_is_no_text_is_none(self):
        """known.json would hold it, and be refused by the next night."""
        for night in ("\udcff", "a\nb", "\x1b[31m", "a/b", "."):
            code, output = self.end_of("[('a', finding)]", night)
            self.assertEqual(code, 2)
            self.assertIn("it takes a plain name", " ".join(output.split()))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_all_nights_share_is_no_night(self):
        for night in ("known.json", "night.lock", "known.json.damaged-1"):
            code, output = self.end_of("[('a', good)]", night)
            self.assertEqual(code, 2)
            self.assertIn("it takes another name", output)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_interrupted_it_dies_of_the_signal_and_goes_on(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number=number):
                process = self.start("[('a', wait), ('b', good)]", str(int(number)))
                while "waiting" not in process.stdout.readline():
                    pass
                process.send_signal(number)
                rest = process.communicate(timeout=600)[0]
                self.assertEqual(process.returncode, -number)
                if number != signal.SIGKILL:
                    self.assertIn("NOT FINISHED", rest)
                summary = json.loads((self.folder / str(int(number)) / "summary.json").read_text())
                self.assertFalse(summary["good"])
                self.assertEqual(self.end_of("[('a', good), ('b', good)]", str(int(number)))[0], 0)

    def test_two_at_once_come_one_after_the_other(self):
        first = self.start("[('a', wait)]", "1")
        while "waiting" not in first.stdout.readline():
            pass
        second = self.start("[('a', finding)]", "2")
        self.assertIn("waiting for the night of another", second.stdout.readline())
        first.kill()
        second.communicate(timeout=600)
        self.assertEqual(second.returncode, 1)

    def test_a_damaged_file_is_said_and_does_not_change_the_code(self):
        (self.folder / "1").mkdir()
        (self.folder / "1" / "state.json").write_text('[{"step": "a", "findings": [1]}]')
        (self.folder / "known.json").write_text("[]")
        code, output = self.end_of("[('a', good)]")
        self.assertEqual(code, 0)
        self.assertEqual(output.count("Set aside"), 2)


if __name__ == "__main__":
    unittest.main()
