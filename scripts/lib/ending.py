"""How a script ends. Whatever happens in it, it ends with one of the codes that README.md names.

    0, 1          what main() returned: as expected; a bug or an unexpected verdict
    2             could not run: bad arguments, Unusable, a file that cannot be read or written, or
                  an error that nobody expected, whose traceback is kept in build/logs
    130, 143, 129 interrupted: SIGINT (Ctrl-C), SIGTERM, SIGHUP. It dies of the signal, when it has
                  cleaned up, so that a shell's loop around it ends, too

A signal becomes the exception Interrupted in main(). A second one, later than LATER_S, ends the
script at once; its guardian (processes.py) ends what it has started. Before main() and after it,
when there is nothing to clean up, the first one does.
"""

import contextlib
import io
import os
import platform
import signal
import sys
import threading
import time
import traceback

from common import (BUILD, EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE, Interrupted, Unusable,
                    relative, visible)

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# `timeout`, and a terminal whose group has the script twice, send the same signal twice.
LATER_S = 1.0
AGAIN_S = 0.01
LOGS = BUILD / "logs"


class Switch:
    """Turns the first signal into Interrupted."""

    def __init__(self):
        self.number = 0
        self.at = 0.0

    def on(self):
        for number in SIGNALS:
            # A script started with a signal ignored (nohup, a shell's background job) ignores it.
            if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGTERM:
                signal.signal(number, self.interrupt)
        sys.unraisablehook = self.unraisable

    def off(self):
        for number in SIGNALS:
            if signal.getsignal(number) == self.interrupt:
                signal.signal(number, signal.SIG_DFL)

    def interrupt(self, number, _):
        if not self.number:
            self.number, self.at = number, time.monotonic()
            raise Interrupted()
        if time.monotonic() - self.at > LATER_S:
            die_of(number)

    def unraisable(self, event):
        """Python drops what is raised in a destructor. An interrupt that met one comes again, from
        another thread, as this hook would drop it, too."""
        if event.exc_type is Interrupted:
            number, self.number = self.number, 0
            threading.Timer(AGAIN_S, os.kill, (os.getpid(), number)).start()
        else:
            sys.__unraisablehook__(event)


def die_of(number):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


class Output(io.TextIOWrapper):
    """Standard output, whose errors say that it is that; and which remembers one, as argparse hides
    those of a page of help."""
    failure = None

    def write(self, text):
        with self.named_errors():
            return super().write(text)

    def flush(self):
        with self.named_errors():
            super().flush()

    @contextlib.contextmanager
    def named_errors(self):
        try:
            yield
        except OSError as error:
            self.failure = OSError(error.errno, error.strerror, "standard output")
            raise self.failure from error


def hold_standard_files():
    """A closed one would be the next file that is opened. False: what is printed cannot be seen."""
    is_seen = True
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            is_seen = is_seen and number != 1
    if is_seen and sys.stdout is not None:
        old = sys.stdout
        # No letter of a file's name is worth a failure.
        sys.stdout = Output(old.buffer, encoding=old.encoding, errors="backslashreplace",
                            line_buffering=old.line_buffering, write_through=old.write_through)
    return is_seen and sys.stdout is not None


def complain(name, text):
    with contextlib.suppress(OSError):  # of a reader that is no more
        print(visible(f"{name}: {text}"), flush=True,
              file=sys.stderr or open(os.devnull, "w", encoding="utf-8"))


def file_words(error):
    """A failed system call in one line; empty when it does not say of which file."""
    names = [relative(os.fsdecode(part)) for part in (error.filename, error.filename2)
             if isinstance(part, (str, bytes, os.PathLike))]
    return f"{' and '.join(names)}: {error.strerror}" if names and error.strerror else ""


def words_of(error):
    return isinstance(error, OSError) and file_words(error) or str(error)


def keep_traceback(name, error):
    """In a file under build/logs; in words, where it is. When it cannot be written, on stderr."""
    text = (f"{' '.join(sys.argv)}\nPython {platform.python_version()}\n\n"
            + "".join(traceback.format_exception(error)))
    path = LOGS / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError:
        complain(name, text)
        return "its traceback is above"
    return f"its traceback is in {relative(path)}"


def unexpected(name, error):
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    complain(name, f"unexpected {reason}; {keep_traceback(name, error)}")
    return EXIT_UNUSABLE


def code_of(name, main, switch):
    """Runs main(); its code, or the signal's number as a negative one. Nothing is raised."""
    try:
        try:
            switch.on()
            return main() or EXIT_OK
        finally:
            switch.off()
    except (Interrupted, KeyboardInterrupt):
        complain(name, "interrupted")
        return -(switch.number or signal.SIGINT)
    except Unusable as reason:
        complain(name, str(reason).rstrip())
    except SystemExit as end:  # argparse's
        return end.code if isinstance(end.code, int) else \
            EXIT_OK if end.code is None else EXIT_UNUSABLE
    except OSError as error:
        words = file_words(error)
        if not words:
            return unexpected(name, error)
        complain(name, words)
    except Exception as error:  # pylint: disable=broad-exception-caught
        return unexpected(name, error)
    return EXIT_UNUSABLE


def flush(name, code):
    """The code; another one when what was printed did not get out. Then Python's own attempt, at
    its end, must not fail as well, which would change the code once more."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    failure = sys.stdout.failure
    if failure is None:
        return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if code in (EXIT_OK, EXIT_FAILED):
        complain(name, file_words(failure))
        return EXIT_UNUSABLE
    return code


def run(name, main):
    """Calls main() and ends this process."""
    if not hold_standard_files():
        complain(name, "standard output is closed")
        sys.exit(EXIT_UNUSABLE)
    code = flush(name, code_of(name, main, Switch()))
    if code < 0:
        die_of(-code)
    sys.exit(code)
