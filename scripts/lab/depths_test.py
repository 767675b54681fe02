import stat
import sys
import tempfile
import unittest
from pathlib import Path

import depths
from common import Unusable


class DepthsTest(unittest.TestCase):
    def tool(self, text):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = folder / "concertina"
        path.write_text(f"#!{sys.executable}\nimport sys\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_the_tools_answer_is_read(self):
        tool = self.tool("print('{\"known\": true, \"signature\": \"work: idle\"}')")
        self.assertEqual(depths.oracle_of(depths.depth_of(tool, "a.case")), "work")

    def test_a_case_that_passes_here_has_no_depth(self):
        tool = self.tool("sys.stderr.write('a.case: it does not fail in flavour'); sys.exit(2)")
        self.assertFalse(depths.depth_of(tool, "a.case")["known"])

    def test_a_tool_that_breaks_is_no_answer(self):
        tool = self.tool("sys.exit(2)")
        with self.assertRaises(Unusable):
            depths.depth_of(tool, "a.case")

    def test_other_options_are_handed_on(self):
        tool = self.tool("import json\nprint(json.dumps({'said': sys.argv[1:]}))")
        self.assertEqual(depths.depth_of(tool, "a.case", 2, 5, ["--starts", "9"])["said"],
                         ["depth", "--json", "--bound", "2", "--budget", "5", "--starts", "9",
                          "a.case"])

    def test_what_is_not_known_does_not_replace_what_is(self):
        self.assertEqual(depths.fields_of(depths.UNKNOWN), {})
        self.assertEqual(depths.fields_of(dict(depths.UNKNOWN, depth_words="1 preemption")),
                         {"depth": "1 preemption"})

    def test_an_upper_bound_replaces_no_lower_one_and_no_proof(self):
        bound = {"known": True, "proved": False, "depth": 6, "depth_words": "at most 6 preemptions"}
        self.assertTrue(depths.improves(bound, {}))
        self.assertTrue(depths.improves(bound, {"depth": "at most 7 preemptions; more than 1: ..."}))
        self.assertFalse(depths.improves(bound, {"depth": "at most 6 preemptions"}))
        self.assertFalse(depths.improves(bound, {"depth": "6 preemptions; 0 of ..."}))
        self.assertTrue(depths.improves(dict(bound, proved=True), {"depth": "3 preemptions"}))

    def test_a_header_that_this_build_has_shown_to_be_wrong(self):
        def contradiction(depth, proved, claim):
            answer = {"known": True, "proved": proved, "depth": depth, "depth_words": f"{depth}"}
            return depths.contradiction(answer, {"depth": claim})
        self.assertEqual(contradiction(1, True, "1 preemption; 0 of 9 with fewer"), "")
        self.assertEqual(contradiction(3, False, "2 preemptions; 0 of 9 with fewer"), "")
        self.assertEqual(contradiction(1, True, "at most 2 preemptions"), "")
        self.assertEqual(contradiction(3, False, "at most 2 preemptions"), "")
        self.assertIn("header says '2 preemptions'", contradiction(1, False, "2 preemptions"))
        self.assertIn("this build: 3", contradiction(3, True, "2 preemptions"))
        self.assertIn("this build: 3", contradiction(3, True, "at most 2 preemptions"))
        self.assertEqual(contradiction(1, False, "2 preemptions with the seed's draws"), "")
        self.assertEqual(depths.contradiction(depths.UNKNOWN, {"depth": "1 preemption"}), "")
        # Then even an upper bound replaces it.
        bound = {"known": True, "proved": False, "depth": 1, "depth_words": ""}
        self.assertTrue(depths.improves(bound, {"depth": "2 preemptions"}))


if __name__ == "__main__":
    unittest.main()
