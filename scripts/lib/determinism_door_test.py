"""scripts/determinism with a stand-in for the tool: what it makes of each end of that."""

import contextlib
import io
import tempfile
import types
import unittest
import unittest.mock
from pathlib import Path

import building
import common
import fakes
from run_door import load


class Determinism(unittest.TestCase):
    def run_door(self, behaviour):
        """The exit code, and what was said."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        tree = unittest.mock.Mock()
        tree.tool.return_value = fakes.write_program(folder / "concertina",
                                                     f"import os, sys\n{behaviour}\n")
        output = io.StringIO()
        with unittest.mock.patch.object(building, "clean_tree", lambda: tree), \
                unittest.mock.patch.object(building, "build"), \
                contextlib.redirect_stdout(output):
            code = load("determinism").main(types.SimpleNamespace(processes=2, generated=0))
        return code, output.getvalue()

    def test_equal_lines_are_equal(self):
        self.assertEqual(self.run_door("print('a 1 2 completed')")[0], 0)

    def test_a_death_is_said_in_the_tool_s_words(self):
        code, said = self.run_door("print('a died: memory: x')\n"
                                   "print('a: memory: x', file=sys.stderr)\nsys.exit(1)")
        self.assertEqual(code, 1)
        self.assertIn("): a: memory: x", said)
        self.assertNotIn("two runs of one input differ", said)

    def test_a_tool_that_has_judged_nothing_is_no_difference(self):
        for behaviour in ("os.abort()", "os.kill(os.getpid(), 9)", "sys.exit(66)",
                          "print('no room', file=sys.stderr); sys.exit(2)"):
            with self.subTest(behaviour=behaviour), self.assertRaises(common.Unusable):
                self.run_door(behaviour)


if __name__ == "__main__":
    unittest.main()
