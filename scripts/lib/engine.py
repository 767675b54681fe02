"""One libFuzzer process: how it is started, what its log says, how it is stopped."""

import ctypes
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

INPUT_BYTES_MAX = 8192
# A run is at most some milliseconds; printing a sanitizer's report may take seconds.
RUN_TIMEOUT_S = 10
RSS_LIMIT_MB = 3072
STOP_GRACE_S = 3

PROGRESS = re.compile(r"^#(\d+)\s+[A-Za-z]+")
FIELDS = {
    "coverage": re.compile(r"\bcov: (\d+)"),
    "features": re.compile(r"\bft: (\d+)"),
    "corpus": re.compile(r"\bcorp: (\d+)/"),
}
FINAL = re.compile(r"^stat::number_of_executed_units:\s*(\d+)")
# Artifacts that are findings; slow-unit-* is only a remark.
ARTIFACT_KINDS = ("crash-", "timeout-", "oom-", "leak-")


@dataclass
class Progress:
    """What the log said last. libFuzzer prints only when it finds something and at powers of two,
    so `estimate` carries the count on at the average rate. (Its own exec/s divides by whole seconds,
    which is far too high in the first few.)"""
    started_at: float = 0.0
    executions: int = 0
    coverage: int = 0
    features: int = 0
    corpus: int = 0
    is_final: bool = False
    seen_at: float = 0.0

    def read_line(self, line, now):
        final = FINAL.match(line)
        if final:
            self.executions = int(final.group(1))
            self.is_final = True
            return
        match = PROGRESS.match(line)
        if not match:
            return
        self.executions = int(match.group(1))
        self.seen_at = now
        for name, pattern in FIELDS.items():
            found = pattern.search(line)
            if found:
                setattr(self, name, int(found.group(1)))

    def estimate(self, now):
        if self.is_final or not self.seen_at:
            return self.executions
        rate = self.executions / max(self.seen_at - self.started_at, 0.5)
        return self.executions + int(rate * (now - self.seen_at))


def die_with_parent():
    """Runs in the new process: a killed script must leave no fuzzer behind."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Worker:
    """Owns one process, its log and its artifacts (those that carry its prefix)."""

    def __init__(self, binary, name, seed, folder, seconds, corpus, seeds, reload):
        self.folder = Path(folder)
        self.prefix = f"{name}-"
        self.artifacts_folder = self.folder / "artifacts"
        self.log_path = self.folder / "logs" / f"{name}.log"
        for path in (self.artifacts_folder, self.log_path.parent, Path(corpus)):
            path.mkdir(parents=True, exist_ok=True)
        for old in self.artifacts_folder.glob(self.prefix + "*"):
            old.unlink()
        self.command = [
            str(binary), f"-seed={seed}", f"-max_total_time={seconds}", "-print_final_stats=1",
            f"-artifact_prefix={self.artifacts_folder}/{self.prefix}",
            f"-max_len={INPUT_BYTES_MAX}", "-len_control=0", f"-timeout={RUN_TIMEOUT_S}",
            f"-rss_limit_mb={RSS_LIMIT_MB}", f"-reload={1 if reload else 0}", "-detect_leaks=0",
            str(corpus), *map(str, seeds)]
        self.progress = Progress()
        self.offset = 0
        self.partial = ""
        self.process = None

    def start(self):
        self.progress.started_at = time.monotonic()
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent, cwd=self.folder)

    def poll(self):
        """Reads what is new in the log; the exit code, or None while running."""
        code = self.process.poll()
        with open(self.log_path, "r", errors="replace") as log:
            log.seek(self.offset)
            text = self.partial + log.read()
            self.offset = log.tell()
        lines = text.split("\n")
        self.partial = lines.pop()
        now = time.monotonic()
        for line in lines:
            self.progress.read_line(line, now)
        return code

    def artifacts(self):
        return sorted(path for path in self.artifacts_folder.glob(self.prefix + "*")
                      if path.name[len(self.prefix):].startswith(ARTIFACT_KINDS))

    def stop(self):
        """libFuzzer may swallow SIGTERM, so SIGKILL follows; both to the whole session."""
        if self.process is None or self.process.poll() is not None:
            return
        for sign, grace in ((signal.SIGTERM, STOP_GRACE_S), (signal.SIGKILL, STOP_GRACE_S)):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(timeout=grace)
                return
            except ProcessLookupError:
                self.process.wait()
                return
            except subprocess.TimeoutExpired:
                continue

    def log_tail(self, count=30):
        lines = self.log_path.read_text(errors="replace").splitlines()
        return "\n".join(lines[-count:])
