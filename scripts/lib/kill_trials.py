"""Ends doors at random moments by SIGKILL, SIGTERM and SIGINT, and looks for what that has broken.

A trial starts a door, or the tool, in a session of its own, and sends one signal, to it alone or to its
whole group as a terminal does. The moment is drawn from the time that the door takes when it is left
alone. Then it must be true that

1. it ended as the signal should have it, or, when it was faster, as it should
2. nothing that it printed is a traceback
3. a little later none of its processes is left (they are known by a mark in their environment)
4. no file that it writes is cut off
5. called again, it goes on and ends as it should, and has lost nothing

It builds one flavour and a mutant's tree, and works in build/: what campaigns find in the meantime
stays. Prints a table, and what was wrong. Exit code: 0 nothing, 1 something, 2 could not run.
"""

import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import arguments
import building
import common
import concertina
import ending
import files
import guardian
import processes
from common import BUILD, ROOT, relative, say
from engine import sha1

SCRIPTS = ROOT / "scripts"
FOLDER = BUILD / "kill-trials"
MARK = "CONCERTINA_KILL_TRIAL"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MUTANT = "close-forgets-senders"  # found by both engines in some hundred executions
FOUND = FOLDER / "found.case"
PROMOTED = ROOT / "corpus" / "regress" / "kill-trial-of-promote.case"
# Processes that were sent SIGKILL, and the guardian that sent it, need a moment to go.
GONE_S = 20
# After SIGTERM or SIGINT: a worker has some seconds to end in good order.
ENDING_S = 60
ALONE_S = 3600  # with builds
SAID_EVERY = 10  # trials


@dataclass
class Subject:
    """What is ended, and how it is seen to be whole. Of the functions, `before` gives what was there;
    the others take that and give lines, one a fault."""
    name: str
    command: list
    codes: tuple = (0,)  # when nobody disturbs it
    prepare: object = lambda: None
    before: object = lambda: None
    after: object = lambda _: []  # it has been ended
    rerun: list = None  # default: the same command
    rerun_codes: tuple = None
    after_rerun: object = lambda _: []


@dataclass
class Trial:
    was_faster: bool = False
    faults: list = field(default_factory=list)


def end_of(process, limit_s):
    """Its exit code and what it printed; None when it had to be ended."""
    try:
        output, _ = process.communicate(timeout=limit_s)
        return process.returncode, output
    except subprocess.TimeoutExpired:
        process.end()
        return None, process.communicate()[0]


def obey_signals():
    """A shell starts what it runs in the background with SIGINT ignored, and doors would inherit it."""
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


def ask_alone(subject, command, codes):
    """A run that nobody disturbs. What was wrong with it, and how long it took."""
    begin = time.monotonic()
    code, output = end_of(start(command, secrets.token_hex(8)), ALONE_S)
    faults = [] if code in codes else [f"undisturbed it ended with {code}: {output[-400:]}"]
    if "Traceback" in output:
        faults.append("undisturbed it printed a traceback")
    return faults, time.monotonic() - begin


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
    code, output = end_of(process, ENDING_S)
    expected = subject.codes if trial.was_faster else (-number, *subject.codes)
    if code not in expected:
        trial.faults.append(f"it ended with {code}: {output[-400:]}")
    if "Traceback" in output:
        trial.faults.append(f"it printed a traceback: {output[-400:]}")
    if not are_gone(token):
        left = guardian.carriers(f"{MARK}={token}")
        trial.faults.append(f"{len(left)} processes are left: {names_of(left)}")
        guardian.kill_carriers(f"{MARK}={token}")
    trial.faults += subject.after(state)
    trial.faults += ask_alone(subject, subject.rerun or subject.command,
                              subject.rerun_codes or subject.codes)[0]
    trial.faults += subject.after_rerun(state)
    return trial


# What subjects leave behind.

def contents(folder):
    return {path.name: path.read_bytes() for path in files.regular_files(folder)
            if not path.name.startswith(".")} if folder.is_dir() else {}


def partials(*folders):
    return [f"{relative(path)} is left" for folder in folders if folder.is_dir()
            for path in folder.glob(".*.partial")]


def cut_case(tool, path):
    """A case is whole or not there."""
    if not path.exists():
        return []
    try:
        concertina.header(tool, path)
        return []
    except common.Unusable as reason:
        return [f"{relative(path)} is no case: {reason}"]


def cut_json(path):
    if not path.exists():
        return []
    try:
        files.read_json(path, "whole")
        return []
    except common.Unusable as reason:
        return [str(reason)]


class Fuzz:
    """Campaigns on a mutant's tree, which find it, and on this one, which find nothing."""

    def __init__(self, tree, flavour, engine):
        self.tree, self.flavour, self.engine = tree, flavour, engine
        self.folder = tree.fuzz_folder(flavour)
        self.json = FOLDER / "fuzz.json"

    def subject(self, seconds):
        mutant = ["--mutant", self.tree.mutant] if self.tree.mutant else []
        command = [SCRIPTS / "fuzz", "--sanitizer", self.flavour, "--seconds", seconds, "--engine",
                   self.engine, *mutant, "--json", self.json]
        name = f"fuzz, {self.engine}" + (", mutant" if mutant else "")
        return Subject(name, command, (1,) if mutant else (0,), self.prepare, self.before, self.after,
                       after_rerun=self.after_rerun)

    def prepare(self):
        self.json.unlink(missing_ok=True)

    def before(self):
        return {"corpus": contents(self.folder / "corpus"),
                "findings": contents(self.folder.parent / "findings")}

    def after(self, state):
        """What is there now must still be there after the next run."""
        state["artifacts"] = contents(self.folder / "artifacts")
        had = state["findings"]
        state["findings"] = contents(self.folder.parent / "findings")
        lost = [name for name in had if name not in state["findings"]]
        # An entry that was being written may be cut; the next campaign repairs it from its slot.
        state["corpus"].update({name: content for name, content in
                                contents(self.folder / "corpus").items() if sha1(content) == name})
        faults = [f"finding {name} is lost" for name in lost] + cut_json(self.json)
        for name in state["findings"]:
            if name.endswith(".case"):
                faults += cut_case(self.tree.tool(self.flavour), self.folder.parent / "findings" / name)
        return faults

    def after_rerun(self, state):
        now = contents(self.folder / "corpus")
        faults = [f"corpus file {name} is lost" for name in state["corpus"] if name not in now]
        faults += [f"corpus file {name} is cut" for name, content in now.items()
                   if re.fullmatch("[0-9a-f]{40}", name) and sha1(content) != name]
        faults += [f"finding {name} is lost" for name in state["findings"]
                   if name not in contents(self.folder.parent / "findings")]
        found = json.loads(self.json.read_text())["findings"] if self.json.exists() else []
        if self.tree.mutant and not found:
            faults.append("the mutant was not reported")
        if any("crash" in name for name in state["artifacts"]) and not found:
            faults.append("a saved crash was not reported")
        return faults + partials(self.folder, self.folder / "corpus", self.folder.parent / "findings",
                                 FOLDER)


def nightly():
    """One night, of which every trial does another part: a rerun goes on. No known.json is touched."""
    name = "kill-trial"
    folder = BUILD / "nightly" / name
    command = [SCRIPTS / "nightly", "--no-setup", "--night", name, "--seconds", 8, "--mutants", 0,
               "--plant", MUTANT]

    def steps():
        path = folder / "state.json"
        state = json.loads(path.read_text()) if path.exists() else {"results": []}
        return [step["step"] for step in state["results"]]

    def after(_):
        faults = cut_json(folder / "state.json") + cut_json(folder / "summary.json")
        summary = folder / "summary.json"
        if not faults and summary.exists() and json.loads(summary.read_text())["good"]:
            faults.append("interrupted, it says that it was good")
        return faults

    def after_rerun(before):
        return [f"step {step} is lost" for step in before if step not in steps()] + partials(folder)

    def prepare():
        if len(steps()) >= 10:  # with a mutant planted, that is all of them
            shutil.rmtree(folder)
    return Subject("nightly", command, (0, 1), prepare, steps, after, after_rerun=after_rerun)


def minimize(tool, flavour):
    output = FOLDER / "minimized.case"
    command = [SCRIPTS / "minimize", FOUND, "--flavour", flavour, "-o", output]
    return Subject("minimize", command, (0,), lambda: output.unlink(missing_ok=True),
                   after=lambda _: cut_case(tool, output),
                   after_rerun=lambda _: cut_case(tool, output) + partials(FOLDER) +
                   ([] if output.exists() else ["it wrote nothing"]))


def promote(tool):
    command = [SCRIPTS / "promote", FOUND, "--name", PROMOTED.stem, "--force", "--times", 5,
               "--neighbours", 200]
    return Subject("promote", command, (0,), lambda: PROMOTED.unlink(missing_ok=True),
                   after=lambda _: cut_case(tool, PROMOTED),
                   after_rerun=lambda _: cut_case(tool, PROMOTED) + partials(PROMOTED.parent) +
                   ([] if PROMOTED.exists() else ["it wrote nothing"]))


def verify(tool):
    """The tool itself, with the file from which it goes on."""
    state = FOLDER / "verify.state"
    case = sorted((ROOT / "corpus" / "litmus").glob("*.case"))[0]
    command = [*concertina.command(tool, "verify", "--bound", 3, "--budget", 3, "--resume", state,
                                   "--json", files=[case])]
    return Subject("verify", command, (0, 3), lambda: state.unlink(missing_ok=True),
                   after_rerun=lambda _: partials(FOLDER))


def stress(flavour):
    output = FOLDER / "stress.json"
    command = [SCRIPTS / "stress", "--job", "ring,programs", "--sanitizer", flavour, "--seconds", 4,
               "--json", output]
    return Subject("stress", command, (0,), lambda: output.unlink(missing_ok=True),
                   after=lambda _: cut_json(output),
                   after_rerun=lambda _: cut_json(output) + partials(FOLDER))


def replay(flavour):
    cases = sorted((ROOT / "corpus" / "seeds").glob("*.case"))[:20]
    return Subject("replay", [SCRIPTS / "replay", "--flavour", flavour, "-q", "--times", 20, *cases])


def build(flavour):
    """A build in the mutant's tree with something to compile."""
    tree = building.mutant_tree(MUTANT)
    source = tree.source / "fuzzers" / "report" / "words.cc"
    return Subject("build", ["env", "CCACHE_DISABLE=1", SCRIPTS / "build", flavour, "--mutant", MUTANT,
                             "--target", "concertina"], (0,), source.touch)


def subjects_of(flavour):
    clean, mutant = building.clean_tree(), building.tree(MUTANT)
    tool = clean.tool(flavour)
    # Those that find something end with it: their time is for a machine that has other work.
    return [Fuzz(mutant, flavour, "libfuzzer").subject(600), Fuzz(mutant, flavour, "afl").subject(600),
            Fuzz(clean, flavour, "all").subject(3), minimize(tool, flavour), promote(tool),
            verify(tool), stress(flavour), replay(flavour), build(flavour), nightly()]


def build_all(flavour):
    say(f"building {flavour}, and the same with mutant {MUTANT}")
    building.build(building.clean_tree(), flavour, ["stress_jobs"])
    building.build_for_engine(building.clean_tree(), flavour, "all")
    mutant = building.tree(MUTANT)
    building.build_for_engine(mutant, flavour, "all")
    FOLDER.mkdir(parents=True, exist_ok=True)
    processes.run([SCRIPTS / "fuzz", "--mutant", MUTANT, "--sanitizer", flavour, "--seconds", 600,
                   "--no-minimize", "--json", FOLDER / "found.json"], stdout=subprocess.DEVNULL)
    findings = files.read_json(FOLDER / "found.json", "the result of scripts/fuzz")["findings"]
    if not findings:
        raise common.Unusable(f"mutant {MUTANT} was not found")
    files.write_whole(FOUND, Path(findings[0]["case"]).read_bytes())


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
    lines = ["| subject | signal | trials | it was faster | faults |", "| --- | --- | ---: | ---: | ---: |"]
    for (name, number), (trials, faster, faults) in counts.items():
        lines.append(f"| {name} | {signal.Signals(number).name} | {trials} | {faster} | {faults} |")
    total = [sum(column) for column in zip(*counts.values())] or [0, 0, 0]
    return lines + [f"| all | | {total[0]} | {total[1]} | {total[2]} |"]


def run(subjects, trials, draws):
    """All trials, in turns; how many faults there were. Interrupted, it says what it has seen."""
    counts, took = {}, {}
    try:
        for index in range(trials):
            one_trial(index, subjects[index % len(subjects)], draws, counts, took)
            if (index + 1) % SAID_EVERY == 0:
                say(f"{index + 1}/{trials} trials, {faults_of(counts)} faults")
    finally:
        say("\n".join(table(dict(sorted(counts.items())))))
    return faults_of(counts)


def one_trial(index, subject, draws, counts, took):
    if subject.name not in took:
        subject.prepare()
        faults, took[subject.name] = ask_alone(subject, subject.command, subject.codes)
        say(f"{subject.name}: {took[subject.name]:.1f} s when it is left alone")
        if faults:
            raise common.Unusable(f"{subject.name}: {faults[0]}")
    number, to_group = draws.choice(SIGNALS), draws.random() < 0.5
    wait, delay = moment(draws, took[subject.name])
    trial = try_once(subject, number, wait, to_group)
    count = counts.setdefault((subject.name, number), [0, 0, 0])
    for i, more in enumerate((1, trial.was_faster, len(trial.faults))):
        count[i] += more
    for fault in trial.faults:
        say(f"FAULT {subject.name}, trial {index}, {signal.Signals(number).name} "
            f"{'to its group ' if to_group else ''}after {delay:.2f} s: {fault}")


def faults_of(counts):
    return sum(faults for _, _, faults in counts.values())


def main():
    parser = arguments.parser(__doc__)
    parser.add_argument("--trials", type=arguments.count, default=200, help="in all (default 200)")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="of signals and moments (1)")
    parser.add_argument("--flavour", choices=common.FUZZ_FLAVOURS, default="none")
    parser.add_argument("--only", metavar="SUBJECT", action="append",
                        help="whose name begins so; may be repeated")
    options = parser.parse_args()
    build_all(options.flavour)
    known = subjects_of(options.flavour)
    subjects = [subject for subject in known
                if not options.only or subject.name.startswith(tuple(options.only))]
    if not subjects:
        raise common.Unusable(f"no subject '{options.only[0]}'; there are: "
                              + ", ".join(subject.name for subject in known))
    try:
        return common.EXIT_FAILED if run(subjects, options.trials, random.Random(options.seed)) \
            else common.EXIT_OK
    finally:
        PROMOTED.unlink(missing_ok=True)


if __name__ == "__main__":
    obey_signals()  # before ending.run, which leaves ignored ones alone
    ending.run(Path(sys.argv[0]).stem, main)
