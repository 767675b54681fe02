"""A fuzz campaign: some workers, of one engine or of several, until the time is up or one crashes.

A crash is believed only when the `concertina` tool repeats it in a child process of its own; then it
is kept as a .case file whose header says what must be seen.

A campaign may be killed at any moment. The next one in the same folder first examines what that one
left (rescue.py), and ends at once with what still fails. An artifact is removed only by settle(),
when what it showed has been reported.

Engines time a run by the clock on the wall. What they save as too slow is a finding only when the tool,
which goes by processor time, says so, too: else the worker was suspended or starved, and goes on.
"""

import fcntl
import hashlib
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import concertina
import rescue
import seeds
from common import ROOT, Unusable, cores, relative, slug
from engine import RUN_TIMEOUT_S, Artifact, Job
from engine_libfuzzer import LibFuzzerWorker
from engines import WORKERS, engines_of, uses_afl
from evolved import Evolved
from merging import Merge

CONFIRM_TIMES = 3
# A worker ends by itself when its time is up; after this it has hung.
OVERTIME_S = 10
# The workers of a killed campaign die with it, but not in the same instant.
LOCK_WAIT_S = 5
MERGE = "the merge"  # as one that finds, beside the engines
# How often the evolved corpus is trimmed while it grows.
TRIM_S = 30


@dataclass
class Finding:
    signature: str
    oracle: str
    case: str
    executions: int
    seconds: float
    confirmed: bool = True
    engine: str = ""
    left_over: bool = False  # by a campaign that was killed
    minimised: str = ""  # its minimised case, once there is one


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
    executions_per_second: float = 0.0
    coverage: int = 0
    corpus: int = 0
    findings: list = field(default_factory=list)
    inputs: str = ""  # what it began with, a line for the reader
    remarks: list = field(default_factory=list)  # lines for the reader

    def as_dict(self):
        return asdict(self)


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
        self.workers = []
        self.examined = []  # artifacts that the result speaks of
        self.lock = None
        self.begin = 0.0
        self.trim_at = 0.0

    def start(self):
        if not self.open():
            return
        self.make_workers(self.read_inputs())
        self.begin = time.monotonic()
        self.trim_at = self.begin + TRIM_S
        for worker in self.workers:
            worker.start()

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
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self.release_lock()
                    raise Unusable(f"another campaign runs in {relative(self.folder)}") from None
                time.sleep(0.05)

    def release_lock(self):
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def examine_left_overs(self):
        """Findings of a campaign that was killed count as this one's."""
        failing = []
        for path in rescue.take_in(self.folder):
            # An input in flight was most likely a harmless one; a saved crash is to be believed,
            # unless the target has been built anew since.
            doubtful = (rescue.is_in_flight(path) or rescue.is_timeout(path)
                        or self.is_rebuilt_since(path))
            if not doubtful or concertina.replay(self.tool, path, as_bytes=True)["failures"]:
                failing.append(Artifact(path, 0, 0.0))
            else:
                rescue.keep_in_corpus(path, self.folder)
        if failing:
            self.keep_findings([("", artifact) for artifact in failing], left_over=True)

    def is_rebuilt_since(self, path):
        return self.tool.stat().st_mtime > path.stat().st_mtime

    def default_folders(self):
        """With a mutant in the tree its own regression would be no find."""
        names = ("seeds",) if self.tree.mutant else ("seeds", "regress")
        return [ROOT / "corpus" / name for name in names]

    def read_inputs(self):
        """The folders of seeds, as bytes; what was read, and what not, is remarked."""
        if self.settings.empty:
            self.evolved.discard()
            self.say_inputs("no seeds, and no evolved inputs")
            return []
        given = self.settings.corpus
        folders = [Path(folder) for folder in given] if given else self.default_folders()
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
        if self.result.findings:
            return True
        codes = [self.code_of(worker) for worker in self.workers]
        self.update()
        if any(code is not None and worker.artifacts()
               for worker, code in zip(self.workers, codes)):
            self.finish()
            self.keep_findings([(worker.engine, artifact) for worker in self.workers
                                for artifact in worker.artifacts()])
            return True
        for worker, code in zip(self.workers, codes):
            if code not in (None, 0):
                self.stop()
                raise Unusable(f"{worker.job.name} ended with exit code {code} and no input saved; "
                               f"its log ends:\n{worker.log_tail()}")
        late = time.monotonic() - self.begin > self.settings.seconds + OVERTIME_S
        if late or all(code == 0 for code in codes):
            self.finish()
            return True
        return False

    def code_of(self, worker):
        """A worker's exit code, or None while it runs, again perhaps."""
        code = worker.poll()
        if code is None or not self.dismiss_timeouts(worker) or worker.artifacts():
            return code
        left = self.settings.seconds - (time.monotonic() - self.begin)
        if left < 1:
            return 0
        worker.start_again(left)
        return None

    def dismiss_timeouts(self, worker):
        """Inputs that were too slow by the clock, and pass: they go to the corpus. True: some did."""
        passing = [artifact.path for artifact in worker.artifacts()
                   if rescue.is_timeout(artifact.path)
                   and not concertina.replay(self.tool, artifact.path, as_bytes=True)["failures"]]
        for path in passing:
            rescue.keep_in_corpus(path, self.folder)
            self.result.remarks.append(
                f"{worker.job.name}: an input took more than {RUN_TIMEOUT_S} s but passes when it is "
                "replayed, so the worker was suspended or starved: no finding, it goes on")
        return bool(passing)

    def update(self):
        now = time.monotonic()
        if now >= self.trim_at:
            self.trim_at = now + TRIM_S
            self.evolved.trim()
        progress = [worker.progress for worker in self.workers]
        result = self.result
        result.seconds = round(now - self.begin, 3)
        result.executions = sum(worker.executions(now) for worker in self.workers)
        result.executions_per_second = round(result.executions / max(result.seconds, 0.001), 1)
        result.coverage = max((item.coverage for item in progress), default=0)
        result.corpus = max((item.corpus for item in progress), default=0)

    def finish(self):
        self.stop()
        begun = [worker for worker in self.workers if worker.process is not None]
        for worker in begun:
            worker.poll()
        self.update()
        for worker in begun:
            worker.forget_in_flight()

    def stop(self):
        for worker in self.workers:
            worker.stop()
        self.release_lock()

    def merge(self, seconds, say=lambda _: None, always=False):
        """Prunes the evolved corpus, for at most so long; when it is worth it, or `always`. What
        fails in that is a finding."""
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
            if concertina.replay(self.tool, path)["failures"]:
                failing.append((MERGE, Artifact(path, merged.run, merged.seconds)))
            else:
                rescue.keep_in_corpus(path, self.folder)
        self.keep_findings(failing)

    def settle(self):
        """What has been reported need not be examined by the next campaign."""
        for artifact in self.examined:
            artifact.unlink(missing_ok=True)

    def keep_findings(self, artifacts, left_over=False):
        """One case a signature: of workers that met the same bug at once, the smaller input."""
        seen = set()
        for engine, artifact in sorted(artifacts, key=lambda item: item[1].path.stat().st_size):
            answer = concertina.replay(self.tool, artifact.path, CONFIRM_TIMES, as_bytes=True)
            self.examined.append(artifact.path)
            if answer["signature"] not in seen:
                finding = self.keep(artifact, answer)
                finding.engine, finding.left_over = engine, left_over
                self.result.findings.append(finding)
            seen.add(answer["signature"])

    def keep(self, artifact, answer):
        confirmed = answer["failures"] == CONFIRM_TIMES and answer["agree"]
        signature = answer["signature"] if answer["failures"] else "unconfirmed"
        digest = hashlib.sha1(artifact.path.read_bytes()).hexdigest()[:10]
        path = self.findings_folder() / f"{slug(signature)}-{digest}.case"
        path.parent.mkdir(parents=True, exist_ok=True)
        died = answer.get("died", True)
        header = {
            "title": f"found by fuzz_sim: {signature}",
            "bug": self.tree.mutant,
            "oracle": answer["oracle"],
            # What only a sanitizer's report shows needs that flavour; the oracles work in all.
            "flavour": self.settings.flavour if died else "any",
            "expect": "fail" if answer["failures"] else "pass",
        }
        concertina.write_text(self.tool, artifact.path, path, header, as_bytes=True)
        return Finding(signature, answer["oracle"], str(path), artifact.executions,
                       round(artifact.seconds, 3), confirmed)

    def findings_folder(self):
        return self.base.parent / "findings" if self.settings.folder is None \
            else self.base / "findings"
