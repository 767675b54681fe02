"""What a trial must see: each fault, in an outcome that has nothing else wrong."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import artifacts
import disk_trials
import fakes
import trials
from disk_trials import Outcome, Trial
from trials import Ended

NO_BUG = {"code": 0, "output": "no bug found\n", "result": {"new_inputs": 100}}
BUG = {"code": 1, "output": "BUG      x\n", "reported": [("a.case", b"crash")], "failing": 1}
UNUSABLE = {"code": 2, "output": "fuzz: none: build/fuzz: No space left on device\n"}


def trial(kind="small", has_bug=False):
    return Trial(kind, 640, has_bug, "libfuzzer", 1, 5, True, 1.0, 1)


def judged(of, *base, **changed):
    merged = {}
    for fields in base:
        merged.update(fields)
    return disk_trials.judge(of, Outcome(**{**merged, **changed}))


class JudgeTest(unittest.TestCase):
    def test_what_may_be(self):
        for has_bug in (False, True):
            self.assertEqual(judged(trial(has_bug=has_bug), NO_BUG), [])
            self.assertEqual(judged(trial(has_bug=has_bug), UNUSABLE), [])
        self.assertEqual(judged(trial(has_bug=True), BUG), [])
        self.assertEqual(judged(trial("good", True), BUG), [])

    def assert_fault(self, pattern, faults):
        fault, = faults
        self.assertRegex(fault, pattern)

    def test_a_finding_that_is_lost(self):
        of = trial(has_bug=True)
        self.assert_fault("without an input", judged(of, BUG, reported=[], failing=0))
        self.assert_fault("1 of 1 inputs pass", judged(of, BUG, failing=0))
        for base in (NO_BUG, UNUSABLE):
            self.assert_fault("not reported: x", judged(of, base, unreported=["x"]))
        self.assert_fault("not found in 50,000", judged(of, NO_BUG, result={"new_inputs": 50000}))

    def test_a_bug_that_is_none(self):
        self.assert_fault("a bug where there is none", judged(trial(), BUG))
        self.assert_fault("x is an empty finding", judged(trial(), UNUSABLE, empty=["x"]))
        faults = judged(trial(has_bug=True), BUG, reported=[("a.case", b"")], failing=0)
        self.assertIn("a.case is empty, or not there", faults)

    def test_no_bug_found_by_who_could_not_fuzz(self):
        self.assert_fault("ran no new input", judged(trial(), NO_BUG, result={"new_inputs": 0}))
        self.assert_fault("ran no new input", judged(trial(), NO_BUG, result=None))
        self.assert_fault("took nothing", judged(trial(), NO_BUG, is_bad=True))
        self.assert_fault("3 corpus files are cut", judged(trial(), NO_BUG, cut=3))
        self.assert_fault("without a word", judged(trial(), NO_BUG, output=""))

    def test_ends_that_nobody_understands(self):
        self.assert_fault("without a reason", judged(trial(), UNUSABLE, output="no space left"))
        self.assert_fault("on a good disk", judged(trial("good"), UNUSABLE))
        self.assert_fault("ended with -11", judged(trial(), UNUSABLE, code=-11))
        self.assert_fault("printed 'Traceback'",
                          judged(trial(), UNUSABLE, output="fuzz: x Traceback"))

    def test_the_same_seed_draws_the_same_trials(self):
        drawn = [disk_trials.drawn(7, index) for index in range(200)]
        self.assertEqual(drawn, [disk_trials.drawn(7, index) for index in range(200)])
        self.assertEqual({one.kind for one in drawn}, set(disk_trials.KINDS))
        self.assertNotEqual(drawn, [disk_trials.drawn(8, index) for index in range(200)])

    def test_the_table_counts_all(self):
        rows = [(trial(), 0, []), (trial(), 2, ["x"]), (trial(has_bug=True), 1, [])]
        lines = trials.table(disk_trials.HEAD, [disk_trials.row_of(*row) for row in rows])
        self.assertIn("| small | clean | 2 | 1 | 0 | 1 | 1 |", lines)
        self.assertEqual(lines[-1], "| all |  | 3 | 1 | 1 | 1 | 1 |")


class SeenTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = fakes.Tree(self.folder)
        self.work = self.tree.fuzz_folder("none")
        for name in ("corpus", "artifacts", "logs"):
            (self.work / name).mkdir(parents=True)
        self.enterContext(mock.patch.object(disk_trials, "JSON", self.folder / "none.json"))

    def seen(self, code=0, output=""):
        return disk_trials.seen(Ended(code, output), self.tree.tool(""), self.work)

    def test_reported_inputs_by_path_and_in_print(self):
        case = self.folder / "a.case"
        case.write_text("a crash")
        outcome = self.seen(1, f"case     {case}\ncase     /nowhere/b.case\n"
                            "base64 -d > finding.bytes <<'END'\nY3Jh\nc2g=\nEND\n")
        self.assertEqual(outcome.reported, [("a.case", b"a crash"), ("b.case", b""),
                                            ("printed.bytes", b"crash")])
        self.assertEqual(outcome.failing, 2)

    def test_what_was_left(self):
        self.assertEqual((self.seen().unreported, self.seen().cut), ([], 0))
        (self.work / "corpus" / artifacts.sha1(b"whole")).write_bytes(b"whole")
        (self.work / "corpus" / ("a" * 40)).touch()
        (self.work / "artifacts" / "w-crash-1").write_text("crash")
        (self.work / "artifacts" / "w-crash-2").write_text("harmless")
        (self.work / "logs" / "w.log").write_text("INFO\nverdict: x\n")
        (self.work.parent / "findings").mkdir()
        (self.work.parent / "findings" / "a.case").touch()
        outcome = self.seen()
        self.assertEqual(outcome.unreported, ["w.log says 'verdict: x'", "w-crash-1"])
        self.assertEqual((outcome.cut, outcome.empty), (1, ["a.case"]))

    def test_a_disk_that_takes_nothing(self):
        self.assertFalse(self.seen().is_bad)
        (self.work / "logs").rmdir()
        self.assertTrue(disk_trials.takes_nothing(self.work / "logs"))


if __name__ == "__main__":
    unittest.main()
