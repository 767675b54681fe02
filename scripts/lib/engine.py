"""What a campaign asks of a fuzzing engine, and what its engines share.

A Worker is one engine's process (engine_libfuzzer.py, engine_afl.py):

    start()      begins in its own session; dies with the script that started it (processes.py)
    start_again() the same, after an end that meant nothing
    poll()       reads what is new; the exit code, or None while it runs
    progress     counts since the last start; executions(now) has those of all starts
    artifacts()  inputs that failed, whole files in folder/artifacts
    stop()       ends it and all that it started
    log_tail()   for the reader, when nothing else explains an end

In a campaign's folder: corpus/ is common to all workers, artifacts/ and logs/ have files named by
worker, in-flight/WORKER holds what the worker runs at this moment (fuzzers/targets/in_flight.h).
"""

import hashlib
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import files
import processes

INPUT_BYTES_MAX = 8192
# A run is at most some milliseconds; printing a sanitizer's report may take seconds.
RUN_TIMEOUT_S = 10
STOP_GRACE_S = 3
SEEDS_APART = 1000  # more than there are workers, which have consecutive ones

IN_FLIGHT_VARIABLE = "CONCERTINA_IN_FLIGHT"
IN_FLIGHT_HEADER_BYTES = 12
SHA1_NAME = re.compile(r"^[0-9a-f]{40}$")
# Artifacts that are findings; libFuzzer's slow-unit-* is only a remark.
ARTIFACT_KINDS = ("crash-", "timeout-", "oom-", "leak-")


def sha1(content):
    return hashlib.sha1(content).hexdigest()


def is_whole(path):
    """Engines name corpus files by their content's SHA-1. One with another content was cut off."""
    return not SHA1_NAME.match(path.name) or sha1(path.read_bytes()) == path.name


def write_input(path, content):
    """Into a campaign's corpus/ or artifacts/, where half of an input would be run, or examined."""
    files.write_whole(path, content, via=path.parent.parent)


@dataclass
class InFlight:
    runs: int = 0
    content: bytes = b""


def read_in_flight(path):
    """What fuzzers/targets/in_flight.cc wrote; of a file that is missing or no slot, nothing."""
    try:
        content = path.read_bytes()
    except OSError:
        return InFlight()
    size = int.from_bytes(content[8:IN_FLIGHT_HEADER_BYTES], "little")
    body = content[IN_FLIGHT_HEADER_BYTES:]
    is_whole = size <= len(body)
    return InFlight(int.from_bytes(content[:8], "little"), body[:size] if is_whole else b"")


@dataclass
class Artifact:
    """A failing input, and what it took to find it."""
    path: Path
    executions: int
    seconds: float


@dataclass
class Progress:
    """What is known of the counts; `estimate` carries the executions on at the average rate."""
    started_at: float = 0.0
    executions: int = 0
    coverage: int = 0
    features: int = 0
    corpus: int = 0
    is_final: bool = False
    seen_at: float = 0.0

    def estimate(self, now):
        if self.is_final or not self.seen_at:
            return self.executions
        rate = self.executions / max(self.seen_at - self.started_at, 0.5)
        return self.executions + int(rate * (now - self.seen_at))


@dataclass
class Job:
    """What a worker is to do. `seeds` are folders of inputs beside the common corpus."""
    name: str
    folder: Path
    binary: Path
    seed: int
    seconds: int
    seeds: list
    shares: bool = False  # other workers write to the corpus
    mutator: Path = None  # a module, for an engine that needs one
    lock: int = None  # an open file that is to stay open as long as the worker lives

    @property
    def corpus(self):
        return self.folder / "corpus"

    @property
    def in_flight(self):
        return self.folder / "in-flight" / self.name

    @property
    def artifacts(self):
        return self.folder / "artifacts"

    @property
    def log(self):
        return self.folder / "logs" / f"{self.name}.log"


class Worker:
    """Owns one process at a time, its log and the artifacts that carry its name."""

    def __init__(self, job):
        self.job = job
        for path in (job.corpus, job.artifacts, job.log.parent, job.in_flight.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.progress = Progress()
        self.executions_before = 0  # of earlier starts
        self.started_wall = 0.0
        self.process = None

    def start(self):
        self.job.log.write_bytes(b"")
        self.started_wall = time.time()
        self.set_out()

    def start_again(self, seconds):
        """For the time that is left. Another seed, or it would do the same again."""
        self.executions_before = self.executions(time.monotonic())
        self.job.seconds = max(1, round(seconds))
        self.job.seed += SEEDS_APART
        self.set_out()

    def set_out(self):
        self.job.in_flight.unlink(missing_ok=True)
        self.progress = Progress(started_at=time.monotonic())
        self.begin()

    def executions(self, now):
        return self.executions_before + self.progress.estimate(now)

    def launch(self, command, cwd, env=()):
        pass_fds = () if self.job.lock is None else (self.job.lock,)
        with open(self.job.log, "ab") as log:
            self.process = processes.Process(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=cwd, pass_fds=pass_fds,
                env={**os.environ, IN_FLIGHT_VARIABLE: str(self.job.in_flight), **dict(env)})

    def artifact_paths(self):
        prefix = f"{self.job.name}-"
        return [path for path in files.regular_files(self.job.artifacts, prefix + "*")
                if path.name[len(prefix):].startswith(ARTIFACT_KINDS)]

    def forget_in_flight(self):
        """After an end in good order nothing is in flight; but SIGTERM, too, may have come while
        the engine wrote a corpus file."""
        content = read_in_flight(self.job.in_flight).content
        entry = self.job.corpus / sha1(content)
        if content and entry.is_file() and entry.read_bytes() != content:
            write_input(entry, content)
        self.job.in_flight.unlink(missing_ok=True)

    def stop(self):
        """SIGTERM to the whole session; libFuzzer may swallow it, so SIGKILL follows."""
        if self.process is None or self.process.poll() is not None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=STOP_GRACE_S)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        self.process.end()

    def log_tail(self, count=30):
        lines = self.job.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])
