"""What kill trials end (kill_trials.py): doors and the tool, and how each is seen to be whole."""

import functools
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import building
import common
import concertina
import files
import kill_accounts
import processes
from check_merge import features
from common import BUILD, ROOT, relative, say

SCRIPTS = ROOT / "scripts"
FOLDER = BUILD / "kill-trials"
MUTANT = "close-forgets-senders"  # found by both engines in a few hundred executions
FOUND = FOLDER / "found.case"
PROMOTED = ROOT / "corpus" / "regress" / "kill-trial-of-promote.case"


@dataclass
class Ended:
    code: int  # None: it had to be ended
    output: str


@dataclass
class Subject:
    """What is ended, and how it is seen to be whole. Of the functions, `before` gives what was
    there; the others take that and give lines, one per fault; `count` an account."""
    name: str
    command: list
    codes: tuple = (0,)  # when it is not disturbed
    prepare: object = lambda: None
    before: object = lambda: None
    after: object = lambda _: []  # it has been ended
    rerun: list = None  # default: the same command
    rerun_codes: tuple = None
    after_rerun: object = lambda _: []
    count: object = None  # of that, how it ended and how the rerun did; for what keeps and claims


def partials(*folders):
    return [f"{relative(path)} is left" for folder in folders if folder.is_dir()
            for path in folder.glob(".*.partial")]


def cut(path, read):
    """What reading it says: a file is whole or not there."""
    try:
        if path.exists():
            read(path)
        return []
    except common.Unusable as reason:
        return [str(reason)]


def cut_case(tool, path):
    return [f"{relative(path)} is not a case: {reason}"
            for reason in cut(path, functools.partial(concertina.header, tool))]


def cut_json(path):
    return cut(path, lambda _: files.read_json(path, "whole"))


class Fuzz:
    """Campaigns on a mutant's tree, which find it, and on this one, which find nothing."""

    def __init__(self, tree, flavour, engine):
        self.tree, self.flavour, self.engine = tree, flavour, engine
        self.folder = tree.fuzz_folder(flavour)
        self.findings = self.folder.parent / "findings"
        self.json = FOLDER / "fuzz.json"

    def subject(self, seconds):
        mutant = ["--mutant", self.tree.mutant] if self.tree.mutant else []
        command = [SCRIPTS / "fuzz", "--sanitizer", self.flavour, "--seconds", seconds, "--engine",
                   self.engine, *mutant, "--json", self.json]
        name = f"fuzz, {self.engine}" + (", mutant" if mutant else "")
        return Subject(name, command, (1,) if mutant else (0,), self.prepare, self.before,
                       self.after, after_rerun=self.after_rerun, count=self.count)

    def prepare(self):
        self.json.unlink(missing_ok=True)

    def before(self):
        return {"entries": kill_accounts.entries(self.folder), "artifacts": [],
                "cases": kill_accounts.cases(self.findings)}

    def after(self, state):
        """What is there now must still be there after the next run."""
        state["artifacts"] = [path.name for path in files.regular_files(self.folder / "artifacts")
                              if "crash" in path.name]
        state["entries"].update(kill_accounts.entries(self.folder))
        state["cases"].update(kill_accounts.cases(self.findings))
        faults = cut_json(self.json)
        for path in files.regular_files(self.findings, "*.case"):
            faults += cut_case(self.tree.tool(self.flavour), path)
        return faults

    def after_rerun(self, _):
        # An entry that was being written may be cut; the next campaign repairs it from its slot.
        return kill_accounts.cut_entries(self.folder) + \
            partials(self.folder, self.folder / "corpus", self.findings, FOLDER)

    def features(self, folder):
        return features(self.tree.binary(self.flavour, "fuzz_sim"), folder)

    def count(self, state, _, again):
        claims = kill_accounts.claims_of_campaign(
            again.code, kill_accounts.read_or(self.json, None), bool(self.tree.mutant),
            state["artifacts"])
        lost = kill_accounts.lost_cases(state["cases"], self.findings)
        now = kill_accounts.contents(self.folder)
        missing = {name: content for name, content in state["entries"].items() if name not in now}
        pruned = kill_accounts.pruned(missing, kill_accounts.entries(self.folder), self.features)
        return kill_accounts.of_sets("entry", set(state["entries"]), now, claims, pruned) + \
            kill_accounts.of_sets("finding", set(state["cases"]), set(state["cases"]) - lost)


# A night with a folder of its own, whose steps take seconds: the first step finds what all nights
# but the first know, the others find nothing.
NIGHT = """
import sys
sys.path.insert(0, {lib!r})
import ending, night_steps, run_door
from pathlib import Path
night_steps.steps_of = lambda *_: [
    ("fuzz-mutant", night_steps.fuzz({flavour!r}, 5, 1, {mutant!r})),
    ("replay", night_steps.replay({flavour!r})),
    ("fuzz", night_steps.fuzz({flavour!r}, 2, 1))]
door = run_door.load("nightly")
door.FOLDER = Path({folder!r})
ending.run("nightly", lambda: door.main(door.parse_options()))
"""


class Nightly:
    """One night after the other, of which every trial does a part: a rerun continues."""
    name = "kill-trial"
    steps = 3

    def __init__(self, flavour):
        self.base = FOLDER / "nightly"
        self.folder = self.base / self.name
        text = NIGHT.format(lib=str(SCRIPTS / "lib"), folder=str(self.base), flavour=flavour,
                            mutant=MUTANT)
        self.command = [sys.executable, "-B", "-c", text, "--no-setup", "--night", self.name]

    def subject(self):
        return Subject("nightly", self.command, (0, 1), self.prepare,
                       lambda: {"before": self.see()}, self.after, count=self.count,
                       after_rerun=lambda _: partials(self.folder, self.base))

    def see(self):
        return kill_accounts.see_night(self.folder, self.base / "known.json")

    def prepare(self):
        if len(self.see().steps) >= self.steps:
            shutil.rmtree(self.folder)

    def after(self, state):
        state["killed"] = self.see()
        return cut_json(self.folder / "state.json") + cut_json(self.folder / "summary.json") + \
            cut_json(self.base / "known.json")

    def count(self, state, *_):
        return kill_accounts.judge_night(state["before"], state["killed"], self.see())


def writer(output, cut_of, name, *words):
    """A script that writes one file; `cut_of` looks whether that is whole."""
    return Subject(name, [SCRIPTS / name, *words], (0,), lambda: output.unlink(missing_ok=True),
                   after=lambda _: cut_of(output),
                   after_rerun=lambda _: cut_of(output) + partials(output.parent) +
                   ([] if output.exists() else ["it wrote nothing"]))


def minimize(tool, flavour):
    output = FOLDER / "minimized.case"
    return writer(output, functools.partial(cut_case, tool), "minimize", FOUND, "--flavour",
                  flavour, "-o", output)


def promote(tool):
    return writer(PROMOTED, functools.partial(cut_case, tool), "promote", FOUND, "--name",
                  PROMOTED.stem, "--force", "--times", 5, "--neighbours", 200)


class Verify:
    """The tool itself, with the file from which it resumes, to the end."""

    def __init__(self, tool):
        self.state = FOLDER / "verify.state"
        case = ROOT / "corpus" / "litmus" / "two-wakers-of-one-select.case"
        self.alone = concertina.command(tool, "verify", "--bound", 2, "--json", files=[case])
        self.reference = None

    def subject(self):
        return Subject("verify", [*self.alone, "--resume", self.state], (0,), self.prepare,
                       lambda: {"begun": None}, self.after, count=self.count,
                       after_rerun=lambda _: partials(FOLDER) + (
                           [f"{relative(self.state)} is left"] if self.state.exists() else []))

    def prepare(self):
        self.state.unlink(missing_ok=True)
        if self.reference is None:
            self.reference = concertina.ask(self.alone, "verify undisturbed")

    def after(self, state):
        if self.state.exists():
            state["begun"] = kill_accounts.begun_bound(self.state.read_text(errors="replace"))
        return []

    def count(self, state, killed, again):
        answer = json.loads(again.output.splitlines()[-1])
        return kill_accounts.judge_verification(self.reference, answer, state["begun"],
                                                killed.output)


def stress(flavour):
    output = FOLDER / "stress.json"
    return writer(output, cut_json, "stress", "--job", "ring,programs", "--sanitizer", flavour,
                  "--seconds", 4, "--json", output)


def replay(flavour):
    cases = files.listed(ROOT / "corpus" / "seeds", "*.case")[:20]
    command = [SCRIPTS / "replay", "--flavour", flavour, "-q", "--times", 20, *cases]
    return Subject("replay", command)


def build(flavour):
    """A build in the mutant's tree with something to compile."""
    tree = building.mutant_tree(MUTANT)
    source = tree.source / "fuzzers" / "report" / "words.cc"
    command = ["env", "CCACHE_DISABLE=1", SCRIPTS / "build", flavour, "--mutant", MUTANT,
               "--target", "concertina"]
    return Subject("build", command, (0,), source.touch)


def subjects_of(flavour):
    clean, mutant = building.clean_tree(), building.tree(MUTANT)
    tool = clean.tool(flavour)
    # Those that find something end with it: their time is for a machine that has other work.
    return [Fuzz(mutant, flavour, "libfuzzer").subject(600),
            Fuzz(mutant, flavour, "afl").subject(600), Fuzz(clean, flavour, "all").subject(3),
            minimize(tool, flavour), promote(tool), Verify(tool).subject(), stress(flavour),
            replay(flavour), build(flavour), Nightly(flavour).subject()]


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
