"""libFuzzer: one process a worker, whose log is its progress."""

import re
import time

from engine import INPUT_BYTES_MAX, RUN_TIMEOUT_S, Worker

RSS_LIMIT_MB = 3072

PROGRESS = re.compile(r"^#(\d+)\s+[A-Za-z]+")
FIELDS = {
    "coverage": re.compile(r"\bcov: (\d+)"),
    "features": re.compile(r"\bft: (\d+)"),
    "corpus": re.compile(r"\bcorp: (\d+)/"),
}
LOADED = re.compile(r"^#\d+\s+INITED\b")
FINAL = re.compile(r"^stat::number_of_executed_units:\s*(\d+)")


def read_line(progress, line, now):
    """libFuzzer prints only when it finds something and at powers of two. (Its own exec/s divides
    by whole seconds, which is far too high in the first few.)"""
    final = FINAL.match(line)
    if final:
        progress.executions = int(final.group(1))
        progress.is_final = True
        return
    match = PROGRESS.match(line)
    if not match:
        return
    progress.executions = int(match.group(1))
    progress.seen_at = now
    if LOADED.match(line):
        progress.loaded = progress.executions
    for name, pattern in FIELDS.items():
        found = pattern.search(line)
        if found:
            setattr(progress, name, int(found.group(1)))


class LibFuzzerWorker(Worker):
    engine = "libfuzzer"
    target = "fuzz_sim"

    def __init__(self, job):
        super().__init__(job)
        self.offset = 0
        self.partial = ""

    def command(self):
        job = self.job
        return [
            job.binary, f"-seed={job.seed}", f"-max_total_time={job.seconds}",
            "-print_final_stats=1", f"-artifact_prefix={job.artifacts}/{job.name}-",
            f"-max_len={INPUT_BYTES_MAX}", "-len_control=0", f"-timeout={RUN_TIMEOUT_S}",
            f"-rss_limit_mb={RSS_LIMIT_MB}", f"-reload={1 if job.shares else 0}",
            "-detect_leaks=0", job.corpus, *job.seeds]

    def begin(self):
        self.launch(self.command(), cwd=self.job.folder)

    def poll(self):
        code = self.process.poll()
        more = self.read_log(self.offset)
        self.offset += len(more)
        text = self.partial + more.decode(errors="replace")
        lines = text.split("\n")
        self.partial = lines.pop()
        now = time.monotonic()
        for line in lines:
            read_line(self.progress, line, now)
        return code

    def took(self, path):
        """Executions, and seconds until it was saved."""
        try:
            saved_at = path.stat().st_mtime
        except OSError:  # its folder is being removed
            saved_at = time.time()
        return (self.executions_before + self.progress.executions,
                max(0.0, saved_at - self.started_wall))
