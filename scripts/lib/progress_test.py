import fcntl
import io
import os
import pty
import struct
import termios
import unittest
from unittest import mock

import progress


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


if __name__ == "__main__":
    unittest.main()
