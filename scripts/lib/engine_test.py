import os
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path

import engine

LOG = """INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 38Mb
#1024\tNEW    cov: 40 ft: 90 corp: 7/90b lim: 4 exec/s: 512 rss: 60Mb L: 3/4 MS: 1 Custom-
#2048\tpulse  cov: 40 ft: 90 corp: 7/90b lim: 4 exec/s: 1000 rss: 60Mb
"""


class ProgressTest(unittest.TestCase):
    def test_reads_the_log_of_libfuzzer(self):
        progress = engine.Progress()
        for line in LOG.splitlines():
            progress.read_line(line, now=100.0)
        self.assertEqual((progress.executions, progress.coverage, progress.features,
                          progress.corpus), (2048, 40, 90, 7))

    def test_carries_the_count_on_until_the_final_one_is_known(self):
        progress = engine.Progress(started_at=98.0)
        progress.read_line(LOG.splitlines()[-1], now=100.0)
        self.assertEqual(progress.estimate(now=101.0), 3072)
        progress.read_line("stat::number_of_executed_units: 5000", now=103.0)
        self.assertEqual(progress.estimate(now=110.0), 5000)

    def test_ignores_the_frames_of_a_report(self):
        progress = engine.Progress()
        progress.read_line("    #0 0x55 in main /x/y.cc:3", now=1.0)
        progress.read_line("#0 0x55 in main", now=1.0)
        self.assertEqual(progress.executions, 0)


class WorkerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def worker(self, script):
        binary = self.folder / "fake_fuzzer"
        binary.write_text(f"#!{sys.executable}\n{script}")
        binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
        worker = engine.Worker(binary, "worker-0", 1, self.folder / "work", 5,
                               self.folder / "corpus", [], reload=False)
        self.addCleanup(worker.stop)
        return worker

    def wait(self, worker):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            code = worker.poll()
            if code is not None:
                worker.poll()
                return code
            time.sleep(0.02)
        return self.fail("the fake fuzzer did not end")

    def test_sees_the_crash_artifact_but_no_slow_unit(self):
        worker = self.worker(
            "import sys\n"
            "prefix = [a.split('=', 1)[1] for a in sys.argv if a.startswith('-artifact_prefix')][0]\n"
            "open(prefix + 'slow-unit-1', 'w').close()\n"
            "open(prefix + 'crash-1', 'w').write('x')\n"
            "print('stat::number_of_executed_units: 77')\n"
            "sys.exit(77)\n")
        worker.start()
        self.assertEqual(self.wait(worker), 77)
        self.assertEqual([path.name for path in worker.artifacts()], ["worker-0-crash-1"])
        self.assertEqual(worker.progress.executions, 77)

    def test_stops_a_process_that_ignores_sigterm(self):
        engine_grace, engine.STOP_GRACE_S = engine.STOP_GRACE_S, 0.3
        self.addCleanup(setattr, engine, "STOP_GRACE_S", engine_grace)
        worker = self.worker(
            "import signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "print('ready', flush=True)\n"
            "time.sleep(600)\n")
        worker.start()
        while "ready" not in worker.log_tail():
            time.sleep(0.02)
        worker.stop()
        self.assertIsNotNone(worker.process.poll())
        with self.assertRaises(ProcessLookupError):
            os.kill(worker.process.pid, 0)


if __name__ == "__main__":
    unittest.main()
