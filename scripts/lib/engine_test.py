import os
import re
import resource
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import engine
from artifacts import is_whole, sha1
from common import ROOT, Unusable
from fakes import has_ended, poll_until, write_program


class SleepingWorker(engine.Worker):
    def begin(self):
        self.launch([self.job.binary], cwd=self.job.folder)


class EngineTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def worker(self, script):
        binary = write_program(self.folder / "fake", script)
        worker = SleepingWorker(engine.Job("w-0", self.folder / "work", binary, 1, 5, []))
        self.addCleanup(worker.stop)
        return worker

    def test_stops_a_process_that_ignores_sigterm(self):
        grace, engine.STOP_GRACE_S = engine.STOP_GRACE_S, 0.3
        self.addCleanup(setattr, engine, "STOP_GRACE_S", grace)
        worker = self.worker(
            "import signal, time\n"
            "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
            "print('ready', flush=True)\n"
            "time.sleep(600)\n")
        worker.start()
        poll_until(lambda: "ready" in worker.log_tail())
        worker.stop()
        self.assertIsNotNone(worker.process.poll())
        with self.assertRaises(ProcessLookupError):
            os.kill(worker.process.pid, 0)

    def test_a_stray_folder_is_no_artifact(self):
        worker = self.worker("")
        (worker.job.artifacts / "w-0-crash-folder").mkdir()
        (worker.job.artifacts / "w-0-crash-file").touch()
        self.assertEqual([path.name for path in worker.artifact_paths()], ["w-0-crash-file"])

    def test_a_worker_dies_with_the_script_that_started_it(self):
        binary = write_program(self.folder / "fake", "import time\ntime.sleep(600)\n")
        script = ("import sys, time\n"
                  f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
                  "import engine, engine_test\n"
                  "from pathlib import Path\n"
                  f"worker = engine_test.SleepingWorker(engine.Job('w', Path({str(self.folder)!r}),"
                  f" {str(binary)!r}, 1, 5, []))\n"
                  "worker.start()\n"
                  "print(worker.process.pid, flush=True)\n"
                  "time.sleep(600)\n")
        with subprocess.Popen([sys.executable, "-B", "-c", script], stdout=subprocess.PIPE,
                              text=True) as parent:
            pid = int(parent.stdout.readline())
            parent.kill()
        poll_until(lambda: has_ended(pid))

    def test_carries_the_count_on_until_the_final_one_is_known(self):
        progress = engine.Progress(started_at=98.0, executions=2048, seen_at=100.0)
        self.assertEqual(progress.estimate(now=101.0), 3072)
        progress.is_final = True
        self.assertEqual(progress.estimate(now=110.0), 2048)

    def slot(self, content, killer=b""):
        return (struct.pack("<QIII", 7, len(content), 1, len(killer))
                + content.ljust(engine.IN_FLIGHT_INPUT_BYTES, b"-") + killer)

    def test_reads_what_is_in_flight_and_what_a_process_died_of(self):
        self.assertEqual(engine.slot_of(self.slot(b"abc") + b"----"), engine.InFlight(7, b"abc"))
        self.assertEqual(engine.slot_of(self.slot(b"abc", b"killer") + b"----").contents(),
                         [b"killer", b"abc"])
        for damaged in (self.slot(b"abc")[:21], b"", b"7",
                        b"\xff" * 100):  # a size that it has no room for
            self.assertEqual(engine.slot_of(damaged).contents(), [])

    def test_a_slot_has_its_room_before_it_is_used_and_is_read_without_its_name(self):
        slot = engine.Slot(self.folder / "slot")
        self.assertEqual(slot.read(), engine.InFlight())
        slot.make()
        self.addCleanup(slot.remove)
        self.assertGreaterEqual(os.stat(slot.path).st_blocks * 512, engine.IN_FLIGHT_BYTES)
        slot.path.write_bytes(self.slot(b"abc"))
        slot.path.unlink()
        self.assertEqual(slot.read(), engine.InFlight(7, b"abc"))

    def test_it_is_as_large_as_the_targets(self):
        source = (ROOT / "fuzzers" / "targets" / "in_flight.h").read_text()
        shift = int(re.search(r"kInFlightSizeMax = 1 << (\d+);", source)[1])
        header = int(re.search(r"kInFlightHeaderSize = (\d+);", source)[1])
        self.assertEqual((engine.IN_FLIGHT_HEADER_BYTES, engine.IN_FLIGHT_INPUT_BYTES),
                         (header, 1 << shift))

    def test_without_room_there_is_none(self):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, before)
        resource.setrlimit(resource.RLIMIT_FSIZE, (engine.IN_FLIGHT_BYTES - 1, before[1]))
        with self.assertRaisesRegex(Unusable,
                                    "slot: File too large: an input in flight needs 32,788"):
            engine.Slot(self.folder / "slot").make()
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_only_its_own_name_goes_with_it(self):
        ours, theirs = engine.Slot(self.folder / "slot"), engine.Slot(self.folder / "slot")
        ours.make()
        theirs.make()
        ours.remove()
        self.assertTrue(theirs.path.exists())
        theirs.remove()
        self.assertFalse(theirs.path.exists())

    def test_a_file_is_written_whole_or_not_at_all(self):
        (self.folder / "corpus").mkdir()
        path = self.folder / "corpus" / "name"
        engine.write_input(path, b"content")
        self.assertEqual(path.read_bytes(), b"content")
        files = [entry.name for entry in self.folder.rglob("*") if entry.is_file()]
        self.assertEqual(files, ["name"])


class Whole(unittest.TestCase):
    def test_a_corpus_file_that_was_cut_is_told_by_its_name(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        whole, cut, other = (folder / name for name in (sha1(b"abc"), sha1(b"xyz"), "s"))
        for path, content in ((whole, b"abc"), (cut, b"xy"), (other, b"any")):
            path.write_bytes(content)
        self.assertTrue(is_whole(whole))
        self.assertFalse(is_whole(cut))
        self.assertTrue(is_whole(other))
        cut.write_bytes(b"")
        self.assertFalse(is_whole(cut))


if __name__ == "__main__":
    unittest.main()
