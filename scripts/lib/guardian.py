"""Kills what a script has left running: guardian.py MARK, started by processes.py.

Waits until standard input ends, which the script's end brings about, however it ended; then kills
every process with the mark in its environment, until none is left. It is in a session of its own,
so that no signal to the script's group reaches it. Nothing is imported that takes time to load.
"""

import os
import signal
import sys
import time

PAUSE_S = 0.01
# What the kernel cannot end (a read from a dead disk) must not keep the guardian for ever.
LIMIT_S = 60


def carriers(mark):
    """Processes that were started with `mark`, a piece of an environment. (What has forked and not
    yet begun its program still has its parent's.)"""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark.encode() in file.read():
                        found.append(int(name))
            except OSError:
                pass  # it has ended, or is another user's
    return found


def kill_carriers(mark):
    """A process that was born while the table was read is seen in the next round."""
    deadline = time.monotonic() + LIMIT_S
    rounds_without = 0
    while rounds_without < 2 and time.monotonic() < deadline:
        found = carriers(mark)
        rounds_without = 0 if found else rounds_without + 1
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        if found:
            time.sleep(PAUSE_S)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    kill_carriers(sys.argv[1])


if __name__ == "__main__":
    main()
