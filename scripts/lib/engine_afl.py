"""AFL++: one afl-fuzz a worker, in three steps.

1. The target runs all seeds itself: afl-fuzz would skip one that crashes, without saying which.
2. afl-fuzz begins with the seeds and the common corpus, and fuzzes in a folder of its own.
3. Its queue is copied into the common corpus, where all workers look, by SHA-1 (afl-fuzz's names
   have colons in them). Its crashes and hangs are read where they are.

afl-fuzz reads the common corpus as a foreign queue (-F), every half minute at best. Its folder is
not resumed: a killed campaign's is taken in by rescue.py and the next afl-fuzz begins with the
corpus, which then holds the same inputs, so that a damaged folder cannot stop it.
"""

import ctypes
import os
import re
import shutil
import time

import files
from artifacts import Artifact, sha1
from common import Unusable, batches
from engine import INPUT_BYTES_MAX, RUN_TIMEOUT_S, Worker, write_input

# AFL++'s driver runs these bytes before the first input of each process; they are also the seed
# when there is no other, which afl-fuzz must have.
FIRST_INPUT = b"##SI"
SHARE_S = 1.0
# Arguments of one run of the target: the kernel takes two megabytes.
SEEDS_A_RUN = 10000
FOUND_AFTER = re.compile(r",time:(\d+),execs:(\d+)")
# What afl-fuzz says when it has run what it began with, and new inputs begin.
LOADED = b"All set and ready to roll"
STATISTIC = re.compile(r"^(\w+)\s*:\s*(\d+)", re.MULTILINE)
SANITIZER_OPTIONS = "abort_on_error=1:symbolize=0"
ENVIRONMENT = {
    "AFL_NO_UI": "1", "TERM": "dumb",
    "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",  # a core_pattern is no reason to refuse
    "AFL_IGNORE_PROBLEMS": "1", "AFL_NO_CRASH_README": "1",
    "AFL_CUSTOM_MUTATOR_ONLY": "1", "AFL_DISABLE_TRIM": "1",
    "AFL_FAST_CAL": "1",  # every run of an input is the same here
    "AFL_SYNC_TIME": "1", "AFL_BENCH_UNTIL_CRASH": "1",
    "AFL_HANG_TMOUT": str(RUN_TIMEOUT_S * 1000),
    "AFL_FORKSRV_INIT_TMOUT": "30000",
    # A finding must be a signal: an exit code is no crash for afl-fuzz, which reads these, too, and
    # refuses others. (The target has them of itself: sanitizers/options/environment_options.cc.)
    "ASAN_OPTIONS": SANITIZER_OPTIONS, "UBSAN_OPTIONS": SANITIZER_OPTIONS,
    "TSAN_OPTIONS": "halt_on_error=1:" + SANITIZER_OPTIONS,
}


def queue_entries(out):
    """What afl-fuzz found itself, oldest first; seeds and what it took from others are known."""
    return sorted(path for path in out.glob("*/queue/id:*")
                  if ",orig:" not in path.name and ",sync:" not in path.name)


def copy_to_corpus(path, corpus):
    content = path.read_bytes()
    if not content:
        return
    target = corpus / sha1(content)
    if not target.exists():
        write_input(target, content)


def saved(out, before=0, seconds=0.0):
    """Its crashes and hangs. What came before it in the campaign is added to what each took."""
    found = []
    for kind, pattern in (("crash", "*/crashes/id:*"), ("timeout", "*/hangs/id:*")):
        for path in files.regular_files(out, pattern):
            took = FOUND_AFTER.search(path.name)
            time_ms, executions = map(int, took.groups()) if took else (0, 0)
            found.append(Artifact(path, before + executions, seconds + time_ms / 1000, kind=kind))
    return found


def free_segments(pid):
    """Removes the shared memory that a dead afl-fuzz made and no process uses. (Mostly the target
    has marked it already, see afl_process.cc; this is for one killed before the target was
    there.)"""
    remove = 0
    try:
        with open("/proc/sysvipc/shm", encoding="ascii") as table:
            names = table.readline().split()
            segments = [dict(zip(names, map(int, line.split()))) for line in table]
    except OSError:
        return
    for segment in segments:
        if segment["cpid"] == pid and segment["nattch"] == 0 and segment["uid"] == os.getuid():
            ctypes.CDLL(None).shmctl(segment["shmid"], remove, None)


class AflWorker(Worker):
    engine = "afl"
    target = "fuzz_sim_afl"

    def __init__(self, job):
        super().__init__(job)
        self.folder = job.folder / "afl" / job.name
        self.inputs = self.folder / "in"
        self.out = self.folder / "out"
        self.forget()

    def forget(self):
        """What an earlier start has come to."""
        self.log_read = len(self.read_log())
        self.seeds_saved = []  # artifacts
        self.seed_runs = []  # steps still to come: names
        self.seeds_done = 0
        self.is_fuzzing = False
        self.started_fuzzing = 0.0
        self.in_flight_seen = (0, 0.0)
        self.shared = set()
        self.share_at = 0.0

    def command(self):
        return ["afl-fuzz", "-M", self.job.name, "-s", self.job.seed, "-t", RUN_TIMEOUT_S * 1000,
                "-G", INPUT_BYTES_MAX, "-i", self.inputs, "-o", self.out, "-F", self.job.corpus]

    def begin(self):
        self.forget()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.inputs.mkdir(parents=True)
        self.gather_seeds()
        self.seed_runs = batches(sorted(path.name for path in self.inputs.iterdir()), SEEDS_A_RUN)
        self.run_seeds()

    def gather_seeds(self):
        contents = [FIRST_INPUT]
        for folder in [*self.job.seeds, self.job.corpus]:
            contents += map(self.read_seed, files.regular_files(folder))
        for content in filter(None, contents):
            files.write_in_place(self.inputs / sha1(content), content)

    def read_seed(self, path):
        """Nothing of one that is gone: libFuzzer removes what it has found a smaller input for."""
        try:
            return files.read_limited(path, INPUT_BYTES_MAX, cut=True)
        except Unusable:
            if path.exists():
                raise
            return b""

    def run_seeds(self):
        self.in_flight_seen = (0, time.monotonic())
        self.launch([self.job.binary, *self.seed_runs.pop(0)], cwd=self.inputs)

    def fuzz(self):
        self.is_fuzzing = True
        self.started_fuzzing = time.time()
        # afl-fuzz takes ',' and ';' in it for the end of a name; the checkout's path may have them.
        mutator = os.path.relpath(os.path.realpath(self.job.mutator), os.path.realpath(self.folder))
        env = dict(ENVIRONMENT, AFL_CUSTOM_MUTATOR_LIBRARY=mutator)
        self.launch([*self.command(), "--", self.job.binary], cwd=self.folder, env=env)
        (self.folder / "pid").write_text(str(self.process.pid))

    def poll(self):
        code = self.process.poll()
        now = time.monotonic()
        self.progress.executions = self.slot.read().runs
        if not self.is_fuzzing:
            return self.poll_seeds(code, now)
        self.look_for_new_inputs()
        if code is not None or now >= self.share_at:
            self.share_at = now + SHARE_S
            self.share(is_over=code is not None)
        # afl-fuzz's own limit would count from the end of its calibration, in whole seconds.
        is_late = now - self.progress.started_at >= self.job.seconds
        if code is None and (is_late or any(self.out.glob("*/hangs/id:*"))):
            self.stop()
            return self.poll()
        if code is not None:
            self.progress.is_final = True
            free_segments(self.process.pid)
        return 0 if self.is_stopped else code

    def look_for_new_inputs(self):
        if self.progress.loaded is not None:
            return
        more = self.read_log(self.log_read)
        if LOADED in more:
            self.progress.loaded = self.progress.executions
        self.log_read += max(0, len(more) - len(LOADED))  # the rest of it may be to come

    def poll_seeds(self, code, now):
        if self.is_stopped:
            return 0  # what was in flight did no wrong
        if code == 0 and self.seed_runs:
            self.run_seeds()
        elif code == 0:
            self.seeds_done = self.progress.executions
            self.fuzz()
        elif code is not None or self.hangs(now):
            super().stop()
            for artifact in self.in_flight():  # the slot keeps it, too
                artifact.kind = "crash" if code is not None else "timeout"
                self.seeds_saved.append(artifact)
            return self.process.returncode
        return None

    def hangs(self, now):
        """The same input for longer than any run may take: a suspicion, as it goes by the clock on
        the wall (campaign.py)."""
        if self.progress.executions != self.in_flight_seen[0]:
            self.in_flight_seen = (self.progress.executions, now)
        return self.progress.executions and now - self.in_flight_seen[1] > RUN_TIMEOUT_S

    def share(self, is_over):
        entries = queue_entries(self.out)
        if not is_over:
            entries = entries[:-1]  # afl-fuzz may still be writing the last one
        for path in entries:
            if path.name not in self.shared:
                self.shared.add(path.name)
                try:
                    copy_to_corpus(path, self.job.corpus)
                except OSError:  # the campaign looks for crashes before it ends
                    self.unshared += 1
        self.progress.corpus = sum(1 for _ in self.out.glob("*/queue/id:*"))
        # afl-fuzz writes it once a minute, and at its end.
        for path in self.out.glob("*/fuzzer_stats"):
            statistics = dict(STATISTIC.findall(path.read_text(errors="replace")))
            self.progress.coverage = int(statistics.get("edges_found", self.progress.coverage))

    def artifacts(self):
        if not self.is_fuzzing:
            return [artifact for artifact in self.seeds_saved if not artifact.is_removed]
        if self.process.poll() is None:
            return []
        slot = self.slot.read().contents()
        return [artifact.mended(slot) for artifact in
                saved(self.out, self.executions_before + self.seeds_done,
                      self.started_fuzzing - self.started_wall)]

    def stop(self):
        self.is_stopped = True
        super().stop()
        if self.is_fuzzing:
            free_segments(self.process.pid)
