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

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import arguments
import common
import ending
import guardian
import kill_accounts
import kill_subjects
import markdown
import processes
from common import ROOT, say
from kill_accounts import Account
from kill_subjects import Ended

MARK = "CONCERTINA_KILL_TRIAL"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# Processes that were sent SIGKILL, and the guardian that sent it, need a moment to go.
GONE_S = 20
# After SIGTERM or SIGINT: a worker has some seconds to end in good order.
ENDING_S = 60
ALONE_S = 3600  # with builds
SAID_EVERY = 10  # trials


@dataclass
class Trial:
    was_faster: bool = False
    faults: list = field(default_factory=list)
    account: object = None  # kill_accounts.Account, of a subject that keeps something


def end_of(process, limit_s):
    """Its exit code, None when it had to be ended, and what it printed."""
    try:
        output, _ = process.communicate(timeout=limit_s)
        return Ended(process.returncode, output)
    except subprocess.TimeoutExpired:
        process.end()
        return Ended(None, process.communicate()[0])


def obey_signals():
    """A shell starts what it runs in the background with SIGINT ignored, and doors would inherit
    it."""
    for number in SIGNALS[1:]:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def start(command, token):
    return processes.Process(command, env={**os.environ, MARK: token}, start_new_session=True,
                             cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")


def are_gone(token, limit_s=None):
    deadline = time.monotonic() + (GONE_S if limit_s is None else limit_s)
    while guardian.carriers(f"{MARK}={token}"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def names_of(pids):
    texts = []
    for pid in pids:
        try:
            texts.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return "; ".join(text[:100] for text in texts)


def ask_alone(command, codes):
    """An undisturbed run: how it ended, what was wrong with it, and how long it took."""
    begin = time.monotonic()
    ended = end_of(start(command, secrets.token_hex(8)), ALONE_S)
    faults = [] if ended.code in codes else \
        [f"undisturbed it ended with {ended.code}: {ended.output[-400:]}"]
    if "Traceback" in ended.output:
        faults.append("undisturbed it printed a traceback")
    return ended, faults, time.monotonic() - begin


def try_once(subject, number, wait, to_group):
    """`wait` is called with the process, and returns at the moment to send the signal."""
    trial, token = Trial(), secrets.token_hex(8)
    subject.prepare()
    state = subject.before()
    process = start(subject.command, token)
    wait(process)
    trial.was_faster = process.poll() is not None
    if not trial.was_faster:
        (os.killpg if to_group else os.kill)(process.pid, number)
    killed = end_of(process, ENDING_S)
    expected = subject.codes if trial.was_faster else (-number, *subject.codes)
    if killed.code not in expected:
        trial.faults.append(f"it ended with {killed.code}: {killed.output[-400:]}")
    if "Traceback" in killed.output:
        trial.faults.append(f"it printed a traceback: {killed.output[-400:]}")
    if not are_gone(token):
        left = guardian.carriers(f"{MARK}={token}")
        trial.faults.append(f"{len(left)} processes are left: {names_of(left)}")
        guardian.kill_carriers(f"{MARK}={token}")
    trial.faults += subject.after(state)
    again, faults, _ = ask_alone(subject.rerun or subject.command,
                                 subject.rerun_codes or subject.codes)
    trial.faults += faults + subject.after_rerun(state)
    if subject.count and not trial.was_faster:
        trial.account = Account(lost=["the next call did not end well"]) if faults else \
            subject.count(state, killed, again)
        trial.faults += trial.account.faults()
    return trial


def moment(draws, took_s):
    """Waits for one: mostly anywhere in the run, sometimes right at its beginning."""
    delay = draws.uniform(0, 0.3) if draws.random() < 0.2 else draws.uniform(0, took_s)

    def wait(process):
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            pass
    return wait, delay


def table(counts):
    rows = [(name, signal.Signals(number).name, *own) for (name, number), own in counts.items()]
    total = [sum(column) for column in zip(*counts.values())] or [0, 0, 0]
    return markdown.table(("subject", "signal", "trials", "it was faster", "faults"),
                          [*rows, ("all", "", *total)], right=3)


def run(subjects, trials, draws, signals=SIGNALS):
    """All trials, in turns; how many faults there were. Interrupted, it says what it has seen."""
    counts, took, accounts = {}, {}, []
    try:
        for index in range(trials):
            subject = subjects[index % len(subjects)]
            account = one_trial(index, subject, draws, counts, took, signals)
            if account:
                accounts.append((subject.name, account))
            if (index + 1) % SAID_EVERY == 0:
                say(f"{index + 1}/{trials} trials, {faults_of(counts)} faults")
    finally:
        say("\n".join(table(dict(sorted(counts.items())))))
        if accounts:
            say("\n" + "\n".join(kill_accounts.table(kill_accounts.count_kinds(accounts))))
    return faults_of(counts)


def one_trial(index, subject, draws, counts, took, signals):
    if subject.name not in took:
        subject.prepare()
        _, faults, took[subject.name] = ask_alone(subject.command, subject.codes)
        say(f"{subject.name}: {took[subject.name]:.1f} s when it is left alone")
        if faults:
            raise common.Unusable(f"{subject.name}: {faults[0]}")
    number, to_group = draws.choice(signals), draws.random() < 0.5
    wait, delay = moment(draws, took[subject.name])
    trial = try_once(subject, number, wait, to_group)
    count = counts.setdefault((subject.name, number), [0, 0, 0])
    for i, more in enumerate((1, trial.was_faster, len(trial.faults))):
        count[i] += more
    for fault in trial.faults:
        say(f"FAULT {subject.name}, trial {index}, {signal.Signals(number).name} "
            f"{'to its group ' if to_group else ''}after {delay:.2f} s: {fault}")
    return trial.account


def faults_of(counts):
    return sum(faults for _, _, faults in counts.values())


def main():
    parser = arguments.parser(__doc__)
    parser.add_argument("--trials", type=arguments.count, default=200, help="in all (default 200)")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="of signals and moments (1)")
    parser.add_argument("--flavour", choices=common.FUZZ_FLAVOURS, default="none")
    parser.add_argument("--only", metavar="SUBJECT", action="append",
                        help="whose name begins so; may be repeated")
    parser.add_argument("--signal", choices=[signal.Signals(number).name for number in SIGNALS],
                        help="only this one")
    options = parser.parse_args()
    signals = [signal.Signals[options.signal]] if options.signal else SIGNALS
    kill_subjects.build_all(options.flavour)
    known = kill_subjects.subjects_of(options.flavour)
    subjects = [subject for subject in known
                if not options.only or subject.name.startswith(tuple(options.only))]
    if not subjects:
        raise common.Unusable(f"no subject '{options.only[0]}'; there are: "
                              + ", ".join(subject.name for subject in known))
    try:
        faults = run(subjects, options.trials, random.Random(options.seed), signals)
        return common.EXIT_FAILED if faults else common.EXIT_OK
    finally:
        kill_subjects.PROMOTED.unlink(missing_ok=True)


if __name__ == "__main__":
    obey_signals()  # before ending.run, which leaves ignored ones alone
    ending.run(Path(sys.argv[0]).stem, main)
