import json
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import common
import night_steps
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


class FreshMachine(unittest.TestCase):
    """The step, with a stand-in for what runs the command."""
    HEAD = "| suite | user | command | exit code | s |\n| --- | --- | --- | ---: | ---: |\n"

    def step(self, code, output, able=None):
        self.enterContext(unittest.mock.patch.object(night_steps.machine, "check_able",
                                                     side_effect=able))
        night = unittest.mock.Mock()
        night.call.return_value = (code, output)
        return night_steps.fresh_machine("trixie")(night, "fresh-machine"), night

    def test_once_a_week_the_releases_in_turn(self):
        suites = [night_steps.fresh_suite(ordinal) for ordinal in range(14)]
        self.assertEqual(suites, ["bookworm"] + [""] * 6 + ["trixie"] + [""] * 6)

    def test_a_command_that_ends_badly_is_a_finding(self):
        result, _ = self.step(1, self.HEAD + "| trixie | root | scripts/fuzz | 0 | 9 |\n"
                                             "| trixie | root | scripts/test | 1 | 9 |\n")
        self.assertEqual(result.status, FINDING)
        self.assertEqual([found["signature"] for found in result.findings],
                         ["fresh trixie as root: scripts/test: exit code 1"])

    def test_all_good(self):
        result, _ = self.step(0, self.HEAD + "| trixie | root | scripts/fuzz | 0 | 9 |\n")
        self.assertEqual((result.status, result.findings), (OK, []))

    def test_one_that_could_not_be_made_is_said_to_be(self):
        result, _ = self.step(2, "fresh-machine: debootstrap of trixie failed\n")
        self.assertEqual(result.status, UNUSABLE)
        self.assertIn("debootstrap", result.summary)

    def test_where_it_cannot_run_the_night_says_so(self):
        result, night = self.step(0, "", able=common.Unusable("needs root"))
        self.assertEqual(result.status, OK)
        self.assertIn("not run here: needs root", result.summary)
        night.call.assert_not_called()


if __name__ == "__main__":
    unittest.main()
