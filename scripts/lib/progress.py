"""Builds that show how far they are: [n/m] on a terminal, elsewhere a line every ten seconds.

It goes to standard error, because a door's output may be read by a program. What the compiler says is
shown when the build fails.
"""

import os
import re
import subprocess
import sys
import time

import processes
from common import Unusable, last_lines

LINE_S = 10.0
COLUMNS = 80
SHOWN_LINES = 60
STEP = re.compile(r"^\[(\d+)/(\d+)\] ")
ENVIRONMENT = {"NINJA_STATUS": "[%f/%t] "}


def columns(terminal):
    try:
        return os.get_terminal_size(terminal.fileno()).columns or COLUMNS
    except (OSError, ValueError):  # it does not say, or is none
        return COLUMNS


class Progress:
    """Of one piece of work, `what`: "building build/none"."""

    def __init__(self, what, stream=None):
        self.what = what
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.next_at = time.monotonic() + (0 if self.is_terminal else LINE_S)
        self.is_shown = False

    def step(self, done, total):
        if self.is_terminal:
            count = f" [{done}/{total}]"
            # A line that is wrapped is not rewritten; in the last column some terminals wrap already.
            room = columns(self.stream) - 1 - len(count)
            self.write(f"\r\x1b[K{self.what[:room]}{count}")
            self.is_shown = True
        elif time.monotonic() >= self.next_at:
            self.next_at = time.monotonic() + LINE_S
            self.write(f"{self.what} [{done}/{total}]\n")

    def end(self):
        if self.is_shown:
            self.write("\r\x1b[K")

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()


def run(command, what, progress, **options):
    """Runs ninja, or cmake for it, to its end."""
    said = []
    try:
        process = processes.Process(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    text=True, errors="replace", env={**os.environ, **ENVIRONMENT},
                                    **options)
    except OSError as error:
        raise Unusable(f"{what}: cannot run {command[0]}: {error.strerror}") from error
    with process:
        try:
            for line in process.stdout:
                step = STEP.match(line)
                if step:
                    progress.step(*step.groups())
                else:
                    said.append(line)
        except BaseException:
            process.end()
            raise
        finally:
            progress.end()
    if process.returncode != 0:
        sys.stderr.write(last_lines("".join(said), SHOWN_LINES))
        raise Unusable(f"{what} failed: {processes.end_words(process.returncode)}")
