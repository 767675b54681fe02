import json
import sys
import tempfile
import unittest
from pathlib import Path

from night import FINDING, OK, UNUSABLE, Night, Result


def good(_, name):
    return Result(name, OK, summary="fine")


def finding(_, name):
    return Result(name, FINDING, summary="one", findings=[{"signature": "channels: lost value",
                                                           "case": "x.case"}])


class NightTest(unittest.TestCase):
    def setUp(self):
        self.base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.said = []

    def night(self, name="2026-01-01"):
        folder = self.base / name
        folder.mkdir(exist_ok=True)
        return Night(folder, self.base / "known.json")

    def run_steps(self, night, steps):
        night.run(steps, self.said.append)
        return night

    def test_a_rerun_skips_what_has_ended_and_does_the_rest(self):
        calls = []

        def killed(_, name):
            calls.append(name)
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            self.run_steps(self.night(), [("one", good), ("two", killed)])

        def second(_, name):
            calls.append(name)
            return good(_, name)

        night = self.run_steps(self.night(), [("one", second), ("two", second)])
        self.assertEqual(calls, ["two", "two"])
        self.assertEqual([result.step for result in night.results], ["one", "two"])
        self.assertTrue(night.is_good())

    def test_a_finding_is_new_once(self):
        first = self.run_steps(self.night(), [("fuzz", finding)])
        self.assertFalse(first.is_good())
        first.remember()
        self.assertFalse(self.night().is_good())  # the same night again
        later = self.run_steps(self.night("2026-01-02"), [("fuzz", finding)])
        self.assertTrue(later.is_good())
        self.assertEqual(later.new_findings(), [])

    def test_what_could_not_run_is_not_good(self):
        night = self.run_steps(self.night(), [("x", lambda _, name: Result(name, UNUSABLE))])
        self.assertFalse(night.is_good())
        nameless = self.run_steps(self.night("b"), [("x", lambda _, name: Result(name, FINDING))])
        self.assertFalse(nameless.is_good())

    def test_the_log_keeps_what_a_step_printed(self):
        night = self.night()
        code, output = night.call("step", [sys.executable, "-c", "print('hello'); exit(3)"])
        self.assertEqual((code, output), (3, "hello\n"))
        night.call("step", [sys.executable, "-c", "print('again')"])
        log = (night.folder / "logs" / "step.log").read_text()
        self.assertIn("hello", log)
        self.assertIn("again", log)

    def test_a_step_that_does_not_end_could_not_run(self):
        code, output = self.night().call("slow", [sys.executable, "-c", "while True: pass"], 0.2)
        self.assertEqual(code, 2)
        self.assertIn("no end", output)

    def test_the_summary_names_steps_and_new_findings(self):
        night = self.run_steps(self.night(), [("build", good), ("fuzz", finding)])
        text = night.markdown({"commit": "abc"})
        self.assertIn("# Night 2026-01-01: NOT GOOD", text)
        self.assertIn("| build | ok | fine |", text)
        self.assertIn("- `channels: lost value` in step fuzz", text)
        content = json.loads(json.dumps(night.as_dict({"commit": "abc"})))
        self.assertFalse(content["good"])
        self.assertEqual(content["new_findings"][0]["case"], "x.case")


if __name__ == "__main__":
    unittest.main()
