"""Ends doors at random moments by SIGKILL, SIGTERM and SIGINT, and looks for what that has broken.

A trial starts a door, or the tool, in a session of its own, and sends one signal, to it alone or to
its whole group as a terminal does. The moment is drawn from the time that the door takes when it is
left alone. Then it must be true that

1. it ended as the signal should have it, or, when it was faster, as it should
2. nothing that it printed is a traceback
3. a little later none of its processes is left (they are known by a mark in their environment)
4. no file that it writes is cut off
5. called again, it resumes and ends as it should, and has lost nothing
6. of verify, fuzz and nightly, which make claims and keep what they have found: nothing that was
   there is gone, and nothing is claimed that is not so (kill_accounts.py)

It builds one flavour and a mutant's tree, and works in build/: what campaigns find in the meantime
stays. Prints a table, and what was wrong. Exit code: 0 nothing, 1 something, 2 could not run.
"""

import contextlib
import os
import random
import secrets
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import ending
import guardian
import kill_subjects
import trials
from common import EXIT_FAILED, EXIT_OK, Unusable, say
from kill_accounts import Account
from trials import MARK

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# Processes that were sent SIGKILL, and the guardian that sent it, need a moment to go.
GONE_S = 20
# After SIGTERM or SIGINT: a worker has some seconds to end in good order.
ENDING_S = 60
ALONE_S = 3600  # with builds
HEADS = (("subject", "signal", "trials", "it was faster", "faults"),
         ("kind", "kills", "before", "after", "pruned", "lost", "false claims"))


@dataclass
class Trial:
    was_faster: bool = False
    faults: list = field(default_factory=list)
    account: Account = None  # of a subject that keeps something


def those_left(mark):
    """Processes that do not go."""
    deadline = time.monotonic() + GONE_S
    while (left := guardian.carriers(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def names_of(pids):
    texts = []
    for pid in pids:
        with contextlib.suppress(OSError):
            texts.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
    return "; ".join(text[:100] for text in texts)


def ask_alone(subject):
    """An undisturbed run: how it ended, what was wrong with it, and how long it took."""
    begin = time.monotonic()
    ended = trials.end_of(trials.start(subject.command), ALONE_S)
    faults = [] if ended.code in subject.codes else \
        [f"undisturbed it ended with {ended.code}: {ended.output[-400:]}"]
    if "Traceback" in ended.output:
        faults.append("undisturbed it printed a traceback")
    return ended, faults, time.monotonic() - begin


def try_once(subject, number, wait, to_group):
    """`wait` is called with the process, and returns at the moment to send the signal."""
    trial, token = Trial(), secrets.token_hex(8)
    subject.prepare()
    process = trials.start(subject.command, token)
    wait(process)
    trial.was_faster = process.poll() is not None
    if not trial.was_faster:
        (os.killpg if to_group else os.kill)(process.pid, number)
    killed = trials.end_of(process, ENDING_S)
    expected = subject.codes if trial.was_faster else (-number, *subject.codes)
    if killed.code not in expected:
        trial.faults.append(f"it ended with {killed.code}: {killed.output[-400:]}")
    if "Traceback" in killed.output:
        trial.faults.append(f"it printed a traceback: {killed.output[-400:]}")
    left = those_left(f"{MARK}={token}")
    if left:
        trial.faults.append(f"{len(left)} processes are left: {names_of(left)}")
        guardian.kill_carriers(f"{MARK}={token}")
    trial.faults += subject.after()
    again, faults, _ = ask_alone(subject)
    trial.faults += faults + subject.after_rerun()
    if subject.count and not trial.was_faster:
        trial.account = Account(lost=["the next call did not end well"]) if faults else \
            subject.count(killed, again)
        trial.faults += trial.account.faults()
    return trial


def moment(draws, took_s):
    """Mostly anywhere in the run, sometimes right at its beginning."""
    return draws.uniform(0, 0.3) if draws.random() < 0.2 else draws.uniform(0, took_s)


def time_of(subject):
    subject.prepare()
    _, faults, took_s = ask_alone(subject)
    say(f"{subject.name}: {took_s:.1f} s when it is left alone")
    if faults:
        raise Unusable(f"{subject.name}: {faults[0]}")
    return took_s


def run(subjects, count, draws, signals=SIGNALS):
    """All trials, in turns; how many faults there were."""
    took = {}

    def one_trial(index):
        subject = subjects[index % len(subjects)]
        if subject.name not in took:
            took[subject.name] = time_of(subject)
        number, to_group = draws.choice(signals), draws.random() < 0.5
        delay, name = moment(draws, took[subject.name]), signal.Signals(number).name
        trial = try_once(subject, number, lambda process: trials.outlasts(process, delay), to_group)
        row = (subject.name, name), (1, trial.was_faster, len(trial.faults))
        account = ((subject.name,), trial.account.numbers()) if trial.account else None
        return (f"{subject.name}, {name} {'to its group ' if to_group else ''}after {delay:.2f} s",
                trial.faults, (row, account))

    return trials.run(range(count), one_trial, HEADS)


def main():
    parser = trials.parser_of(__doc__, 200)
    parser.add_argument("--only", metavar="SUBJECT", action="append",
                        help="whose name begins so; may be repeated")
    parser.add_argument("--signal", choices=[number.name for number in SIGNALS],
                        help="only this one")
    options = parser.parse_args()
    signals = [signal.Signals[options.signal]] if options.signal else SIGNALS
    kill_subjects.build_all(options.flavour)
    known = kill_subjects.subjects_of(options.flavour)
    subjects = [subject for subject in known
                if not options.only or subject.name.startswith(tuple(options.only))]
    if not subjects:
        raise Unusable(f"no subject '{options.only[0]}'; there are: "
                       + ", ".join(subject.name for subject in known))
    try:
        faults = run(subjects, options.trials, random.Random(options.seed), signals)
        return EXIT_FAILED if faults else EXIT_OK
    finally:
        kill_subjects.PROMOTED.unlink(missing_ok=True)


if __name__ == "__main__":
    trials.obey_signals()  # before ending.run, which leaves ignored ones alone
    ending.run(Path(sys.argv[0]).stem, main)
