import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import common
import provenance
from night import (COULD_NOT_RUN, FINDING, GOOD, NOT_FINISHED, NOT_GOOD, OK, UNUSABLE, Night,
                   Result)

LIB = Path(__file__).resolve().parent


def good(_, name):
    return Result(name, OK, summary="fine")


def finds(signature="channels: lost value", **more):
    def action(_, name):
        return Result(name, FINDING, summary="one", findings=[{"signature": signature, **more}])
    return action


def cannot(_, name):
    return Result(name, UNUSABLE, summary="no room")


class Nights(unittest.TestCase):
    """A folder of nights."""

    def setUp(self):
        self.base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.known_path = self.base / "known.json"
        self.said = []

    def night(self, name="1", of=""):
        folder = self.base / name
        folder.mkdir(exist_ok=True)
        facts = {"commit": "abc", **({provenance.KEY: of} if of else {})}
        return Night(folder, self.known_path, facts, self.said.append)

    def whole(self, steps, name="1"):
        """A call of scripts/nightly that nobody disturbs."""
        night = self.night(name)
        night.run(steps)
        night.finish()
        return night

    def interrupted(self, steps, name="1"):
        night = self.night(name)
        with self.assertRaises(KeyboardInterrupt):
            night.run(steps)
        return night

    def state(self, name="1"):
        return self.base / name / "state.json"

    def summary(self, name="1"):
        return json.loads((self.base / name / "summary.json").read_text())

    def page(self, name="1"):
        return (self.base / name / "summary.md").read_text()


def interrupt(_night, _name):
    raise KeyboardInterrupt


class OfAnother(Nights):
    """Called again for the same night, after the source or an option has changed."""
    OLD, NEW = "format 1, source a, seconds 5", "format 1, source b, seconds 5"

    def call(self, of, action):
        night = self.night(of=of)
        night.run([("one", action), ("two", good)])
        night.finish()
        return night

    def test_what_was_done_is_repeated_and_what_was_found_stays(self):
        self.call(self.OLD, finds())
        calls = []

        def counted(night, name):
            calls.append(name)
            return good(night, name)
        self.assertEqual(self.call(self.OLD, counted).verdict(), NOT_GOOD)
        self.assertEqual(calls, [])
        night = self.call(self.NEW, counted)
        self.assertEqual(calls, ["one"])
        self.assertEqual(night.result_of("two").status, OK)
        self.assertEqual(night.verdict(), NOT_GOOD)
        self.assertEqual(len(night.new_findings()), 1)
        self.assertIn("repeated: another source", self.page())

    def test_a_good_night_is_none_of_another_source(self):
        self.assertEqual(self.call(self.OLD, good).verdict(), GOOD)
        night = self.night(of=self.NEW)
        night.run([("one", cannot), ("two", good)])
        self.assertEqual(night.not_done(), ["one"])
        night.finish()
        self.assertEqual(night.verdict(), COULD_NOT_RUN)

    def test_one_that_does_not_say_what_it_is_of_is_repeated(self):
        self.whole([("one", good)])
        calls = []
        self.call(self.NEW, lambda night, name: calls.append(name) or good(night, name))
        self.assertEqual(calls, ["one"])


class Ends(Nights):
    def assert_unfinished(self, night, not_done):
        self.assertEqual((night.verdict(), night.code()), (NOT_FINISHED, 2))
        summary = self.summary()
        self.assertEqual((summary["good"], summary["verdict"], summary["not_done"]),
                         (False, "not finished", not_done))
        self.assertIn("# Night 1: NOT FINISHED", self.page())

    def test_interrupted_in_any_step_it_is_not_finished(self):
        names = ["one", "two", "three"]
        for place, _ in enumerate(names):
            with self.subTest(place=place):
                steps = [(name, interrupt if i == place else good) for i, name in enumerate(names)]
                self.state().unlink(missing_ok=True)
                self.assert_unfinished(self.interrupted(steps), names[place:])
                self.assertIn(f"| {names[place]} | not done |", self.page())

    def test_not_begun_it_is_not_finished(self):
        night = self.night()
        self.assertEqual(night.verdict(), NOT_FINISHED)
        night.write_summary()
        self.assertFalse(self.summary()["good"])

    def test_a_night_without_its_last_word_is_not_finished(self):
        night = self.night()
        night.run([("one", good)])
        self.assert_unfinished(night, [])

    def test_killed_it_has_left_a_summary_that_says_so(self):
        code = (f"import sys, os, signal; sys.path.insert(0, {str(LIB)!r})\n"
                "from pathlib import Path\nfrom night import Night, Result\n"
                f"folder = Path({str(self.base)!r}) / '1'; folder.mkdir()\n"
                "def die(*_): os.kill(os.getpid(), signal.SIGKILL)\n"
                "night = Night(folder, folder.parent / 'known.json')\n"
                "night.run([('one', lambda _, name: Result(name, 'ok')), ('two', die)])\n")
        ended = subprocess.run([sys.executable, "-B", "-c", code], check=False)
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        self.assertFalse(self.summary()["good"])
        self.assertEqual(self.summary()["not_done"], ["two"])
        self.assertEqual(self.whole([("one", interrupt), ("two", good)]).verdict(), GOOD)

    def test_a_rerun_skips_what_has_ended_and_does_the_rest(self):
        self.interrupted([("one", good), ("two", interrupt)])
        night = self.whole([("one", interrupt), ("two", good)])
        self.assertEqual([result.step for result in night.results], ["one", "two"])
        self.assertEqual((night.verdict(), night.code()), (GOOD, 0))
        self.assertTrue(self.summary()["good"])

    def test_what_could_not_run_is_neither_good_nor_a_bug(self):
        night = self.whole([("one", cannot), ("two", good)])
        self.assertEqual((night.verdict(), night.code()), (COULD_NOT_RUN, 2))
        self.assertIn("# Night 1: COULD NOT RUN", self.page())
        self.assertFalse(self.summary()["good"])
        both = self.whole([("one", cannot), ("two", finds())], "2")
        self.assertEqual((both.verdict(), both.code()), (NOT_GOOD, 1))

    def test_what_could_not_run_is_tried_again_and_its_result_replaced(self):
        self.whole([("one", cannot), ("two", finds())])
        night = self.whole([("one", good), ("two", interrupt)])
        self.assertEqual([(result.step, result.status) for result in night.results],
                         [("one", OK), ("two", FINDING)])
        self.assertEqual(self.whole([("one", interrupt), ("two", interrupt)]).verdict(), NOT_GOOD)

    def test_what_an_attempt_has_found_is_not_lost_with_it(self):
        def half(_, name):
            return Result(name, UNUSABLE, findings=[{"signature": "race: a"}])
        self.whole([("one", half)])
        night = self.whole([("one", good)])
        self.assertEqual([finding["signature"] for _, finding in night.new_findings()], ["race: a"])
        self.assertEqual(night.verdict(), NOT_GOOD)

    def test_a_step_that_breaks_does_not_stop_the_others(self):
        def broken(error):
            def action(_night, _name):
                raise error
            return action
        for error, words in ((common.Unusable("no\ntool"), "no tool"),
                             (OSError(28, "No space", "x"), "x: No space"),
                             (KeyError("seconds"), "unexpected KeyError: 'seconds'")):
            with self.subTest(error=error):
                self.state().unlink(missing_ok=True)
                night = self.whole([("one", broken(error)), ("two", good)])
                self.assertEqual([result.status for result in night.results], [UNUSABLE, OK])
                self.assertEqual(night.code(), 2)
                self.assertEqual(night.results[0].summary.partition(";")[0], words)

    def test_a_failure_without_a_name_is_always_new(self):
        def nameless(_, name):
            return Result(name, FINDING)
        for name in ("1", "2"):
            self.assertEqual(self.whole([("x", nameless)], name).verdict(), NOT_GOOD)
        both = self.whole([("x", nameless), ("y", finds())], "3")
        self.assertEqual(len(both.new_findings()), 2)

    def test_the_summary_names_steps_and_new_findings(self):
        self.whole([("build", good), ("fuzz", finds(case="x.case"))])
        text = self.page()
        self.assertIn("# Night 1: NOT GOOD", text)
        self.assertIn("| build | ok | fine |", text)
        self.assertIn("- `channels: lost value` in step fuzz\n  - case: `x.case`", text)
        self.assertEqual(self.summary()["new_findings"][0]["case"], "x.case")
        self.assertEqual(self.summary()["commit"], "abc")

    def test_names_that_no_utf8_has_do_not_break_the_summary(self):
        self.whole([("x", finds("race: a", case=os.fsdecode(b"\xff.case")))])
        self.assertIn("\\udcff.case", self.page())
        self.assertEqual(self.whole([("x", interrupt)]).verdict(), NOT_GOOD)


class FullDisk(Nights):
    """/dev/full in the place of a file."""

    def assert_said(self, path, work):
        with self.assertRaises(OSError) as caught:
            work()
        self.assertEqual(caught.exception.filename, str(path))
        for name in ("summary.json", "summary.md"):
            summary = self.base / "1" / name
            self.assertFalse(summary.is_symlink(), "half of a summary is left")
            text = summary.read_text() if summary.exists() else ""
            self.assertNotIn("good", text.replace('"good": false', ""))

    def test_it_is_said_wherever_it_happens_and_the_night_is_not_good(self):
        summaries = [self.base / "1" / name for name in ("summary.json", "summary.md")]
        for path, at_the_end in ([(self.state(), False)] + [(path, False) for path in summaries] +
                                 [(path, True) for path in (*summaries, self.known_path)]):
            with self.subTest(path=path.name, at_the_end=at_the_end):
                self.state().unlink(missing_ok=True)
                night = self.night()
                if at_the_end:
                    night.run([("one", good)])
                path.unlink(missing_ok=True)
                path.symlink_to("/dev/full")
                self.assert_said(path, night.finish if at_the_end
                                 else lambda night=night: night.run([("one", good)]))
                self.assertEqual(night.verdict(), NOT_FINISHED)
                path.unlink(missing_ok=True)


class Commands(Nights):
    def test_the_log_keeps_what_a_step_printed(self):
        night = self.night()
        code, output = night.call("step", [sys.executable, "-c", "print('hello'); exit(3)"])
        self.assertEqual((code, output), (3, "hello\n"))
        night.call("step", [sys.executable, "-c", "print('again')"])
        log = (night.folder / "logs" / "step.log").read_text()
        self.assertIn("hello", log)
        self.assertIn("again", log)

    def test_answers_are_not_mixed_up_with_complaints(self):
        text = ("import os, sys\nos.write(2, b'one\\n')\nprint('{\"a\": 1}')\nprint('skipped')\n"
                "sys.stdout.flush()\nos.write(2, b'last\\n')\nprint('{\"a\": 2}')\nexit(1)")
        code, answers, reason = self.night().answers("step", [sys.executable, "-c", text])
        self.assertEqual((code, answers, reason), (1, [{"a": 1}, {"a": 2}], "last"))
        log = (self.base / "1" / "logs" / "step.log").read_text()
        self.assertIn("last", log)
        self.assertIn('{"a": 2}', log)

    def test_answers_that_are_cut_off_are_no_verdict(self):
        code, answers, _ = self.night().answers("step", [sys.executable, "-c",
                                                         "print('{}'); print('{\"a\": ')"])
        self.assertEqual((code, answers), (2, [{}]))


if __name__ == "__main__":
    unittest.main()
