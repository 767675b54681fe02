import tempfile
import unittest
from pathlib import Path

import coverage_reasons
from common import Unusable
from coverage_report import FileBranches, FileLines, Way

FULL = {"a.cc": FileLines(100, [])}


def branches(*uncovered, covered=200):
    """Those of f in a.cc: as many that are covered, of x, and these."""
    result = FileBranches()
    for i in range(covered):
        result.add(Way("f", f"x == {i}", True), i, 1)
    for condition, value in uncovered:
        result.add(Way("f", condition, value), 7, 0)
    return {"a.cc": result}


def faults(reasons, *uncovered, lines=None, **more):
    return coverage_reasons.judge(lines or FULL, branches(*uncovered, **more),
                                  {"a.cc": reasons} if reasons else {}).faults


class ReasonsTest(unittest.TestCase):
    def test_all_covered(self):
        self.assertEqual(faults({}), [])

    def test_what_is_not_covered_needs_a_reason(self):
        self.assertEqual(faults({}, ("y", True)),
                         ["a.cc: no input takes 'f: y: true' (line 7), and there is no reason"])
        self.assertEqual(faults({"f: y: false": "why"}, ("y", True)), [
            "a.cc: no input takes 'f: y: true' (line 7), and there is no reason",
            "a.cc: there is a reason for 'f: y: false', and no such branch"])

    def test_a_reason_is_for_one_way_or_both_or_a_function(self):
        for key in ("f: y: true", "f: y"):
            judged = coverage_reasons.judge(FULL, branches(("y", True)),
                                            {"a.cc": {key: "it is\n  so"}})
            self.assertEqual(judged.faults, [])
            self.assertEqual(judged.rows, [["a.cc", "f: y: true", "it is so"]])
        self.assertEqual(faults({"f: y": "why"}, ("y", True), ("y", False)), [])
        alone = branches(("y", True), ("y", False), covered=0)
        alone["b.cc"] = branches()["a.cc"]
        self.assertEqual(coverage_reasons.judge(FULL, alone, {"a.cc": {"f": "why"}}).faults, [])

    def test_what_is_covered_by_now_needs_none(self):
        self.assertEqual(faults({"f: x == 3: true": "why"}), [
            "a.cc: there is a reason for 'f: x == 3: true', but an input takes 'f: x == 3: true'"])
        self.assertEqual(len(faults({"f": "why"}, ("y", True), covered=50)), 50)

    def test_what_is_rare_may_be_covered_or_not(self):
        for uncovered in ((), (("x == 3", True),)):
            self.assertEqual(faults({"f: x == 3: true": "rare: why"}, *uncovered), [])

    def test_what_is_there_no_more_needs_none(self):
        self.assertEqual(faults({"g: y: true": "why"}),
                         ["a.cc: there is a reason for 'g: y: true', and no such branch"])
        self.assertEqual(coverage_reasons.judge(FULL, branches(), {"b.cc": {"f": "why"}}).faults,
                         ["b.cc: it has reasons, but no branches that are counted"])

    def test_floors(self):
        self.assertEqual(faults({}, lines={"a.cc": FileLines(100, [1, 2])}), [])
        self.assertEqual(faults({}, lines={"a.cc": FileLines(100, [1, 2, 3])}),
                         ["less than 98 % of the lines of runtime/ are reached"])
        self.assertEqual(faults({"f: y: true": "why"}, ("y", True), covered=19), [])
        self.assertEqual(faults({"f: y: true": "why"}, ("y", True), covered=18),
                         ["less than 95 % of the branches of runtime/ are reached"])


class FileTest(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "reasons.toml"

    def read(self, text):
        self.path.write_text(text)
        return coverage_reasons.read(self.path)

    def test_a_file(self):
        left_out, reasons = self.read('["files that are not counted"]\n"s.h" = "empty"\n'
                                      '["a.cc"]\n"f: x" = "why"\n')
        self.assertEqual((left_out, reasons), ({"s.h": "empty"}, {"a.cc": {"f: x": "why"}}))

    def test_the_committed_one_can_be_read(self):
        left_out, reasons = coverage_reasons.read()
        for name in (*left_out, *reasons):
            self.assertTrue((coverage_reasons.ROOT / "runtime" / name).is_file(), name)

    def test_damaged_ones(self):
        for text in ('["a.cc"]\n"f" = ""\n', '["a.cc"]\n"f" = 3\n', '"f" = "why"\n', "f\n",
                     '["a.cc"]\n"f" = "why"\n"f" = "why"\n'):
            with self.assertRaises(Unusable):
                self.read(text)


if __name__ == "__main__":
    unittest.main()
