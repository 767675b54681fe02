"""A fuzz campaign: some workers on one binary until the time is up or one of them crashes.

A crash is believed only when the `concertina` tool repeats it in a child process of its own; then it
is kept as a .case file whose header says what must be seen.
"""

import hashlib
import json
import shutil
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from common import ROOT, Unusable, call, cores, relative, slug
from engine import RUN_TIMEOUT_S, Worker

CONFIRM_TIMES = 3
# A worker ends by itself when its time is up; after this it has hung.
OVERTIME_S = 10


@dataclass
class Finding:
    signature: str
    oracle: str
    case: str
    executions: int
    seconds: float
    confirmed: bool = True


@dataclass
class Settings:
    flavour: str
    seconds: float
    workers: int = field(default_factory=cores)
    seed: int = 1
    corpus: list = None  # folders; None: corpus/seeds and corpus/regress
    empty: bool = False  # no seeds and no earlier corpus
    folder: Path = None  # where corpus, logs, artifacts and findings go


@dataclass
class Result:
    flavour: str
    seconds: float = 0.0
    executions: int = 0
    executions_per_second: float = 0.0
    coverage: int = 0
    corpus: int = 0
    findings: list = field(default_factory=list)

    def as_dict(self):
        return asdict(self)


def replay_json(tool, path, times=1, timeout_s=RUN_TIMEOUT_S, env=None, limit_s=600):
    """What the tool says of an input; raises Unusable when it says nothing."""
    command = [tool, "replay", "--json", "--times", times, "--timeout", timeout_s, path]
    try:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                                errors="replace", check=False, env=env, timeout=limit_s)
        return json.loads(result.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise Unusable(f"cannot replay {path}: {result.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"cannot replay {path}: no answer within {limit_s} s") from error


class Campaign:
    """start(), then poll() until it returns True, then `result`. stop() at any time."""

    def __init__(self, tree, settings):
        self.tree = tree
        self.settings = settings
        self.folder = Path(settings.folder or tree.fuzz_folder(settings.flavour))
        self.binary = tree.binary(settings.flavour, "fuzz_sim")
        self.tool = tree.tool(settings.flavour)
        self.result = Result(settings.flavour)
        self.workers = []
        self.begin = 0.0

    def start(self):
        corpus = self.folder / "corpus"
        if self.settings.empty:
            shutil.rmtree(corpus, ignore_errors=True)
        seeds = [] if self.settings.empty else self.seed_folders()
        count = max(1, self.settings.workers)
        for i in range(count):
            self.workers.append(Worker(
                self.binary, f"worker-{i}", self.settings.seed + i, self.folder,
                max(1, round(self.settings.seconds)), corpus, seeds, reload=count > 1))
        self.begin = time.monotonic()
        self.begin_wall = time.time()
        for worker in self.workers:
            worker.start()

    def seed_folders(self):
        """Seed folders as bytes: case files are converted, other files are taken as they are."""
        given = self.settings.corpus
        folders = [Path(folder) for folder in given] if given else \
            [ROOT / "corpus" / "seeds", ROOT / "corpus" / "regress"]
        result = []
        for i, folder in enumerate(folders):
            if not folder.is_dir():
                if given:
                    raise Unusable(f"no corpus folder {folder}")
                continue
            cases = sorted(folder.glob("*.case"))
            if cases:
                converted = self.folder / "seeds" / str(i)
                shutil.rmtree(converted, ignore_errors=True)
                converted.mkdir(parents=True)
                call([self.tool, "show", "--as", "bytes", "-o", converted, *cases],
                     f"reading the cases in {relative(folder)}")
                result.append(converted)
            if any(path.is_file() and path.suffix != ".case" for path in folder.iterdir()) \
                    and not cases:
                result.append(folder)
        return result

    def poll(self):
        """True when the campaign is over. A crash ends it at once."""
        codes = [worker.poll() for worker in self.workers]
        self.update()
        crashed = [worker for worker, code in zip(self.workers, codes)
                   if worker.artifacts() and code is not None]
        if crashed:
            self.finish()
            self.keep_findings(crashed)
            return True
        for worker, code in zip(self.workers, codes):
            if code not in (None, 0):
                self.stop()
                raise Unusable(f"{' '.join(worker.command[:1])} ended with exit code {code} and "
                               f"no input saved; its log ends:\n{worker.log_tail()}")
        late = time.monotonic() - self.begin > self.settings.seconds + OVERTIME_S
        if late or all(code == 0 for code in codes):
            self.finish()
            return True
        return False

    def update(self):
        now = time.monotonic()
        progress = [worker.progress for worker in self.workers]
        result = self.result
        result.seconds = round(now - self.begin, 3)
        result.executions = sum(item.estimate(now) for item in progress)
        result.executions_per_second = round(result.executions / max(result.seconds, 0.001), 1)
        result.coverage = max(item.coverage for item in progress)
        result.corpus = max(item.corpus for item in progress)

    def finish(self):
        self.stop()
        for worker in self.workers:
            worker.poll()
        self.update()

    def stop(self):
        for worker in self.workers:
            worker.stop()

    def keep_findings(self, crashed):
        """One case a signature: of workers that met the same bug at once, the smaller input."""
        artifacts = [worker.artifacts()[0] for worker in crashed]
        seen = set()
        for artifact in sorted(artifacts, key=lambda path: path.stat().st_size):
            seconds = max(0.0, artifact.stat().st_mtime - self.begin_wall)
            answer = replay_json(self.tool, artifact, CONFIRM_TIMES)
            if answer["signature"] not in seen:
                self.result.findings.append(self.keep(artifact, answer, round(seconds, 3)))
            seen.add(answer["signature"])

    def keep(self, artifact, answer, seconds):
        confirmed = answer["failures"] == CONFIRM_TIMES and answer["agree"]
        signature = answer["signature"] if answer["failures"] else "unconfirmed"
        digest = hashlib.sha1(artifact.read_bytes()).hexdigest()[:10]
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
        assignments = [part for key, value in header.items() for part in ("--set", f"{key}={value}")]
        call([self.tool, "show", "--as", "text", *assignments, "-o", path, artifact],
             "writing the case")
        return Finding(signature, answer["oracle"], str(path), self.result.executions, seconds,
                       confirmed)

    def findings_folder(self):
        return self.folder.parent / "findings" if self.settings.folder is None \
            else self.folder / "findings"
