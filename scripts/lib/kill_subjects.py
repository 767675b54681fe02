"""What kill trials end (kill_trials.py): doors and the tool, and how each is seen to be whole."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import building
import concertina
import files
import kill_accounts
import processes
import trials
from check_merge import features
from common import BUILD, ROOT, Unusable, relative
from trials import MUTANT

SCRIPTS = ROOT / "scripts"
FOLDER = BUILD / "kill-trials"
FOUND = FOLDER / "found.case"
PROMOTED = ROOT / "corpus" / "regress" / "kill-trial-of-promote.case"


class Subject:
    """What is ended, and how it is seen to be whole. `codes`: when it is not disturbed; faults are
    lines; `hooks` take the place of the methods of their names."""
    count = None  # of what keeps and claims: an Account, of how it ended and how the rerun did

    def __init__(self, name, command, codes=(0,), **hooks):
        self.name, self.command, self.codes = name, command, codes
        vars(self).update(hooks)

    def prepare(self):
        """Before each trial."""

    def after(self):
        """It has been ended: the faults."""
        return []

    def after_rerun(self):
        return []


def partials(*folders):
    return [f"{relative(path)} is left" for folder in folders if folder.is_dir()
            for path in folder.glob(".*.partial")]


def cut(path, read):
    """What reading it says: a file is whole or not there."""
    try:
        if path.exists():
            read(path)
        return []
    except Unusable as reason:
        return [str(reason)]


def cut_case(tool, path):
    return [f"{relative(path)} is not a case: {reason}"
            for reason in cut(path, functools.partial(concertina.header, tool))]


def cut_json(path):
    return cut(path, lambda _: files.read_json(path, "whole"))


class Fuzz(Subject):
    """Campaigns on a mutant's tree, which find it, and on this one, which find nothing."""

    def __init__(self, tree, flavour, engine, seconds):
        self.tree, self.flavour = tree, flavour
        self.folder = tree.fuzz_folder(flavour)
        self.findings = self.folder.parent / "findings"
        self.json = FOLDER / "fuzz.json"
        mutant = ["--mutant", tree.mutant] if tree.mutant else []
        super().__init__(f"fuzz, {engine}" + (", mutant" if mutant else ""),
                         [SCRIPTS / "fuzz", "--sanitizer", flavour, "--seconds", seconds,
                          "--engine", engine, *mutant, "--json", self.json],
                         (1,) if mutant else (0,))

    def prepare(self):
        self.json.unlink(missing_ok=True)
        self.entries, self.cases, self.artifacts = {}, {}, []
        self.look()

    def look(self):
        """What is there must still be there after the next run."""
        self.entries.update(kill_accounts.entries(self.folder))
        self.cases.update(kill_accounts.cases(self.findings))

    def after(self):
        self.look()
        self.artifacts = [path.name for path in files.regular_files(self.folder / "artifacts")
                          if "crash" in path.name]
        tool = self.tree.tool(self.flavour)
        return cut_json(self.json) + [fault for path in files.regular_files(self.findings, "*.case")
                                      for fault in cut_case(tool, path)]

    def after_rerun(self):
        # An entry that was being written may be cut; the next campaign repairs it from its slot.
        return kill_accounts.cut_entries(self.folder) + \
            partials(self.folder, self.folder / "corpus", self.findings, FOLDER)

    def features(self, folder):
        return features(self.tree.binary(self.flavour, "fuzz_sim"), folder)

    def count(self, _, again):
        claims = kill_accounts.claims_of_campaign(
            again.code, kill_accounts.read_or(self.json, None), bool(self.tree.mutant),
            self.artifacts)
        lost = kill_accounts.lost_cases(self.cases, self.findings)
        now = kill_accounts.contents(self.folder)
        missing = {name: content for name, content in self.entries.items() if name not in now}
        pruned = kill_accounts.pruned(missing, kill_accounts.entries(self.folder), self.features)
        return kill_accounts.of_sets("entry", set(self.entries), now, claims, pruned) + \
            kill_accounts.of_sets("finding", set(self.cases), set(self.cases) - lost)


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


class Nightly(Subject):
    """One night after the other, of which every trial does a part: a rerun continues."""
    night = "kill-trial"
    steps = 3

    def __init__(self, flavour):
        self.base = FOLDER / "nightly"
        self.folder = self.base / self.night
        text = NIGHT.format(lib=str(SCRIPTS / "lib"), folder=str(self.base), flavour=flavour,
                            mutant=MUTANT)
        super().__init__("nightly", [sys.executable, "-B", "-c", text, "--no-setup", "--night",
                                     self.night], (0, 1))

    def see(self):
        return kill_accounts.see_night(self.folder, self.base / "known.json")

    def prepare(self):
        if len(self.see().steps) >= self.steps:
            shutil.rmtree(self.folder)
        self.before = self.see()

    def after(self):
        self.killed = self.see()
        return cut_json(self.folder / "state.json") + cut_json(self.folder / "summary.json") + \
            cut_json(self.base / "known.json")

    def after_rerun(self):
        return partials(self.folder, self.base)

    def count(self, *_):
        return kill_accounts.judge_night(self.before, self.killed, self.see())


class Writer(Subject):
    """A script that writes one file; `cut_of` looks whether that is whole."""

    def __init__(self, output, cut_of, name, *words):
        self.output, self.cut_of = output, cut_of
        super().__init__(name, [SCRIPTS / name, *words])

    def prepare(self):
        self.output.unlink(missing_ok=True)

    def after(self):
        return self.cut_of(self.output)

    def after_rerun(self):
        return self.after() + partials(self.output.parent) + \
            ([] if self.output.exists() else ["it wrote nothing"])


class Verify(Subject):
    """The tool itself, with the file from which it resumes, to the end."""

    def __init__(self, tool):
        self.state = FOLDER / "verify.state"
        case = ROOT / "corpus" / "litmus" / "two-wakers-of-one-select.case"
        self.alone = concertina.command(tool, "verify", "--bound", 2, "--json", files=[case])
        self.reference = None
        super().__init__("verify", [*self.alone, "--resume", self.state])

    def prepare(self):
        self.begun = None
        self.state.unlink(missing_ok=True)
        if self.reference is None:
            self.reference = concertina.ask(self.alone, "verify undisturbed")

    def after(self):
        if self.state.exists():
            self.begun = kill_accounts.begun_bound(self.state.read_text(errors="replace"))
        return []

    def after_rerun(self):
        return partials(FOLDER) + (
            [f"{relative(self.state)} is left"] if self.state.exists() else [])

    def count(self, killed, again):
        answer = json.loads(again.output.splitlines()[-1])
        return kill_accounts.judge_verification(self.reference, answer, self.begun, killed.output)


def subjects_of(flavour):
    clean, mutant = building.clean_tree(), building.mutant_tree(MUTANT)
    tool = clean.tool(flavour)
    cut_one = functools.partial(cut_case, tool)
    minimized, figures = FOLDER / "minimized.case", FOLDER / "stress.json"
    cases = files.listed(ROOT / "corpus" / "seeds", "*.case")[:20]
    something = mutant.source / "fuzzers" / "report" / "words.cc"  # to compile
    # Those that find something end with it: their time is for a machine that has other work.
    return [Fuzz(mutant, flavour, "libfuzzer", 600), Fuzz(mutant, flavour, "afl", 600),
            Fuzz(clean, flavour, "all", 3),
            Writer(minimized, cut_one, "minimize", FOUND, "--flavour", flavour, "-o", minimized),
            Writer(PROMOTED, cut_one, "promote", FOUND, "--name", PROMOTED.stem, "--force",
                   "--times", 5, "--neighbours", 200),
            Verify(tool),
            Writer(figures, cut_json, "stress", "--job", "ring,programs", "--sanitizer", flavour,
                   "--seconds", 4, "--json", figures),
            Subject("replay", [SCRIPTS / "replay", "--flavour", flavour, "-q", "--times", 20,
                               *cases]),
            Subject("build", ["env", "CCACHE_DISABLE=1", SCRIPTS / "build", flavour, "--mutant",
                              MUTANT, "--target", "concertina"], prepare=something.touch),
            Nightly(flavour)]


def build_all(flavour):
    trials.build(flavour)
    building.build(building.clean_tree(), flavour, ["stress_jobs"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    processes.run([SCRIPTS / "fuzz", "--mutant", MUTANT, "--sanitizer", flavour, "--seconds", 600,
                   "--no-minimize", "--json", FOLDER / "found.json"], stdout=subprocess.DEVNULL)
    findings = files.read_json(FOLDER / "found.json", "the result of scripts/fuzz")["findings"]
    if not findings:
        raise Unusable(f"mutant {MUTANT} was not found")
    files.write_whole(FOUND, Path(findings[0]["case"]).read_bytes())
