import fcntl
import io
import os
import pty
import struct
import termios
import unittest
from unittest import mock

import progress
from campaign import Result
from run_door import load


class Terminal(io.StringIO):
    def isatty(self):
        return True


class LineTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, TERM="xterm"))
        os.environ.pop("NO_COLOR", None)

    def test_parts_that_do_not_fit_are_left_out_whole(self):
        line = progress.Line(Terminal())
        line.show(["a" * 30, "b" * 30, "c" * 30])
        self.assertEqual(line.stream.getvalue(), "\r\x1b[K" + "a" * 30 + "  " + "b" * 30)

    def test_a_line_never_reaches_the_edge(self):
        line = progress.Line(Terminal())
        line.show(["a" * 200])
        self.assertEqual(len(line.stream.getvalue()), len("\r\x1b[K") + 79)

    def test_a_terminal_is_asked_how_wide_it_is(self):
        terminal, behind = pty.openpty()
        self.addCleanup(os.close, terminal)
        fcntl.ioctl(behind, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 133, 0, 0))
        with open(behind, "w", encoding="utf-8") as stream:
            self.assertEqual(progress.Line(stream).width(), 132)

    def test_where_nothing_can_be_rewritten_there_are_no_escapes(self):
        for stream, environment in ((Terminal(), {"TERM": "dumb"}), (Terminal(), {"TERM": ""}),
                                    (Terminal(), {"TERM": "xterm", "NO_COLOR": "1"}),
                                    (io.StringIO(), {"TERM": "xterm"})):
            with self.subTest(environment=environment), mock.patch.dict(os.environ, environment):
                line = progress.Line(stream)
                line.show(["x" * 99, "y"])
                line.say("said")
                line.keep()
                line.clear()
                self.assertEqual(stream.getvalue(), "x" * 99 + "  y\nsaid\n")

    def test_what_is_said_stands_above_it(self):
        line = progress.Line(Terminal())
        line.show(["first"])
        line.say("said")
        line.show(["last"])
        line.keep()
        line.clear()
        self.assertEqual(line.stream.getvalue(), "\r\x1b[Kfirst\r\x1b[Ksaid\n\r\x1b[Klast\n")


class StatusTest(unittest.TestCase):
    """Of scripts/fuzz."""

    def setUp(self):
        self.enterContext(mock.patch.dict(os.environ, TERM="xterm"))
        os.environ.pop("NO_COLOR", None)
        self.stream = self.enterContext(mock.patch("sys.stdout", Terminal()))
        self.status = load("fuzz").Status(86400)

    def test_bugs_are_in_sight_at_80_columns_and_less(self):
        result = Result("address", seconds=86400.0, executions=9_876_543_210, coverage=123456,
                        executions_per_second=123456.7, corpus=123456, findings=[{}] * 12)
        for columns in (80, 40):
            with mock.patch.object(progress, "COLUMNS", columns):
                self.status.show(result, last=True)
            shown = self.stream.getvalue().rpartition("\x1b[K")[2].rstrip("\n")
            self.assertLess(len(shown), columns)
            self.assertIn("bugs 12", shown)

    def test_what_was_read_comes_first(self):
        result = Result("none", inputs="none  corpus: 3 seeds", remarks=["a worker was suspended"])
        self.status.show(result)
        self.status.show(result)
        lines = self.stream.getvalue().split("\n")
        self.assertEqual(lines[:2], ["none  corpus: 3 seeds", "a worker was suspended"])
        self.assertEqual(len(lines), 3)


if __name__ == "__main__":
    unittest.main()
