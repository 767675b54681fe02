import stat
import sys
import tempfile
import unittest
from pathlib import Path

import depth
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
        self.assertEqual(depth.oracle_of(depth.depth_of(tool, "a.case")), "work")

    def test_a_case_that_passes_here_has_no_depth(self):
        tool = self.tool("sys.stderr.write('a.case: it does not fail in flavour'); sys.exit(2)")
        self.assertFalse(depth.depth_of(tool, "a.case")["known"])

    def test_a_tool_that_breaks_is_no_answer(self):
        tool = self.tool("sys.exit(2)")
        with self.assertRaises(Unusable):
            depth.depth_of(tool, "a.case")

    def test_other_options_are_handed_on(self):
        tool = self.tool("import json\nprint(json.dumps({'said': sys.argv[1:]}))")
        self.assertEqual(depth.depth_of(tool, "a.case", 2, 5, ["--starts", "9"])["said"],
                         ["depth", "--json", "--bound", "2", "--budget", "5", "--starts", "9",
                          "a.case"])

    def test_what_is_not_known_does_not_replace_what_is(self):
        self.assertEqual(depth.fields_of(depth.UNKNOWN), {})
        self.assertEqual(depth.fields_of(dict(depth.UNKNOWN, depth_words="1 preemption")),
                         {"depth": "1 preemption"})

    def test_an_upper_bound_replaces_no_lower_one_and_no_proof(self):
        bound = {"known": True, "proved": False, "depth": 6, "depth_words": "at most 6 preemptions"}
        self.assertTrue(depth.improves(bound, {}))
        self.assertTrue(depth.improves(bound, {"depth": "at most 7 preemptions; more than 1: ..."}))
        self.assertFalse(depth.improves(bound, {"depth": "at most 6 preemptions"}))
        self.assertFalse(depth.improves(bound, {"depth": "6 preemptions; 0 of ..."}))
        self.assertTrue(depth.improves(dict(bound, proved=True), {"depth": "3 preemptions"}))

    def test_a_header_that_this_build_has_shown_to_be_wrong(self):
        def contradiction(number, proved, claim):
            answer = {"known": True, "proved": proved, "depth": number, "depth_words": f"{number}"}
            return depth.contradiction(answer, {"depth": claim})
        self.assertEqual(contradiction(1, True, "1 preemption; 0 of 9 with fewer"), "")
        self.assertEqual(contradiction(3, False, "2 preemptions; 0 of 9 with fewer"), "")
        self.assertEqual(contradiction(1, True, "at most 2 preemptions"), "")
        self.assertEqual(contradiction(3, False, "at most 2 preemptions"), "")
        self.assertIn("header says '2 preemptions'", contradiction(1, False, "2 preemptions"))
        self.assertIn("this build: 3", contradiction(3, True, "2 preemptions"))
        self.assertIn("this build: 3", contradiction(3, True, "at most 2 preemptions"))
        self.assertEqual(contradiction(1, False, "2 preemptions with the seed's draws"), "")
        self.assertEqual(depth.contradiction(depth.UNKNOWN, {"depth": "1 preemption"}), "")
        # Then even an upper bound replaces it.
        bound = {"known": True, "proved": False, "depth": 1, "depth_words": ""}
        self.assertTrue(depth.improves(bound, {"depth": "2 preemptions"}))


if __name__ == "__main__":
    unittest.main()
