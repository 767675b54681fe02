import tempfile
import unittest
from pathlib import Path

import engine
import fakes
from engine_libfuzzer import LibFuzzerWorker, read_line

LOG = """INFO: Seed: 1
#2	INITED cov: 30 ft: 31 corp: 1/1b exec/s: 0 rss: 50Mb
#77	NEW    cov: 40 ft: 90 corp: 7/90b lim: 4 exec/s: 500 rss: 60Mb L: 9/9 MS: 2 Custom-
#2048	pulse  cov: 40 ft: 90 corp: 7/90b lim: 4 exec/s: 1000 rss: 60Mb
"""


class ProgressTest(unittest.TestCase):
    def test_reads_the_log(self):
        progress = engine.Progress()
        for line in LOG.splitlines():
            read_line(progress, line, now=100.0)
        self.assertEqual((progress.executions, progress.coverage, progress.features,
                          progress.corpus, progress.loaded), (2048, 40, 90, 7, 2))
        read_line(progress, "stat::number_of_executed_units: 5000", now=103.0)
        self.assertEqual(progress.estimate(now=110.0), 5000)

    def test_ignores_the_frames_of_a_report(self):
        progress = engine.Progress()
        read_line(progress, "    #0 0x55 in main /x/y.cc:3", now=1.0)
        read_line(progress, "#0 0x55 in main", now=1.0)
        self.assertEqual(progress.executions, 0)


class WorkerTest(unittest.TestCase):
    def test_sees_the_crash_artifact_but_no_slow_unit(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        tree = fakes.Tree(folder)
        tree.write_libfuzzer("save(b'slow', prefix + 'slow-unit-')\n"
                             "save(b'input', prefix + 'crash-')\n"
                             "print('stat::number_of_executed_units: 77')\n"
                             "sys.exit(77)\n")
        worker = LibFuzzerWorker(engine.Job("libfuzzer-0", folder / "work",
                                            tree.binary("", "fuzz_sim"), 1, 5, []))
        self.addCleanup(worker.stop)
        worker.start()
        self.assertEqual(fakes.poll_until(worker.poll), 77)
        artifact, = worker.artifacts()
        self.assertEqual(artifact.path.name, f"libfuzzer-0-crash-{engine.sha1(b'input')}")
        self.assertEqual(artifact.executions, 77)


if __name__ == "__main__":
    unittest.main()
