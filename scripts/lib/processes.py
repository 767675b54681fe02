"""Every process that a script starts: whatever it started dies with it, by SIGKILL too.

1. A command carries a mark in its environment: "SCRIPT.NUMBER/", after the marks of the scripts
   that this one was started by. All that it starts has inherited it, in whatever session, orphan or
   not.
2. With the first command comes a guardian (guardian.py). It reads from a pipe that only this
   process can write to: when it ends, however it ends, the guardian kills all that carry its mark.
   (A child that has not yet begun its program has the writing end, too: so the guardian finds it
   later, when it has its environment.)

None inherits a sanitizer's options: a verdict must not depend on the caller's environment. (Each
program of ours sees to that by itself, but not for options that its sanitizer refuses before it
begins. What is asked for is in another variable: sanitizers/README.md.)

What throws its environment away (a login shell, sudo) gets away.
"""

import contextlib
import itertools
import os
import secrets
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import guardian

VARIABLE = "CONCERTINA_STARTED_BY"
GUARDIAN = Path(guardian.__file__).resolve()
OPTIONS_OF_SANITIZERS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS", "TSAN_OPTIONS",
                         "UBSAN_OPTIONS")
for _variable in OPTIONS_OF_SANITIZERS:
    os.environ.pop(_variable, None)


class Ended(Exception):
    """A process was to be started while all are being ended."""


class Here:
    """This process, as what it starts must know it."""
    mark = secrets.token_hex(8)
    numbers = itertools.count(1)
    lock = threading.Lock()
    is_ending = False
    guardian = None
    pipe = None


def bring_guardian():
    """Once a process. Only ours is the writing end of the pipe: no program that is started has
    it."""
    if Here.guardian is None:
        reading, Here.pipe = os.pipe()
        Here.guardian = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-S", "-E", "-B", str(GUARDIAN), f"{Here.mark}."], stdin=reading,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(reading)


class Process(subprocess.Popen):
    """subprocess.Popen, for a command that ends with this process. Parts of the command may be
    paths and numbers."""

    def __init__(self, command, env=None, **options):
        self.mark = f"{Here.mark}.{next(Here.numbers)}/"
        marks = os.environ.get(VARIABLE, "") + self.mark
        with Here.lock:
            if Here.is_ending:
                raise Ended()
            bring_guardian()
            super().__init__([str(part) for part in command], **options,
                             env={**(os.environ if env is None else env), VARIABLE: marks})

    def end(self):
        """Ends it at once, with all that it has started."""
        guardian.kill_carriers(self.mark)
        self.wait()

    def __exit__(self, kind, value, trace):
        """When the body has failed, or is interrupted, nothing of the command is left."""
        if kind is not None:
            self.end()
        super().__exit__(kind, value, trace)


def run(command, capture_output=False, timeout=None, **options):
    """As subprocess.run, without `check`. After `timeout`, or when this is interrupted, nothing of
    the command is left."""
    if capture_output:
        options.update(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with Process(command, **options) as process:
        stdout, stderr = process.communicate(timeout=timeout)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def run_shown(command, log, **options):
    """As run(), showing what the command prints, line by line, and keeping it in the open binary
    file `log`. The exit code."""
    with Process(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                 stderr=subprocess.STDOUT, **options) as process:
        for line in process.stdout:
            log.write(line)
            print(line.decode(errors="replace"), end="", flush=True)
    return process.returncode


def run_to_its_end(command, **options):
    """For what must not be cut off, as an installer of packages: it outlives this process."""
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    return subprocess.run([str(part) for part in command], env=environment, check=False,
                          **options).returncode


def end_all():
    """Ends all processes of this one. While it does, other threads start none."""
    with Here.lock:
        Here.is_ending = True
    guardian.kill_carriers(f"{Here.mark}.")


@contextlib.contextmanager
def pool(count):
    """Threads that run commands. If the body fails or is interrupted, their commands are ended, and
    those that wait are not begun."""
    executor = ThreadPoolExecutor(count)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        end_all()
        executor.shutdown()
        with Here.lock:
            Here.is_ending = False
        raise
    executor.shutdown()


def end_words(code):
    """How a process ended, for people."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
