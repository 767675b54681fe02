import base64
import dataclasses
import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import campaign as campaign_module
import engine_afl
import evolved
import fakes
import keeping
from artifacts import sha1
from campaign import Campaign, Settings
from common import Interrupted, Unusable

QUIET = "time.sleep(0.05)"
CRASH = ("save(b'crash', prefix + 'crash-')\nprint('stat::number_of_executed_units: 9')\n"
         "sys.exit(77)")


class Machine(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        self.enterContext(mock.patch.dict(os.environ, PATH=path))
        self.tree = fakes.Tree(self.folder)

    def start(self, engine="libfuzzer", workers=2, seconds=600):
        campaign = Campaign(self.tree, Settings("address", seconds, engine=engine, workers=workers,
                                                empty=True))
        self.addCleanup(campaign.stop)
        campaign.start()
        return campaign

    def run_campaign(self, behaviour, **settings):
        self.tree.write_libfuzzer(behaviour)
        campaign = self.start(**settings)
        fakes.poll_until(campaign.poll)
        return campaign


class CampaignTest(Machine):
    def test_a_quiet_campaign_ends_without_findings(self):
        result = self.run_campaign(QUIET).result
        self.assertEqual(result.findings, [])
        self.assertEqual(result.coverage, 5)
        json.dumps(dataclasses.asdict(result))

    def test_a_crash_becomes_a_case_with_a_header(self):
        campaign = self.run_campaign(CRASH)
        finding, = campaign.result.findings
        self.assertTrue(finding.confirmed)
        self.assertEqual((finding.signature, finding.engine, finding.executions),
                         ("channels: lost value", "libfuzzer", 9))
        self.assertRegex(finding.case, r"findings/channels-lost-value-[0-9a-f]{10}\.case$")
        header = Path(finding.case).read_text().splitlines()
        for line in ("bug=planted", "oracle=channels", "flavour=any", "expect=fail"):
            self.assertIn(line, header)
        self.assertEqual(len(list(Path(finding.case).parent.iterdir())), 1)

    def test_a_crash_that_does_not_repeat_is_kept_but_not_confirmed(self):
        self.tree.write_tool(failures=1)
        finding, = self.run_campaign(CRASH).result.findings
        self.assertFalse(finding.confirmed)

    def test_what_was_reported_is_not_examined_again(self):
        self.run_campaign(CRASH).settle()
        self.assertEqual(self.run_campaign(QUIET).result.findings, [])

    def test_what_afl_fuzz_found_is_not_examined_again_either(self):
        self.tree.write_afl("write('crashes/id:000000,time:15,execs:40', b'crash')\n"
                            "write('crashes/id:000001,time:16,execs:41', b'crash 2')")
        campaign = self.start("afl", workers=1)
        fakes.poll_until(campaign.poll)
        self.assertEqual(len(campaign.result.findings), 1)
        campaign.settle()
        campaign.stop()
        self.assertEqual(self.run_campaign(QUIET).result.findings, [])

    def test_a_corpus_file_that_sigterm_cut_off_is_repaired(self):
        self.tree.write_libfuzzer("run(b'entry')\n"
                                  "open(os.path.join(corpus, hashlib.sha1(b'entry').hexdigest()),"
                                  "     'w').close()\nprint('ready', flush=True)\ntime.sleep(600)")
        campaign = self.start(workers=1)
        fakes.poll_until(lambda: "ready" in campaign.workers[0].log_tail())
        campaign.finish()
        entry, = (campaign.folder / "corpus").iterdir()
        self.assertEqual(entry.read_bytes(), b"entry")
        self.assertEqual(list((campaign.folder / "in-flight").iterdir()), [])

    def start_with(self, *folders, **more):
        campaign = Campaign(self.tree, Settings("address", 600, workers=1, corpus=folders, **more))
        self.addCleanup(campaign.stop)
        try:
            campaign.start()
        except Unusable:
            campaign.stop()
            raise
        return campaign

    def test_it_says_what_it_begins_with(self):
        self.tree.write_libfuzzer(QUIET)
        self.enterContext(mock.patch.object(evolved, "LOADED_MAX", 4))
        self.enterContext(mock.patch.object(evolved, "NEWEST_MIN", 1))
        given = self.folder / "given"
        (given / "sub").mkdir(parents=True)
        (given / "a.case").write_bytes(b"noise")
        (given / "sub" / "b").write_bytes(b"seed")
        corpus = self.tree.fuzz_folder("address") / "corpus"
        corpus.mkdir(parents=True)
        for i in range(20):
            (corpus / sha1(b"%d" % i)).write_bytes(b"%d" % i)
        campaign = self.start_with(given)
        self.assertEqual(campaign.result.inputs, (
            f"address  corpus: 1 seeds (1 not read: {given}/a.case:3:7: no input), "
            "4 evolved inputs (16 wait to be merged)"))
        self.assertEqual([path.read_bytes() for path in (campaign.folder / "seeds").iterdir()],
                         [b"seed"])
        self.assertEqual(campaign.workers[0].job.seeds, [campaign.folder / "seeds"])

    def test_seeds_of_which_none_can_be_read_are_refused(self):
        given = self.folder / "given"
        given.mkdir()
        with self.assertRaisesRegex(Unusable, "no input in .*given: 0 seeds .no files in"):
            self.start_with(given)
        (given / "a").write_bytes(b"noise")
        with self.assertRaisesRegex(Unusable, "1 not read: .*given/a:3:7: no input"):
            self.start_with(given)

    def test_empty_leaves_the_evolved_corpus_and_what_a_killed_campaign_left(self):
        work = self.tree.fuzz_folder("address")
        for name in ("corpus", "artifacts", "waiting/1"):
            (work / name).mkdir(parents=True)
        (work / "corpus" / sha1(b"evolved")).write_bytes(b"evolved")
        (work / "waiting" / "1" / sha1(b"waits")).write_bytes(b"waits")
        slow = work / "artifacts" / f"libfuzzer-0-timeout-{sha1(b'slow')}"
        slow.write_bytes(b"slow")
        before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
        for content in (b"first", b"second"):
            campaign = self.run_campaign(f"print(*os.listdir(corpus))\nsave({content!r})")
            self.assertNotIn(b"first", {path.name for path in campaign.evolved.corpus.iterdir()})
            self.assertEqual([path.read_bytes() for path in campaign.evolved.corpus.iterdir()],
                             [content])
            self.assertEqual(campaign.result.inputs,
                             "address  corpus: no seeds, and no evolved inputs")
            campaign.stop()
        for path, content in before.items():
            self.assertEqual(path.read_bytes(), content)

    def test_what_a_killed_campaign_with_empty_left_is_examined_by_the_next_one(self):
        artifacts = self.tree.fuzz_folder("address") / "empty" / "artifacts"
        artifacts.mkdir(parents=True)
        (artifacts / f"libfuzzer-0-crash-{sha1(b'crash')}").write_bytes(b"crash")
        campaign = self.run_campaign(QUIET)
        finding, = campaign.result.findings
        self.assertTrue(finding.left_over)
        self.assertEqual(Path(finding.case).parent,
                         self.tree.fuzz_folder("address").parent / "findings")

    def test_while_it_runs_the_corpus_is_trimmed(self):
        self.enterContext(mock.patch.object(campaign_module, "TRIM_S", 0.0))
        self.enterContext(mock.patch.multiple(evolved, LOADED_MAX=4, NEWEST_MIN=1,
                                              UNTOUCHED_S=-600))
        self.tree.write_libfuzzer("for i in range(30):\n    save(b'%d' % i)\n"
                                  "print('saved', flush=True)\ntime.sleep(600)")
        campaign = self.start(workers=1)
        fakes.poll_until(lambda: "saved" in campaign.workers[0].log_tail())
        campaign.poll()
        counts = campaign.evolved.counts()
        self.assertEqual((counts.loaded, counts.waiting), (4, 26))

    def test_an_input_that_fails_in_the_merge_is_a_finding(self):
        self.tree.write_libfuzzer("save(b'fatal')\nsave(b'ab')\nsave(b'a')\nsave(b'b')")
        campaign = self.start(workers=1)
        fakes.poll_until(campaign.poll)
        campaign.merge(600, always=True)
        finding, = campaign.result.findings
        self.assertEqual((finding.engine, finding.confirmed), (campaign_module.MERGE, True))
        self.assertEqual(sorted(path.read_bytes() for path in campaign.evolved.corpus.iterdir()),
                         [b"a", b"b"])
        self.assertEqual(campaign.result.remarks,
                         ["address  merge: 2 evolved inputs cover all, 1 pruned"])
        campaign.settle()
        self.assertEqual(list((campaign.folder / "artifacts").iterdir()), [])

    def test_one_that_passes_when_it_is_replayed_stays(self):
        self.tree.write_libfuzzer("save(b'odd')", merging="if b'odd' in content: os._exit(70)")
        campaign = self.start(workers=1)
        fakes.poll_until(campaign.poll)
        campaign.merge(600, always=True)
        self.assertEqual(campaign.result.findings, [])
        entry, = campaign.evolved.corpus.iterdir()
        self.assertEqual(entry.read_bytes(), b"odd")

    def test_a_fuzzer_that_dies_without_an_input_is_no_finding(self):
        result = self.run_campaign("print('why', flush=True)\nsys.exit(3)", workers=1).result
        self.assertEqual(result.findings, [])
        self.assertRegex(result.unusable, r"(?s)libfuzzer-0 ended with exit code 3 .*\nwhy$")

    def test_two_campaigns_in_one_folder_are_refused(self):
        self.enterContext(mock.patch.object(campaign_module, "LOCK_WAIT_S", 0.2))
        self.tree.write_libfuzzer("time.sleep(600)")
        self.start().poll()
        with self.assertRaisesRegex(Unusable, "another campaign"):
            self.start()

    def test_with_all_engines_each_has_a_worker_and_the_corpus_is_common(self):
        self.tree.write_afl("write('queue/id:000009,src:0,time:5,execs:9,op:x', b'by afl')\n"
                            "write('queue/id:000010,src:0,time:6,execs:10,op:x', b'more')\n"
                            "theirs = os.path.join(option('-F'), 'by-libfuzzer')\n"
                            "while not os.path.exists(theirs):\n"
                            "    time.sleep(0.02)\n"
                            "write('crashes/id:000000,time:1500,execs:40', b'crash')")
        # Ends when it sees what the other has found, and leaves something for it to see.
        self.tree.write_libfuzzer("while not os.path.exists(os.path.join(corpus, hashlib.sha1("
                                  "b'by afl').hexdigest())):\n    time.sleep(0.02)\n"
                                  "open(os.path.join(corpus, 'by-libfuzzer'), 'w').close()")
        campaign = self.start("all", workers=1)
        fakes.poll_until(campaign.poll)
        self.assertEqual([worker.engine for worker in campaign.workers], ["libfuzzer", "afl"])
        finding, = campaign.result.findings
        self.assertEqual(finding.engine, "afl")

    def test_a_worker_that_was_suspended_goes_on(self):
        campaign = self.run_campaign("if arguments['seed'] == '1':\n"
                                     "    save(b'slow', prefix + 'timeout-')\n"
                                     "    print('stat::number_of_executed_units: 9')\n"
                                     "    sys.exit(70)\n"
                                     "print('stat::number_of_executed_units: 100')", workers=1)
        result = campaign.result
        self.assertEqual((result.findings, result.executions), ([], 109))
        remark, = result.remarks
        self.assertIn("libfuzzer-0: an input took more than 10 s but passes", remark)
        self.assertEqual((campaign.evolved.corpus / sha1(b"slow")).read_bytes(), b"slow")
        self.assertEqual(list((campaign.folder / "artifacts").iterdir()), [])

    def test_but_not_when_its_time_is_up(self):
        campaign = self.run_campaign("time.sleep(0.2)\nsave(b'slow', prefix + 'timeout-')\n"
                                     "sys.exit(70)", workers=1, seconds=1)
        self.assertEqual(campaign.result.findings, [])
        self.assertEqual(campaign.workers[0].job.seed, 1)

    def test_an_input_that_is_slow_when_replayed_too_is_a_finding(self):
        finding, = self.run_campaign("save(b'fatal', prefix + 'timeout-')\nsys.exit(70)",
                                     workers=1).result.findings
        self.assertTrue(finding.confirmed)

    def test_a_crash_beside_it_is_one(self):
        campaign = self.run_campaign("save(b'slow', prefix + 'timeout-')\n"
                                     "save(b'crash', prefix + 'crash-')\nsys.exit(77)", workers=1)
        self.assertEqual(len(campaign.result.findings), 1)
        self.assertEqual(len(campaign.result.remarks), 1)

    def test_a_suspended_afl_fuzz_goes_on_too(self):
        self.tree.write_afl("if option('-s') == '1':\n"
                            "    write('hangs/id:000000,src:0,time:9,execs:7', b'slow')\n"
                            "    time.sleep(600)\n"
                            "write('queue/id:000099,time:1,execs:1', b' '.join(inputs))")
        campaign = self.start("afl", workers=1)
        fakes.poll_until(campaign.poll)
        self.assertEqual((campaign.result.findings, len(campaign.result.remarks)), ([], 1))
        found = [path.read_bytes() for path in (campaign.folder / "corpus").iterdir()]
        self.assertTrue(any(b"slow" in content.split() for content in found))

    def test_and_a_target_that_was_suspended_while_it_ran_seeds(self):
        self.enterContext(mock.patch.object(engine_afl, "RUN_TIMEOUT_S", 0.3))
        corpus = self.tree.fuzz_folder("address") / "corpus"
        corpus.mkdir(parents=True)
        (corpus / sha1(b"hang")).write_bytes(b"hang")
        self.tree.write_afl("")
        campaign = Campaign(self.tree, Settings("address", 20, engine="afl", workers=1, corpus=[]))
        self.addCleanup(campaign.stop)
        campaign.start()
        fakes.poll_until(campaign.poll)
        self.assertEqual((campaign.result.findings, len(campaign.result.remarks)), ([], 1))
        self.assertTrue(campaign.workers[0].is_fuzzing)

    def test_interrupted_while_afl_gathers_seeds(self):
        self.tree.write_afl("")
        with mock.patch.object(engine_afl.AflWorker, "gather_seeds", side_effect=Interrupted):
            campaign = Campaign(self.tree, Settings("address", 20, engine="afl", empty=True))
            self.addCleanup(campaign.stop)
            with self.assertRaises(Interrupted):
                campaign.start()
            campaign.finish()
        self.assertEqual(campaign.result.executions, 0)

    def test_interrupted_while_it_runs_them_no_seed_is_a_crash(self):
        (self.folder / "seeds").mkdir()
        (self.folder / "seeds" / "seed").write_bytes(b"hang")
        self.tree.write_afl("")
        campaign = Campaign(self.tree, Settings("address", 20, engine="afl", workers=1,
                                                corpus=[self.folder / "seeds"]))
        self.addCleanup(campaign.stop)
        campaign.start()
        fakes.poll_until((self.folder / "fuzz_sim_afl.hung").exists)
        campaign.finish()
        self.assertEqual(list((campaign.folder / "artifacts").iterdir()), [])

    def test_too_much_memory_is_no_finding_either_if_it_passes(self):
        result = self.run_campaign("if arguments['seed'] == '1':\n"
                                   "    save(b'large', prefix + 'oom-')\n"
                                   "    sys.exit(71)", workers=1).result
        self.assertEqual((result.findings, result.unusable), ([], ""))
        self.assertIn("more than 3072 MB when it ran an input, which passes", result.remarks[0])

    def test_one_that_does_not_end_may_hang_in_its_input(self):
        for content, found in ((b"fatal", 1), (b"harmless", 0)):
            self.tree.write_libfuzzer(f"run({content!r}, 9)\ntime.sleep(600)")
            campaign = self.start(workers=1)
            fakes.poll_until(lambda: campaign.workers[0].slot.read().content == content)
            with mock.patch.object(campaign_module, "OVERTIME_S", -600):
                fakes.poll_until(campaign.poll)
            result = campaign.result
            self.assertEqual((len(result.findings), result.unusable), (found, ""))


def cut(content, to=b""):
    """Behaviour: a crash whose file a full disk has cut."""
    return (f"run({content!r})\nopen(prefix + 'crash-{sha1(content)}', 'wb').write({to!r})\n"
            "sys.exit(77)")


class BadDiskTest(Machine):
    """A full, read-only or lost folder costs no finding, and makes none."""

    def settle(self, campaign):
        campaign.settle()
        campaign.stop()
        return campaign.result

    def kept(self, result):
        finding, = result.findings
        return Path(finding.case).read_text()

    def test_a_crash_whose_file_was_cut(self):
        for left in (b"", b"cra"):
            campaign = self.run_campaign(cut(b"crash", left), workers=1)
            finding, = campaign.result.findings
            self.assertTrue(finding.confirmed)
            self.assertIn(sha1(b"crash")[:10], finding.case)
            self.settle(campaign)
            self.assertEqual(self.run_campaign(QUIET).result.findings, [])

    def test_one_that_does_not_repeat_is_kept_too(self):
        self.tree.write_tool(failures=0)
        finding, = self.run_campaign(cut(b"crash"), workers=1).result.findings
        self.assertEqual(finding.signature, f"unconfirmed {sha1(b'crash')[:10]}")

    def test_a_crash_whose_file_could_not_be_made(self):
        finding, = self.run_campaign("run(b'crash')\nsys.exit(77)", workers=1).result.findings
        self.assertEqual((finding.confirmed, finding.engine), (True, "libfuzzer"))

    def test_a_crash_of_afl_fuzz_that_could_not_save_it(self):
        self.tree.write_afl("write('crashes/id:000000,time:15,execs:40', b'')\nrun(b'crash', 9)\n"
                            "os._exit(1)", fuzzing="")
        campaign = self.start("afl", workers=1)
        fakes.poll_until(campaign.poll)
        finding, = campaign.result.findings
        self.assertTrue(finding.confirmed)
        self.settle(campaign)
        self.assertEqual(self.run_campaign(QUIET).result.findings, [])

    def test_nor_if_it_has_run_others_since(self):
        """AFL++ does, before it sees that it cannot write."""
        for killer, found in ((b"crash", 1), (b"harmless", 0)):
            self.tree.write_afl("write('crashes/id:000000,time:15,execs:40', b'')\n"
                                f"run(b'another', 9, {killer!r})\nos._exit(1)", fuzzing="")
            campaign = self.start("afl", workers=1)
            fakes.poll_until(campaign.poll)
            self.assertEqual(len(campaign.result.findings), found)
            self.settle(campaign)
        self.assertRegex(campaign.result.unusable,
                         "id:000000,.* is empty or was cut, and nothing that "
                         "it left fails when it is replayed: the input that failed is lost")

    def test_no_empty_or_cut_file_is_a_finding(self):
        for behaviour in ("save(b'', prefix + 'crash-')", "open(prefix + 'crash-' + 'a' * 40, 'w')",
                          "open(prefix + 'crash-' + 'a' * 40, 'wb').write(b'ab')"):
            with self.subTest(behaviour=behaviour):
                result = self.run_campaign(behaviour + "\nsys.exit(77)", workers=1).result
                self.assertEqual(result.findings, [])
                self.assertRegex(result.unusable,
                                 "crash-.* (is empty|was cut to 2 bytes), and nothing "
                                 "that it left fails .* the input that failed is lost")

    def test_but_an_empty_input_that_fails_is(self):
        text = fakes.TOOL.replace("b'fatal' in source", "source == b''").replace("ANSWER", "{}")
        fakes.write_program(self.folder / "concertina", text)
        finding, = self.run_campaign("save(b'', prefix + 'crash-')\nsys.exit(77)",
                                     workers=1).result.findings
        self.assertTrue(finding.confirmed)

    def test_unconfirmed_ones_are_all_kept(self):
        self.tree.write_tool(failures=0)
        behaviour = "for i in range(5):\n    save(b'crash %d' % i, prefix + 'crash-')\nsys.exit(77)"
        campaign = self.run_campaign(behaviour, workers=1)
        found = campaign.result.findings
        self.assertEqual(len({finding.signature for finding in found}), 5)
        self.assertEqual(len({Path(finding.case).name for finding in found}), 5)
        self.assertTrue(all(Path(finding.case).is_file() for finding in found))
        self.settle(campaign)
        self.assertEqual(list((campaign.folder / "artifacts").iterdir()), [])

    def test_those_that_fail_now_and_then_too(self):
        self.tree.write_tool(failures=1)
        found = self.run_campaign("for i in range(3):\n    save(b'crash %d' % i, prefix + "
                                  "'crash-')\n"
                                  "sys.exit(77)", workers=1).result.findings
        self.assertEqual(len({Path(finding.case).name for finding in found}), 3)

    def test_what_the_tool_cannot_judge_is_kept_as_it_is(self):
        fakes.write_program(self.folder / "concertina", "import sys\nsys.exit('broken')")
        finding, = self.run_campaign(CRASH, workers=1).result.findings
        self.assertEqual(Path(finding.case).read_bytes(), b"crash")
        self.assertEqual((finding.confirmed, Path(finding.case).suffix), (False, ".bytes"))
        self.assertIn("broken", finding.remarks[0])

    def test_a_crash_in_a_folder_that_is_gone(self):
        result = self.run_campaign("import shutil\nrun(b'crash')\n"
                                   "shutil.rmtree(os.path.dirname(corpus))\nsys.exit(77)",
                                   workers=1).result
        self.assertIn("oracle=channels", self.kept(result))

    def test_a_folder_that_is_gone_ends_it(self):
        for part in ("", "/artifacts", "/corpus"):
            result = self.run_campaign("import shutil\n"
                                       f"shutil.rmtree(os.path.dirname(corpus) + {part!r})\n"
                                       "time.sleep(600)", workers=1).result
            self.assertEqual(result.findings, [])
            self.assertRegex(result.unusable, "^.* was removed$")

    def test_a_folder_that_takes_no_file_ends_it_and_its_crashes_count(self):
        ready = self.folder / "ready"
        for behaviour, found in (("run(b'harmless')", 0), ("run(b'crash')", 1)):
            ready.unlink(missing_ok=True)
            with mock.patch.object(campaign_module.DiskSpace, "look",
                                   lambda _: "x: No space left on device"
                                   if ready.exists() else ""):
                result = self.run_campaign(f"{behaviour}\nopen({str(ready)!r}, "
                                           f"'w')\ntime.sleep(600)",
                                           workers=1).result
            self.assertEqual(len(result.findings), found)
            said = result.remarks[0] if found else result.unusable
            self.assertIn("x: No space left on device", said)

    def test_corpus_files_that_were_cut_are_counted_and_removed(self):
        campaign = self.run_campaign("save(b'whole')\nfor i in range(3):\n"
                                     "    open(os.path.join(corpus, str(i) * 40), 'w').close()",
                                     workers=1)
        self.assertEqual(campaign.result.unusable, "3 corpus entries could not be written")
        self.assertEqual([path.read_bytes() for path in (campaign.folder / "corpus").iterdir()],
                         [b"whole"])

    def test_what_afl_fuzz_found_and_cannot_be_copied_is_counted(self):
        self.tree.write_afl("corpus = option('-F')\nos.rmdir(corpus)\nopen(corpus, 'w').close()\n"
                            "write('queue/id:000009,src:0,time:5,execs:9,op:x', b'new')\n"
                            "write('crashes/id:000000,time:15,execs:40', b'crash')")
        campaign = self.start("afl", workers=1)
        fakes.poll_until(campaign.poll)
        self.assertEqual(len(campaign.result.findings), 1)
        self.assertEqual(campaign.workers[0].unshared, 1)

    def blocked(self, *elsewhere):
        """Nothing can be kept where it belongs."""
        findings = self.tree.fuzz_folder("address").parent / "findings"
        findings.parent.mkdir(parents=True, exist_ok=True)
        findings.touch()
        self.enterContext(mock.patch.object(keeping, "elsewhere", lambda: list(elsewhere)))
        return findings

    def test_a_finding_is_kept_elsewhere_and_its_artifact_stays(self):
        findings = self.blocked(self.folder)
        first = self.settle(self.run_campaign(CRASH, workers=1))
        self.assertIn("oracle=channels", self.kept(first))
        self.assertIn("File exists", first.findings[0].remarks[0])
        findings.unlink()
        second = self.settle(self.run_campaign(QUIET, workers=1))
        self.assertEqual(Path(second.findings[0].case).parent, findings)
        self.assertEqual(self.run_campaign(QUIET, workers=1).result.findings, [])

    def test_one_that_can_be_kept_nowhere_is_in_the_result(self):
        self.blocked()
        campaign = self.run_campaign(cut(b"crash"), workers=1)
        finding, = self.settle(campaign).findings
        self.assertEqual((finding.case, base64.b64decode(finding.input)), ("", b"crash"))
        json.dumps(dataclasses.asdict(campaign.result))
        # The file is cut, so what is left of it is the input in flight.
        self.assertEqual(len(self.run_campaign(QUIET, workers=1).result.findings), 1)


class NothingNewTest(Machine):
    """All the time went into inputs that were known."""

    def test_with_libfuzzer(self):
        for behaviour in ("run(b'', 2)",  # it has loaded all, just in time
                          "os.truncate(slot, 0)\nrun(b'', 0)"):
            result = self.run_campaign(behaviour, workers=2).result
            self.assertEqual(result.new_inputs, 0)
            self.assertRegex(result.unusable, "no new input was run: all the time went into")

    def test_with_afl(self):
        self.tree.write_afl("run(b'', 500)", fuzzing="")
        campaign = self.start("afl", workers=1)
        fakes.poll_until(campaign.poll)
        self.assertRegex(campaign.result.unusable, "no new input was run")

    def test_one_worker_of_two(self):
        campaign = self.run_campaign("if arguments['seed'] == '1':\n    run(b'', 2)", workers=2)
        self.assertEqual((campaign.result.unusable, campaign.result.new_inputs), ("", 6))
        remark, = campaign.result.remarks
        self.assertRegex(remark,
                         "^libfuzzer-0 ran no new input: its time went into 8 runs of known ones")

    def test_afl_that_had_time(self):
        self.tree.write_afl("time.sleep(600)")
        campaign = self.start("afl", workers=1)
        worker, = campaign.workers
        fakes.poll_until(lambda: campaign.poll() or worker.new_inputs())
        worker.job.seconds = 0
        fakes.poll_until(campaign.poll)
        self.assertEqual(campaign.result.unusable, "")
        self.assertGreater(campaign.result.new_inputs, 0)


if __name__ == "__main__":
    unittest.main()
