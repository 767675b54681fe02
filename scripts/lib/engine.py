"""What a campaign asks of a fuzzing engine, and what its engines share.

A Worker is one engine's process (engine_libfuzzer.py, engine_afl.py):

    start()      begins in its own session; dies with the script that started it (processes.py)
    start_again() the same, after an end that meant nothing
    poll()       reads what is new; the exit code, or None while it runs
    progress     counts since the last start; executions(now) has those of all starts
    artifacts()  inputs that failed, in memory (artifacts.py)
    stop()       ends it and all that it started
    log_tail()   for the reader, when nothing else explains an end

In a campaign's folder: corpus/ is common to all workers, artifacts/ and logs/ have files named by
worker, in-flight/WORKER holds what the worker runs at this moment (fuzzers/targets/in_flight.h). A
campaign keeps reading logs and slots when their folder is gone.
"""

import contextlib
import os
import signal
import struct
import subprocess
import time
import weakref
from dataclasses import dataclass
from pathlib import Path

import files
import processes
from artifacts import IN_FLIGHT, Artifact, sha1
from common import Unusable, relative

INPUT_BYTES_MAX = 8192
# A run is at most some milliseconds; printing a sanitizer's report may take seconds.
RUN_TIMEOUT_S = 10
STOP_GRACE_S = 3
SEEDS_APART = 1000  # more than there are workers, which have consecutive ones

IN_FLIGHT_VARIABLE = "CONCERTINA_IN_FLIGHT"
IN_FLIGHT_HEADER_BYTES = 20
IN_FLIGHT_INPUT_BYTES = 1 << 14  # in_flight.h has the same
IN_FLIGHT_BYTES = IN_FLIGHT_HEADER_BYTES + 2 * IN_FLIGHT_INPUT_BYTES
READ_AT_ONCE = 1 << 20
# Artifacts that are findings; libFuzzer's slow-unit-* is only a remark.
ARTIFACT_KINDS = ("crash-", "timeout-", "oom-", "leak-")


def write_input(path, content):
    """Into a campaign's corpus/ or artifacts/, where half of an input would be run, or examined."""
    files.write_whole(path, content, via=path.parent.parent)


@dataclass
class InFlight:
    runs: int = 0
    content: bytes = b""  # of the last input
    killer: bytes = b""  # in whose run a process died, before another one began

    def contents(self):
        return [content for content in dict.fromkeys((self.killer, self.content)) if content]


def slot_of(content):
    """What fuzzers/targets/in_flight.cc wrote; of what is no slot, nothing."""
    runs, size, _, killer_size = struct.unpack(
        "<QIII", content[:IN_FLIGHT_HEADER_BYTES].ljust(IN_FLIGHT_HEADER_BYTES, b"\0"))

    def piece(begin, count):
        found = content[begin:begin + count]
        return found if len(found) == count <= IN_FLIGHT_INPUT_BYTES else b""
    return InFlight(runs, piece(IN_FLIGHT_HEADER_BYTES, size),
                    piece(IN_FLIGHT_HEADER_BYTES + IN_FLIGHT_INPUT_BYTES, killer_size))


class Reader:
    """Reads a file that it has made, when that has no name any more, too."""

    def __init__(self, path):
        path.unlink(missing_ok=True)
        self.path = path
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self.close = weakref.finalize(self, os.close, self.file)  # once

    def read(self, offset=0):
        content = b""
        while self.close.alive:
            more = os.pread(self.file, READ_AT_ONCE, offset + len(content))
            content += more
            if not more:
                break
        return content

    def remove(self):
        """The name, if it is still that of this file: another campaign may have made one."""
        with contextlib.suppress(FileNotFoundError):
            if self.close.alive and os.path.samestat(os.stat(self.path), os.fstat(self.file)):
                self.path.unlink()
        self.close()


class Slot:
    """The file of a worker's input in flight, with room for the largest: a disk that fills up later
    costs no input."""

    def __init__(self, path):
        self.path = path
        self.file = None

    def make(self):
        self.file = Reader(self.path)
        try:
            os.posix_fallocate(self.file.file, 0, IN_FLIGHT_BYTES)
        except OSError as error:
            self.remove()
            raise Unusable(f"{relative(self.path)}: {error.strerror}: an input in flight needs "
                           f"{IN_FLIGHT_BYTES:,} bytes there, or it might be lost") from error

    def read(self):
        return slot_of(self.file.read()) if self.file else InFlight()

    def remove(self):
        if self.file:
            self.file.remove()


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
    loaded: int = None  # runs when all seeds had been run, and new inputs began; None: not yet

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

    def __post_init__(self):
        self.corpus = self.folder / "corpus"
        self.in_flight = self.folder / "in-flight" / self.name
        self.artifacts = self.folder / "artifacts"
        self.log = self.folder / "logs" / f"{self.name}.log"


class Worker:
    """Owns one process at a time, its log and the artifacts that carry its name."""

    def __init__(self, job):
        self.job = job
        for path in (job.corpus, job.artifacts, job.log.parent, job.in_flight.parent):
            path.mkdir(parents=True, exist_ok=True)
        self.progress = Progress()
        self.executions_before = 0  # of earlier starts
        self.new_before = 0  # of them, of new inputs
        self.started_wall = 0.0
        self.process = None
        self.is_stopped = False  # by us, in good order
        self.slot = Slot(job.in_flight)
        self.log = None
        self.unshared = 0  # what it found and could not copy into the corpus

    def start(self):
        self.log = Reader(self.job.log)
        self.started_wall = time.time()
        self.set_out()

    def start_again(self, seconds):
        """For the time that is left. Another seed, or it would do the same again."""
        self.executions_before = self.executions(time.monotonic())
        self.new_before = self.new_inputs()
        self.job.seconds = max(1, round(seconds))
        self.job.seed += SEEDS_APART
        self.set_out()

    def set_out(self):
        self.slot.make()
        self.progress = Progress(started_at=time.monotonic())
        self.is_stopped = False
        self.begin()

    def executions(self, now):
        return self.executions_before + self.progress.estimate(now)

    def new_inputs(self):
        """How many were run that were not known before; counted, not estimated."""
        loaded = self.progress.loaded
        return self.new_before + (0 if loaded is None else max(0, self.slot.read().runs - loaded))

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

    def artifacts(self):
        """What its engine saved; `took` says what each took to find."""
        slot = self.slot.read().contents()
        return [Artifact(path, *self.took(path)).mended(slot) for path in self.artifact_paths()]

    def in_flight(self):
        """What it was running when it died, and what one of its processes died of."""
        slot = self.slot.read()
        return [Artifact(self.job.in_flight, self.executions_before + slot.runs,
                         time.time() - self.started_wall, content, IN_FLIGHT)
                for content in slot.contents()]

    def mend_corpus(self):
        """SIGTERM may have come while the engine wrote a corpus file."""
        content = self.slot.read().content
        entry = self.job.corpus / sha1(content)
        if content and entry.is_file() and entry.read_bytes() != content:
            write_input(entry, content)

    def has_died(self):
        return self.process is not None and not self.is_stopped \
            and self.process.poll() not in (None, 0)

    def stop(self):
        """SIGTERM to the whole session; libFuzzer may swallow it, so SIGKILL follows."""
        if self.process is None or self.process.poll() is not None:
            return
        self.is_stopped = True
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=STOP_GRACE_S)
        self.process.end()

    def read_log(self, offset=0):
        """What it says from there on, as bytes."""
        return self.log.read(offset) if self.log else b""

    def log_tail(self, count=30):
        return "\n".join(self.read_log().decode(errors="replace").splitlines()[-count:])
