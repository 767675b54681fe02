import stat
import sys
import tempfile
import unittest
from pathlib import Path

import concertina
from common import Unusable

ANSWER = {"goroutines": 3, "operations": 8, "stack_events": 1, "preemptions": 0,
          "free_of_chance": True}


class MinimizingTest(unittest.TestCase):
    def tool(self, text):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = folder / "concertina"
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_the_tools_answer_is_read(self):
        tool = self.tool("import sys; print('{\"operations\": 3, \"args\": \"%s\"}' % "
                         "sys.argv[1:3])")
        self.assertEqual(concertina.minimize(tool, "a", "b")["operations"], 3)

    def test_a_case_that_does_not_fail_is_said_to_be_unusable(self):
        tool = self.tool("import sys; sys.stderr.write('it does not fail'); sys.exit(2)")
        with self.assertRaisesRegex(Unusable, "it does not fail"):
            concertina.minimize(tool, "a", "b")

    def test_words(self):
        self.assertEqual(concertina.size_words(ANSWER), "3 goroutines, 8 operations, 1 stack event")
        by_chance = dict(ANSWER, free_of_chance=False, preemptions=2)
        self.assertTrue(concertina.size_words(by_chance).endswith(
            "2 preemptions, a schedule by chance"))

    def test_small_is_three_goroutines_and_eight_operations(self):
        self.assertTrue(concertina.is_small(ANSWER))
        self.assertFalse(concertina.is_small(dict(ANSWER, operations=9)))
        self.assertFalse(concertina.is_small(dict(ANSWER, goroutines=4)))


if __name__ == "__main__":
    unittest.main()
