import tempfile
import unittest
from collections import Counter
from pathlib import Path

import tally

JUNIT = """<testsuite>
<testcase name="runtime/chan" status="run"/>
<testcase name="runtime/dead" status="fail"><failure message="Segfault"/></testcase>
<testcase name="scripts/x" status="run"/>
<testcase name="scripts/y" status="fail"><failure/></testcase>
<testcase name="gone" status="notrun"><failure/></testcase>
<testcase name="off" status="disabled"><skipped/></testcase>
</testsuite>"""
GTEST = """<testsuites><testsuite>
<testcase name="a" status="run" result="completed"/>
<testcase name="b" status="run" result="completed"><failure message="no"/></testcase>
<testcase name="c" status="run" result="skipped"><skipped/></testcase>
<testcase name="DISABLED_d" status="notrun" result="suppressed"/>
</testsuite></testsuites>"""
GTEST_PASSED = '<testsuites><testcase name="a" status="run" result="completed"/></testsuites>'


class TallyTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def test_counts_inner_tests_and_single_ones(self):
        junit = self.write("ctest.xml", JUNIT)
        self.write("runtime_chan.xml", GTEST)
        self.write("runtime_dead.xml", GTEST_PASSED)
        total = tally.count(junit, lambda name: self.folder / (name.replace("/", "_") + ".xml"))
        # chan: 1 passed, 1 failed, 1 skipped; dead: 1 passed and its death; x; y; gone; off.
        self.assertEqual(total, {"passed": 3, "failed": 4, "skipped": 2})

    def test_a_cut_off_report_is_no_report(self):
        path = self.write("cut.xml", GTEST[:60])
        self.assertIsNone(tally.read_gtest(path))
        self.assertIsNone(tally.read_gtest(self.folder / "missing.xml"))

    def test_the_longest_come_first(self):
        junit = self.write("ctest.xml", '<testsuite><testcase name="a" time="1.5"/>'
                           '<testcase name="b" time="20"/><testcase name="c"/></testsuite>')
        self.assertEqual(tally.longest(junit, 2), [("b", 20.0), ("a", 1.5)])

    def test_the_closing_line(self):
        self.assertEqual(tally.line(Counter(passed=3)), "3 passed, 0 failed")
        self.assertEqual(tally.line(Counter(passed=3, failed=1, skipped=2)),
                         "3 passed, 1 failed, 2 skipped")


if __name__ == "__main__":
    unittest.main()
