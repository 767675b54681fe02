"""Two doors in one checkout: locks on files, which end with their holders, however these end.

A lock is flock's, on a file that holds the name and the process number of its holder, for those who
wait. The programs that a holder starts may inherit it: a build whose script was killed is waited
for.
"""

import contextlib
import fcntl
import math
import os
import sys
import time

POLL_S = 0.1


def take(path):
    """The lock as a file descriptor, or None while another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    with contextlib.suppress(OSError):  # a full disk has room for the lock, if not for the name
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"scripts/{os.path.basename(sys.argv[0])} (pid {os.getpid()})".encode(), 0)
    return lock


def take_within(path, limit_s):
    """The same, for whose holder is about to end: None when another has it all that time."""
    deadline = time.monotonic() + limit_s
    lock = take(path)
    while lock is None and time.monotonic() < deadline:
        time.sleep(POLL_S)
        lock = take(path)
    return lock


def holder_of(path):
    try:
        return path.read_text(errors="replace") or "script"
    except OSError:
        return "script"


@contextlib.contextmanager
def held(path, what):
    """Waits for the lock, and says so; gives its file descriptor."""
    lock = take(path)
    if lock is None:
        print(f"waiting for {what} of another {holder_of(path)}", file=sys.stderr, flush=True)
        lock = take_within(path, math.inf)
    try:
        yield lock
    finally:
        # Not LOCK_UN: what was started meanwhile and still runs holds it, too.
        os.close(lock)


def take_first(paths):
    """Of several equal things, one that is not in use; it is ours until this process ends."""
    for path in paths:
        lock = take(path)
        if lock is not None:
            return path, lock
    raise AssertionError("there is always another one")
