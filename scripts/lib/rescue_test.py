"""A campaign is killed with SIGKILL in a known state; the next one must lose nothing of it.

The fake engine brings itself into the state, says so by creating the file `ready`, and sleeps; so
no test needs luck.
"""

import contextlib
import errno
import os
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import fakes
import rescue
from artifacts import sha1
from campaign import Campaign, Settings
from common import Unusable
from engine import write_input

READY = "\nopen(READY, 'w').close()\ntime.sleep(600)\n"
QUIET = "sys.exit(0)"
# Saves entries as fast as it can, and a crash after the hundredth, as engines do: run first, then
# save.
BUSY = """
for i in range(1000000):
    content = b'entry %d' % i
    run(content)
    save(content)
    if i == 100:
        run(b'a crash, saved')
        save(b'a crash, saved', prefix + 'crash-')
        sys.exit(77)
    time.sleep(0.001)
"""
SCRIPT = """
import sys, time
sys.path.insert(0, {lib!r})
import fakes
from campaign import Campaign, Settings
from pathlib import Path

folder = Path({folder!r})
campaign = Campaign(fakes.Tree(folder, is_new=False),
                    Settings("address", 600, engine={engine!r}, workers=1,
                             corpus=[folder / "seeds"]))
campaign.start()
while not campaign.poll():
    time.sleep(0.01)
"""


class KilledCampaignTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        self.enterContext(mock.patch.dict(os.environ, PATH=path))
        (self.folder / "seeds").mkdir()
        (self.folder / "seeds" / "seed").write_bytes(b"seed")
        self.tree = fakes.Tree(self.folder)
        self.work = self.tree.fuzz_folder("address")
        self.ready = self.folder / "ready"

    def script(self, engine):
        return subprocess.Popen(
            [sys.executable, "-B", "-c", SCRIPT.format(lib=str(Path(__file__).parent),
                                                       folder=str(self.folder), engine=engine)],
            stdout=subprocess.DEVNULL)

    def kill_when_ready(self, behaviour, engine="libfuzzer", then=READY):
        """Runs a campaign until the fake is in the state that `behaviour` makes, and kills it."""
        behaviour = behaviour + then.replace("READY", repr(str(self.ready)))
        if engine == "afl":
            self.tree.write_afl(behaviour, fuzzing="")
        else:
            self.tree.write_libfuzzer(behaviour)
        with self.script(engine) as process:
            fakes.poll_until(self.ready.exists)
            process.kill()
        self.ready.unlink()

    def rerun(self, engine="libfuzzer"):
        self.tree.write_libfuzzer(QUIET)
        self.tree.write_afl(QUIET)
        campaign = Campaign(self.tree, Settings("address", 20, engine=engine, workers=1,
                                                corpus=[self.folder / "seeds"]))
        self.addCleanup(campaign.stop)
        campaign.start()
        fakes.poll_until(campaign.poll)
        campaign.stop()
        return campaign

    def assert_reported(self, campaign):
        finding, = campaign.result.findings
        self.assertTrue(finding.confirmed and finding.left_over)
        self.assertTrue(Path(finding.case).is_file())
        campaign.settle()
        self.assertEqual(self.rerun().result.findings, [])

    def test_a_damaged_process_number_is_no_trouble(self):
        worker = self.tree.fuzz_folder("address") / "afl" / "afl-0"
        for content in (b"", b"12\n", b"\xff\xfe", b"9" * 30):
            worker.mkdir(parents=True)
            (worker / "pid").write_bytes(content)
            self.assertEqual(self.rerun().result.findings, [])

    def test_a_folder_that_is_a_link_is_refused_at_the_start(self):
        """Entries would be renamed across file systems, which cannot be."""
        self.work.mkdir(parents=True)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        for name in ("corpus", "waiting"):
            for target in (elsewhere, self.folder / "none"):
                (self.work / name).symlink_to(target)
                campaign = Campaign(self.tree, Settings("address", 20, workers=1))
                with self.assertRaisesRegex(Unusable, f"{name} is a link, or on another"), \
                        contextlib.ExitStack() as stack:
                    stack.callback(campaign.stop)
                    campaign.open()
                (self.work / name).unlink()
        (self.work / "afl").mkdir(parents=True)
        (self.work / "afl" / "afl-0").symlink_to(elsewhere)
        with self.assertRaisesRegex(Unusable, "afl-0 is a link"):
            rescue.take_in(self.work)
        (self.work / "afl" / "afl-0").unlink()
        self.assertEqual(self.rerun().result.findings, [])

    def corpus(self):
        return {path.name: path.read_bytes() for path in (self.work / "corpus").iterdir()}

    def test_an_input_that_was_being_run_is_examined(self):
        self.kill_when_ready("run(b'fatal')")
        self.assert_reported(self.rerun())

    def test_an_input_that_was_being_run_and_passes_is_kept(self):
        self.kill_when_ready("run(b'entry')")
        self.assertEqual(self.rerun().result.findings, [])
        self.assertEqual(self.corpus(), {sha1(b"entry"): b"entry"})

    def test_a_saved_crash_is_reported(self):
        self.kill_when_ready("run(b'crash')\nsave(b'crash', prefix + 'crash-')")
        self.assert_reported(self.rerun())

    def test_a_crash_whose_file_was_cut_off_is_reported(self):
        self.kill_when_ready("run(b'crash')\n"
                             "open(prefix + 'crash-' + hashlib.sha1(b'crash').hexdigest(), 'wb')"
                             ".write(b'cra')")
        self.assert_reported(self.rerun())

    def test_a_crash_of_afl_fuzz_whose_file_was_cut_off_is_reported(self):
        for left in (b"", b"cra"):
            self.kill_when_ready("write('crashes/id:000000,time:1500,execs:40', %r)\n"
                                 "run(b'crash', 9)" % left, "afl")
            self.assert_reported(self.rerun("afl"))

    def test_an_empty_or_cut_crash_that_nothing_mends_is_none_and_it_fuzzes_on(self):
        for behaviour in ("save(b'', prefix + 'crash-')", "open(prefix + 'crash-' + 'a' * 40, 'w')",
                          "open(prefix + 'crash-' + 'a' * 40, 'w').write('ab')"):
            with self.subTest(behaviour=behaviour):
                self.kill_when_ready(behaviour)
                result = self.rerun().result
                self.assertEqual((result.findings, result.unusable), ([], ""))
                self.assertGreater(result.executions, 0)
                remark, = result.remarks
                self.assertRegex(remark,
                                 "artifacts: .*-crash-.*, and no replay of it fails: no finding")
                self.assertEqual(self.rerun().result.remarks, [])

    def test_what_cannot_be_read_now_is_not_lost(self):
        """Root's file, or a disk's error. (Root may read all; so the reading fails here.)"""
        for state, reading in (("save(b'crash', prefix + 'crash-')", "files.read_limited"),
                               ("run(b'crash')", "Path.read_bytes")):
            with self.subTest(state=state):
                self.kill_when_ready(state)
                error = Unusable("FILE: denied") if reading.startswith("files") \
                    else PermissionError(errno.EACCES, "denied", "FILE")
                campaign = Campaign(self.tree, Settings("address", 20, workers=1))
                with mock.patch(f"artifacts.{reading}", side_effect=error):
                    with self.assertRaisesRegex((Unusable, PermissionError), "denied"), \
                            contextlib.ExitStack() as stack:
                        stack.callback(campaign.stop)
                        campaign.open()
                self.assert_reported(self.rerun())

    def test_a_cut_crash_that_fails_all_the_same_is_a_finding(self):
        self.kill_when_ready("open(prefix + 'crash-' + 'a' * 40, 'w').write('crash')")
        self.assert_reported(self.rerun())

    def test_what_is_in_a_folder_that_can_no_longer_be_written_is_reported(self):
        """Nothing has to be moved before it is examined."""
        self.kill_when_ready("run(b'fatal')\nsave(b'crash', prefix + 'crash-')")
        with mock.patch.object(rescue, "write_input", side_effect=OSError(28, "full")):
            found = self.rerun().result.findings
        self.assertEqual(len(found), 1)
        self.assertEqual(self.rerun().result.findings[0].signature, found[0].signature)

    def test_a_crash_that_does_not_repeat_is_reported_as_such(self):
        self.tree.write_tool(failures=1)
        self.kill_when_ready("save(b'crash', prefix + 'crash-')")
        finding, = self.rerun().result.findings
        self.assertFalse(finding.confirmed)

    def test_a_crash_that_passes_in_a_newer_build_goes_to_the_corpus(self):
        self.kill_when_ready("save(b'was a bug', prefix + 'crash-')")
        now = time.time()
        os.utime(self.tree.tool(""), (now + 10, now + 10))
        self.assertEqual(self.rerun().result.findings, [])
        self.assertEqual(self.corpus(), {sha1(b"was a bug"): b"was a bug"})

    def test_a_timeout_that_passes_goes_to_the_corpus(self):
        self.kill_when_ready("save(b'slow', prefix + 'timeout-')")
        self.assertEqual(self.rerun().result.findings, [])
        self.assertEqual(self.corpus(), {sha1(b"slow"): b"slow"})

    def test_strays_in_its_folders_stop_nobody(self):
        self.kill_when_ready("run(b'entry')")
        for name in ("artifacts/libfuzzer-0-crash-abc", "corpus/" + "a" * 40, "in-flight/folder",
                     "seeds-of-old", ".hidden"):
            (self.work / name).mkdir()
        (self.work / "afl").mkdir()
        (self.work / "afl" / "file").touch()
        os.mkfifo(self.work / "corpus" / ("b" * 40))
        self.assertEqual(self.rerun("afl").result.findings, [])
        self.assertEqual((self.work / "corpus" / sha1(b"entry")).read_bytes(), b"entry")

    def test_a_corpus_file_that_was_cut_off_is_repaired(self):
        self.kill_when_ready("save(b'earlier')\nrun(b'entry')\n"
                             "open(os.path.join(corpus, hashlib.sha1(b'entry').hexdigest()), 'wb')"
                             ".write(b'ent')")
        self.rerun()
        self.assertEqual(self.corpus(), {sha1(b"entry"): b"entry", sha1(b"earlier"): b"earlier"})

    def test_a_damaged_corpus_file_that_nothing_repairs_is_dropped_and_foreign_names_stay(self):
        self.kill_when_ready("save(b'earlier')\n"
                             "open(os.path.join(corpus, 'f' * 40), 'wb').write(b'x')\n"
                             "open(os.path.join(corpus, 'my-own'), 'wb').write(b'mine')")
        self.rerun()
        self.assertEqual(self.corpus(), {sha1(b"earlier"): b"earlier", "my-own": b"mine"})

    def test_killed_while_a_crash_is_being_confirmed(self):
        fakes.write_program(self.tree.tool(""), (
            f"import sys, time\nif sys.argv[1] == 'replay':\n"
            f"    open({str(self.ready)!r}, 'w')\n    time.sleep(600)\n" + fakes.TOOL))
        self.kill_when_ready("run(b'crash')\nsave(b'crash', prefix + 'crash-')\nsys.exit(77)",
                             then="")
        self.tree.write_tool()
        self.assert_reported(self.rerun())

    def test_killed_between_keeping_and_reporting(self):
        self.kill_when_ready("run(b'crash')\nsave(b'crash', prefix + 'crash-')")
        first, = self.rerun().result.findings  # ends before settle()
        second, = self.rerun().result.findings
        self.assertEqual(first.case, second.case)

    def test_what_afl_fuzz_had_is_taken_in(self):
        self.kill_when_ready("write('queue/id:000002,src:0,time:5,execs:9,op:x', b'entry')\n"
                             "write('crashes/id:000000,time:1500,execs:40', b'crash')", "afl")
        campaign = self.rerun("afl")
        self.assertEqual(self.corpus()[sha1(b"entry")], b"entry")
        self.assert_reported(campaign)

    def test_a_damaged_folder_of_afl_fuzz_stops_nobody(self):
        self.kill_when_ready("write('queue/id:000002,src:0', b'')\n"
                             "write('fuzzer_stats', b'\\xff garbage')\n"
                             "write('.synced', b'')\n"
                             "write('queue/id:000003,src:0,time:5,execs:9,op:x', b'entry')", "afl")
        self.assertEqual(self.rerun("afl").result.findings, [])
        self.assertEqual(self.corpus()[sha1(b"entry")], b"entry")

    def test_the_other_engine_takes_in_as_well(self):
        self.kill_when_ready("write('crashes/id:000000,time:1500,execs:40', b'crash')", "afl")
        self.assert_reported(self.rerun("libfuzzer"))

    def test_a_rerun_that_is_killed_loses_nothing_either(self):
        self.kill_when_ready("run(b'fatal')\nsave(b'earlier')")
        fakes.write_program(self.tree.tool(""),
                            f"import time\nopen({str(self.ready)!r}, 'w')\ntime.sleep(600)\n")
        with self.script("libfuzzer") as process:
            fakes.poll_until(self.ready.exists)
            process.kill()
        self.tree.write_tool()
        campaign = self.rerun()
        self.assertIn(sha1(b"earlier"), self.corpus())
        self.assert_reported(campaign)

    def test_killed_at_any_moment_a_busy_campaign_loses_nothing(self):
        for delay_s in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4):
            with self.subTest(delay_s=delay_s):
                self.tree.write_libfuzzer(BUSY)
                with self.script("libfuzzer") as process:
                    fakes.poll_until(lambda: any((self.work / "corpus").glob("*")))
                    time.sleep(delay_s)
                    process.kill()
                had_artifact = any((self.work / "artifacts").glob("*crash*"))
                had = {name for name in self.corpus() if name}
                campaign = self.rerun()
                self.assertLessEqual(had, set(self.corpus()))
                for name, content in self.corpus().items():
                    self.assertEqual(sha1(content), name)
                if had_artifact:
                    self.assertEqual(len(campaign.result.findings), 1)
                campaign.settle()


class WriteTest(unittest.TestCase):
    def test_half_of_a_file_is_removed(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "corpus").mkdir()
        write_input(folder / "corpus" / sha1(b"whole"), b"whole")
        (folder / f".{sha1(b'half')}.123.partial").write_bytes(b"ha")
        self.assertEqual(rescue.take_in(folder), [])
        files = [path.name for path in folder.rglob("*") if path.is_file()]
        self.assertEqual(files, [sha1(b"whole")])


if __name__ == "__main__":
    unittest.main()
