"""Work that shows how far it is, on a terminal in one line that is rewritten.

Builds: [n/m] on a terminal, elsewhere a line every ten seconds. It goes to standard error, because
a door's output may be read by a program. What the compiler says is shown when the build fails.
"""

import os
import re
import subprocess
import sys
import time

import processes
from common import Unusable, last_lines

LINE_S = 10.0
COLUMNS = 80  # of a terminal that does not say
ERASE = "\x1b[K"  # to the line's end
SHOWN_LINES = 60
STEP = re.compile(r"^\[(\d+)/(\d+)\] ")
ENVIRONMENT = {"NINJA_STATUS": "[%f/%t] "}


class Line:
    """The last line of a terminal, which is rewritten; where nothing can be rewritten (no terminal,
    TERM=dumb, NO_COLOR), plain lines."""

    def __init__(self, stream):
        self.stream = stream
        self.is_terminal = (stream.isatty() and (os.environ.get("TERM") or "dumb") != "dumb"
                            and not os.environ.get("NO_COLOR"))
        self.is_shown = False

    def width(self):
        """One less than there is: a line that reaches the edge would begin another."""
        try:
            columns = os.get_terminal_size(self.stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return (columns or COLUMNS) - 1

    def show(self, parts):
        """As many of the parts, two blanks apart, as fit; those that matter most come first."""
        text = "  ".join(parts)
        while self.is_terminal and len(text) > self.width() and len(parts) > 1:
            parts = parts[:-1]
            text = "  ".join(parts)
        if self.is_terminal:
            self.write(f"\r{ERASE}{text[:self.width()]}")
            self.is_shown = True
        else:
            self.write(f"{text}\n")

    def say(self, text):
        """A line above it."""
        self.clear()
        self.write(f"{text}\n")

    def keep(self):
        """What it shows stays."""
        if self.is_shown:
            self.write("\n")
        self.is_shown = False

    def clear(self):
        if self.is_shown:
            self.write(f"\r{ERASE}")
        self.is_shown = False

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()


class Progress:
    """Of one piece of work, `what`: "building build/none"."""

    def __init__(self, what, stream=None):
        self.what = what
        self.line = Line(stream or sys.stderr)
        self.next_at = time.monotonic() + (0 if self.line.is_terminal else LINE_S)

    def step(self, done, total):
        count = f" [{done}/{total}]"
        if self.line.is_terminal:
            self.line.show([self.what[:self.line.width() - len(count)] + count])
        elif time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + LINE_S
            self.line.show([self.what + count])


def run(command, what, progress, **options):
    """Runs ninja, or cmake for it, to its end."""
    said = []
    try:
        process = processes.Process(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, errors="replace", env={**os.environ, **ENVIRONMENT},
                                    **options)
    except OSError as error:
        raise Unusable(f"{what}: cannot run {command[0]}: {error.strerror}") from error
    try:
        with process:
            for line in process.stdout:
                step = STEP.match(line)
                if step:
                    progress.step(*step.groups())
                else:
                    said.append(line)
    finally:
        progress.line.clear()
    if process.returncode != 0:
        sys.stderr.write(last_lines("".join(said), SHOWN_LINES))
        raise Unusable(f"{what} failed: {processes.end_words(process.returncode)}")
