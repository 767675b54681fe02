import ctypes
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import engine
import engine_afl
import fakes
from engine_afl import AflWorker

IPC_PRIVATE, IPC_CREATE_OURS, IPC_RMID = 0, 0o1600, 0


class AflWorkerTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        self.enterContext(mock.patch.dict(os.environ, PATH=path))
        self.tree = fakes.Tree(self.folder)
        self.seeds = self.folder / "seeds"
        self.seeds.mkdir()
        (self.seeds / "named").write_bytes(b"seed")

    def worker(self, behaviour, seconds=600, **how):
        self.tree.write_afl(behaviour, **how)
        worker = AflWorker(engine.Job(
            "afl-0", self.folder / "work", self.tree.binary("", "fuzz_sim_afl"), 1, seconds,
            [self.seeds], mutator=self.tree.mutator()))
        self.addCleanup(worker.stop)
        worker.start()
        return worker

    def wait(self, worker):
        code = []

        def over():
            code[:] = [worker.poll()]
            return code[0] is not None
        fakes.poll_until(over)
        return code[0]

    def test_a_path_with_a_comma_in_it_is_one_name_for_afl_fuzz(self):
        odd = self.folder / "a,b;c"
        odd.mkdir()
        self.tree = fakes.Tree(odd)
        self.enterContext(mock.patch.dict(os.environ,
                                          PATH=f"{odd}{os.pathsep}{os.environ['PATH']}"))
        self.tree.write_afl("write('named', os.environ['AFL_CUSTOM_MUTATOR_LIBRARY'].encode())\n"
                            "write('meant', "
                            "os.path.realpath(os.environ['AFL_CUSTOM_MUTATOR_LIBRARY']"
                            ").encode())")
        worker = AflWorker(engine.Job("afl-0", odd / "work", self.tree.binary("", "fuzz_sim_afl"),
                                      1, 60,
                                      [self.seeds], mutator=self.tree.mutator()))
        self.addCleanup(worker.stop)
        worker.start()
        self.assertEqual(self.wait(worker), 0)
        out = worker.out / "afl-0"
        self.assertNotIn(b",", (out / "named").read_bytes())
        self.assertEqual((out / "meant").read_bytes().decode(),
                         os.path.realpath(self.tree.mutator()))

    def test_a_crash_is_an_artifact(self):
        worker = self.worker("name = 'id:000000,sig:06,src:0,time:1500,execs:40,op:x'\n"
                             "write('crashes/' + name, b'crash')")
        self.assertEqual(self.wait(worker), 0)
        artifact, = worker.artifacts()
        self.assertEqual((artifact.kind, artifact.content), ("crash", b"crash"))
        self.assertEqual(artifact.executions, 2 + 40)  # both seeds were run before
        self.assertGreaterEqual(artifact.seconds, 1.5)

    def test_begins_with_the_seeds_the_corpus_and_one_input_at_least(self):
        corpus = self.folder / "work" / "corpus"
        corpus.mkdir(parents=True)
        (corpus / "a").write_bytes(b"evolved")
        (corpus / "b").write_bytes(b"")
        worker = self.worker("write('queue/id:000099,time:1,execs:1', b' '.join(inputs))")
        self.wait(worker)
        found = (corpus / engine.sha1(b" ".join(sorted(
            (b"evolved", b"seed", engine_afl.FIRST_INPUT), key=engine.sha1)))).read_bytes()
        self.assertEqual(set(found.split()), {b"evolved", b"seed", engine_afl.FIRST_INPUT})

    def test_it_begins_with_what_is_not_empty(self):
        corpus = self.folder / "work" / "corpus"
        corpus.mkdir(parents=True)
        name = engine.sha1(b"evolved")
        (corpus / name).write_bytes(b"evolved")
        (corpus / engine.sha1(b"cut to nothing")).write_bytes(b"")
        worker = self.worker("")
        self.wait(worker)
        begun_with = {path.name: path.read_bytes() for path in worker.inputs.iterdir()}
        self.assertEqual(set(begun_with), {name, engine.sha1(b"seed"),
                                           engine.sha1(engine_afl.FIRST_INPUT)})
        self.assertEqual(begun_with[name], b"evolved")

    def test_an_entry_that_another_engine_removes_meanwhile_is_no_seed(self):
        corpus = self.folder / "work" / "corpus"
        corpus.mkdir(parents=True)
        (corpus / "a").write_bytes(b"replaced")
        (corpus / "b").write_bytes(b"stays")
        read = engine_afl.files.read_limited

        def read_later(path, *rest, **more):
            if path.parent == corpus:  # they have been listed
                (corpus / "a").unlink(missing_ok=True)
            return read(path, *rest, **more)
        self.enterContext(mock.patch.object(engine_afl.files, "read_limited", read_later))
        self.worker("time.sleep(600)").stop()
        self.assertEqual({path.read_bytes()
                          for path in (self.folder / "work" / "afl" / "afl-0" / "in")
                          .iterdir()}, {b"stays", b"seed", engine_afl.FIRST_INPUT})

    def test_what_the_queue_gains_ends_in_the_common_corpus(self):
        worker = self.worker("write('queue/id:000002,src:0,time:5,execs:9,op:x', b'new')\n"
                             "write('queue/id:000003,sync:foreign,src:0', b'of others')\n"
                             "write('queue/id:000004,src:0,time:6,execs:10,op:x', b'last')\n"
                             "time.sleep(600)")
        corpus = self.folder / "work" / "corpus"
        new, last = corpus / engine.sha1(b"new"), corpus / engine.sha1(b"last")
        fakes.poll_until(lambda: worker.poll() is None and new.exists())
        self.assertFalse(last.exists())  # it may still be being written
        worker.stop()
        worker.poll()
        self.assertEqual({path.name for path in corpus.iterdir()}, {new.name, last.name})

    def test_a_seed_that_crashes_is_a_finding(self):
        (self.seeds / "other").write_bytes(b"fatal")
        worker = self.worker("sys.exit('not to be started')")
        self.assertNotEqual(self.wait(worker), 0)
        artifact, = worker.artifacts()
        self.assertEqual((artifact.kind, artifact.content), ("crash", b"fatal"))
        self.assertFalse(worker.is_fuzzing)

    def test_a_seed_that_hangs_is_a_finding(self):
        self.enterContext(mock.patch.object(engine_afl, "RUN_TIMEOUT_S", 0.3))
        (self.seeds / "other").write_bytes(b"hang")
        worker = self.worker("sys.exit('not to be started')")
        self.assertNotEqual(self.wait(worker), 0)
        artifact, = worker.artifacts()
        self.assertEqual((artifact.kind, artifact.content), ("timeout", b"hang"))

    def test_a_hang_ends_it(self):
        worker = self.worker("write('hangs/id:000000,src:0,time:9,execs:7', b'hang')\n"
                             "time.sleep(600)")
        self.assertEqual(self.wait(worker), 0)
        self.assertEqual(worker.artifacts()[0].kind, "timeout")

    def test_ends_in_good_order_when_its_time_is_up(self):
        worker = self.worker("time.sleep(600)", seconds=1)
        self.assertEqual(self.wait(worker), 0)
        self.assertEqual(worker.artifacts(), [])

    def test_new_inputs_begin_when_it_has_run_the_known_ones(self):
        worker = self.worker("run(b'', 50)\ntime.sleep(600)", fuzzing="")
        fakes.poll_until(lambda: worker.poll() is not None or worker.progress.executions == 50)
        worker.job.seconds = 0
        self.wait(worker)
        self.assertEqual((worker.progress.executions, worker.new_inputs()), (50, 0))

    def test_what_afl_fuzz_dies_of_is_seen(self):
        worker = self.worker("sys.exit(3)")
        self.assertEqual(self.wait(worker), 3)


class SegmentsTest(unittest.TestCase):
    def test_removes_the_segments_of_a_dead_process_and_no_others(self):
        libc = ctypes.CDLL(None)
        mine = libc.shmget(IPC_PRIVATE, 4096, IPC_CREATE_OURS)
        self.addCleanup(libc.shmctl, mine, IPC_RMID, None)
        script = ("import ctypes\n"
                  f"print(ctypes.CDLL(None).shmget({IPC_PRIVATE}, 4096, {IPC_CREATE_OURS}))")
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE,
                              text=True) as child:
            theirs = int(child.stdout.readline())
        self.assertGreaterEqual(min(mine, theirs), 0)
        engine_afl.free_segments(child.pid)
        lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        left = {int(line.split()[1]) for line in lines}
        self.assertNotIn(theirs, left)
        self.assertIn(mine, left)


if __name__ == "__main__":
    unittest.main()
