"""A fuzz campaign: some workers, of one engine or of several, until the time is up or one crashes.

A crash is believed only when the `concertina` tool repeats it in a child process of its own; then
it is kept as a .case file whose header says what must be seen (findings.py).

A campaign may be killed at any moment. The next one in the same folder first examines what that one
left (rescue.py), and ends at once with what still fails. An artifact is removed only by settle(),
when what it showed has been reported and is kept.

Engines time a run by the clock on the wall, and measure a campaign's memory, not a run's. What they
save as too slow or too large is a finding only when the tool, which goes by processor time, says
so, too: else the worker was suspended or starved, and continues.

That a campaign found nothing says nothing if it could not fuzz; `Result.unusable` has the reason:
 - its folder takes no more files, or has lost some (disk_space.py): engines would not say so
 - a worker died, and no input that it leaves fails
 - all the time went into inputs that were known
"""

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import ending
import findings
import keeping
import locks
import processes
import rescue
import seeds
from artifacts import STARVED, Artifact
from common import ROOT, Unusable, cores, relative
from engine import RUN_TIMEOUT_S, Job
from engine_libfuzzer import RSS_LIMIT_MB, LibFuzzerWorker
from engines import WORKERS, engines_of, uses_afl
from evolved import Evolved
from merging import Merge
from disk_space import DiskSpace

# A worker ends by itself when its time is up; after this it has hung.
OVERTIME_S = 10
# The workers of a killed campaign die with it, but not in the same instant.
LOCK_WAIT_S = 5
MERGE = "the merge"  # as one that finds, beside the engines
# How often the evolved corpus is trimmed while it grows.
TRIM_S = 30


@dataclass
class Settings:
    flavour: str
    seconds: float
    engine: str = "libfuzzer"
    workers: int = field(default_factory=cores)
    seed: int = 1
    corpus: list = None  # folders; None: corpus/seeds, and corpus/regress if no mutant is planted
    empty: bool = False  # no seeds and no earlier corpus: in a folder of its own
    folder: Path = None  # where corpus, logs, artifacts and findings go


@dataclass
class Result:
    flavour: str
    engine: str = "libfuzzer"
    seconds: float = 0.0
    executions: int = 0
    new_inputs: int = 0  # of them, of inputs that were not known
    executions_per_second: float = 0.0
    coverage: int = 0
    corpus: int = 0
    findings: list = field(default_factory=list)
    inputs: str = ""  # what it began with, a line for the reader
    remarks: list = field(default_factory=list)  # lines for the reader
    unusable: str = ""  # why it says nothing that there are no findings


class Campaign:
    """start(), then poll() until it returns True, then `result`; settle() when that is reported.
    stop() at any time."""

    def __init__(self, tree, settings):
        self.tree = tree
        self.settings = settings
        self.base = Path(settings.folder or tree.fuzz_folder(settings.flavour))
        self.folder = self.base / "empty" if settings.empty else self.base
        self.evolved = Evolved(self.folder)
        self.tool = tree.tool(settings.flavour)
        self.result = Result(settings.flavour, settings.engine)
        kept = (self.base if settings.folder else self.base.parent) / keeping.FOLDER
        self.findings = findings.Findings(tree, settings.flavour, self.tool, kept)
        self.result.findings = self.findings.all
        self.disk_space = DiskSpace(self.folder)
        self.workers = []
        self.lock = None
        self.begin = 0.0
        self.trim_at = 0.0
        self.unwritten = 0  # entries of the corpus
        self.is_over = False

    def start(self):
        if not self.open():
            return
        self.make_workers(self.read_inputs())
        self.begin = time.monotonic()
        self.trim_at = self.begin + TRIM_S
        try:
            for worker in self.workers:
                worker.start()
        except OSError as error:  # those that have begun may have found something
            self.end_early(self.disk_space.trouble() or ending.words_of(error))

    def open(self):
        """False when what a killed campaign left is a finding."""
        self.begin = time.monotonic()
        self.take_lock()
        self.examine_left_overs()
        return not self.result.findings

    def make_workers(self, folders):
        settings = self.settings
        engines = engines_of(settings.engine)
        count = max(len(engines), settings.workers)
        for i in range(count):
            worker = WORKERS[engines[i % len(engines)]]
            job = Job(
                name=f"{worker.engine}-{i}", folder=self.folder, seed=settings.seed + i,
                binary=self.tree.binary(settings.flavour, worker.target),
                seconds=max(1, round(settings.seconds)), seeds=folders, shares=count > 1,
                mutator=self.tree.mutator() if uses_afl(worker.engine) else None, lock=self.lock)
            self.workers.append(worker(job))

    def take_lock(self):
        """One campaign a folder. Workers hold the lock, too: none of a killed campaign is left when
        the next one has it."""
        path = self.folder / "lock"
        self.lock = locks.take_within(path, LOCK_WAIT_S)
        if self.lock is None:
            raise Unusable(f"another campaign runs in {relative(self.folder)}: "
                           f"{locks.holder_of(path)}")

    def release_lock(self):
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def examine_left_overs(self):
        """Findings of a campaign that was killed count as this one's."""
        failing, passing = [], []
        for artifact in rescue.take_in(self.folder):
            # An input in flight was most likely a harmless one; a saved crash is to be believed,
            # unless the target has been rebuilt since.
            doubtful = artifact.is_doubtful or \
                self.tool.stat().st_mtime > artifact.path.stat().st_mtime
            if not doubtful or findings.fails(self.tool, artifact):
                failing.append(("", artifact))
            else:
                passing.append(artifact)
        self.findings.examine(failing, left_over=True)
        self.is_over = bool(self.result.findings)
        # One file may hold what fails and what passes: nothing goes before a finding is settled.
        for artifact in [] if self.is_over else passing:
            self.dismiss_left_over(artifact)

    def dismiss_left_over(self, artifact):
        if artifact.is_lost and artifact.unread:
            raise Unusable(f"{artifact.unread}: what was saved there has to be examined first; "
                           "make it readable, or remove it")
        if artifact.is_lost:
            fate = "What had failed is lost" if artifact.content or artifact.is_cut \
                else "It is removed"
            self.result.remarks.append(f"{relative(artifact.path.parent)}: {artifact.words()}, and "
                                       f"no replay of it fails: no finding. {fate}")
            artifact.remove()
        else:
            rescue.keep_in_corpus(artifact, self.folder)

    def read_inputs(self):
        """The folders of seeds, as bytes; what was read, and what not, is remarked."""
        if self.settings.empty:
            self.evolved.discard()
            self.say_inputs("no seeds, and no evolved inputs")
            return []
        given = self.settings.corpus
        # With a mutant in the tree its own regression would be no find.
        names = ("seeds",) if self.tree.mutant else ("seeds", "regress")
        folders = list(map(Path, given or (ROOT / "corpus" / name for name in names)))
        found = seeds.gather(self.tool, folders, self.folder / "seeds")
        if given and not found.count:
            raise Unusable(f"no input in {', '.join(map(relative, folders))}: {found.words()}; "
                           "--empty begins with none")
        self.say_inputs(f"{found.words()}, {self.evolved.counts().words()}")
        return [found.folder]

    def say_inputs(self, words):
        self.result.inputs = f"{self.settings.flavour:7}  corpus: {words}"

    def poll(self):
        """True when the campaign is over. A crash ends it at once."""
        if self.is_over:
            return True
        now = time.monotonic()
        trouble, codes = self.disk_space.trouble_now_and_then(now), []
        try:
            codes = [self.code_of(worker) for worker in self.workers]
            self.update()
            self.trim(now)
        except OSError as error:
            trouble = trouble or self.disk_space.trouble() or ending.words_of(error)
        is_late = now - self.begin > self.settings.seconds + OVERTIME_S
        is_failed = any(code is not None and (code or worker.artifacts())
                        for worker, code in zip(self.workers, codes))
        if trouble or is_failed or is_late:
            self.end_early(trouble)
        elif all(code == 0 for code in codes):
            self.end_in_order()
        return self.is_over

    def code_of(self, worker):
        """A worker's exit code, or None while it runs, again perhaps."""
        code = worker.poll()
        if code is None or not self.dismiss_starved(worker) or worker.artifacts():
            return code
        left = self.settings.seconds - (time.monotonic() - self.begin)
        if left < 1:
            return 0
        worker.start_again(left)
        return None

    def dismiss_starved(self, worker):
        """Inputs that were too slow by the clock, or met a worker that had grown too large, and
        pass: they go to the corpus. True: some did."""
        passing = [artifact for artifact in worker.artifacts()
                   if artifact.kind in STARVED and not artifact.is_cut
                   and not findings.fails(self.tool, artifact)]
        for artifact in passing:
            rescue.keep_in_corpus(artifact, self.folder)
            what = f"an input took more than {RUN_TIMEOUT_S} s but" if artifact.kind == "timeout" \
                else f"it had more than {RSS_LIMIT_MB} MB when it ran an input, which"
            self.result.remarks.append(
                f"{worker.job.name}: {what} passes when it is replayed, so the worker was "
                "suspended or starved: no finding, it continues")
        return bool(passing)

    def trim(self, now):
        if now >= self.trim_at:
            self.trim_at = now + TRIM_S
            self.evolved.trim()

    def update(self):
        now = time.monotonic()
        progress = [worker.progress for worker in self.workers]
        result = self.result
        result.seconds = round(now - self.begin, 3)
        result.executions = sum(worker.executions(now) for worker in self.workers)
        result.new_inputs = sum(worker.new_inputs() for worker in self.workers)
        result.executions_per_second = round(result.executions / max(result.seconds, 0.001), 1)
        result.coverage = max((item.coverage for item in progress), default=0)
        result.corpus = max((item.corpus for item in progress), default=0)

    def begun(self):
        return [worker for worker in self.workers if worker.process is not None]

    def halt(self):
        """Ends the workers; the folder is still this campaign's. Returns those that died before."""
        died = [worker for worker in self.begun() if worker.has_died()]
        for worker in self.workers:
            worker.stop()
        for worker in self.begun():
            with contextlib.suppress(OSError):  # what it leaves is read all the same
                worker.poll()
        self.update()
        return died

    def finish(self):
        """Ends in the middle, in good order."""
        self.leave(self.halt())

    def end_early(self, trouble):
        """Something crashed, or the folder is full or gone, or a worker does not end. The failing
        input is where its engine has saved it, if that is whole, and in flight."""
        died = self.halt()
        trouble = trouble or self.disk_space.trouble()
        suspects = []
        for worker in self.begun():
            saved = worker.artifacts()
            known = [artifact.content for artifact in saved]
            suspects += [(worker.engine, artifact) for artifact in
                         saved + [one for one in worker.in_flight() if one.content not in known]]
        self.findings.examine(suspects)
        self.leave(died)
        why = self.why_unusable(died, trouble)
        if not self.result.findings:
            self.result.unusable = why
        elif trouble:
            self.result.remarks.append(why)

    def end_in_order(self):
        died = self.halt()
        idle = [f"{worker.job.name} ran no new input: its time went into "
                f"{worker.progress.executions:,} runs of known ones"
                for worker in self.begun() if not worker.new_inputs()]
        self.leave(died)
        self.result.unusable = self.why_unusable(died, self.disk_space.trouble())
        if not self.result.unusable:
            self.result.remarks += idle

    def leave(self, died):
        """The folder as the next campaign should find it. What was in flight in a worker that has
        died or crashed stays until it is settled."""
        self.is_over = True
        for worker in self.begun():
            with contextlib.suppress(OSError):
                worker.mend_corpus()
                if worker not in died and not worker.artifacts():
                    worker.slot.remove()
        with contextlib.suppress(OSError):
            self.unwritten = rescue.drop_cut_corpus_files(self.folder) \
                + sum(worker.unshared for worker in self.workers)
        self.release_lock()

    def why_unusable(self, died, trouble):
        """"" when nothing speaks against what it has found, or not found."""
        reasons = [trouble] if trouble else []
        if self.unwritten:
            entries = "entry" if self.unwritten == 1 else "entries"
            reasons.append(f"{self.unwritten:,} corpus {entries} could not be written")
        reasons += [f"{artifact.words()}, and nothing that it left fails when it is replayed: the "
                    "input that failed is lost" for artifact in self.findings.dismissed
                    if artifact.is_lost]
        reasons += [self.end_words(worker, with_log=not trouble) for worker in died]
        if not reasons and not self.result.new_inputs:
            reasons.append("no new input was run: all the time went into "
                           f"{self.result.executions:,} runs of seeds and of the corpus; it needs "
                           "more --seconds")
        return "; ".join(reasons)

    def end_words(self, worker, with_log):
        words = (f"{worker.job.name} ended with {processes.end_words(worker.process.returncode)} "
                 "and no input saved that fails")
        return words + (f"; its log ends:\n{worker.log_tail()}" if with_log else "")

    def stop(self):
        for worker in self.workers:
            worker.stop()
        self.release_lock()

    def merge(self, seconds, say=lambda _: None, always=False):
        """Prunes the evolved corpus, for at most `seconds`; when it is worth it, or `always`.
        Inputs that fail in it are findings."""
        if self.lock is None:
            self.take_lock()
        try:
            merge = Merge(self.tree.binary(self.settings.flavour, LibFuzzerWorker.target),
                          self.evolved, say)
            if always or merge.is_worth_it():
                merged = merge.run(seconds)
                self.examine_failing(merged)
                self.result.remarks.append(f"{self.settings.flavour:7}  merge: {merged.words()}")
        finally:
            self.release_lock()

    def examine_failing(self, merged):
        failing = []
        for path in merged.failing:
            artifact = Artifact(path, merged.run, merged.seconds)
            if findings.fails(self.tool, artifact):
                failing.append((MERGE, artifact))
            else:
                rescue.keep_in_corpus(artifact, self.folder)
        self.findings.examine(failing)

    def settle(self):
        """What has been reported, and is kept, need not be examined by the next campaign."""
        self.findings.settle()
        kept = [artifact.content for artifact in self.findings.settled]
        for worker in self.begun():
            with contextlib.suppress(OSError):
                if set(kept).intersection(worker.slot.read().contents()):
                    worker.slot.remove()
