"""Doors in front of stand-in programs, ended while those run; and what a trial must see.

A stand-in says by a file that it runs, with a child of its own in another session, so that the
moment is no matter of luck."""

import contextlib
import io
import json
import os
import random
import signal
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fakes
import kill_subjects
import kill_trials
import trials
from artifacts import sha1
from common import Unusable
from kill_accounts import Account

LIB = Path(__file__).resolve().parent
# Stands for any program that a door runs. Called a second time, it ends at once: TRAIL, its
# behaviour.
STAND_IN = """
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
ready = READY
if not os.path.exists(ready):
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    open(ready, "w").close()
    time.sleep(600)
option = lambda name: sys.argv[sys.argv.index(name) + 1]
TRAIL
"""
# The door NAME, with stand-ins for all that it would build.
DOOR = """
import sys
sys.path.insert(0, {lib!r})
import building, ending, fakes, mutants, night_steps, run_door, stressing
from pathlib import Path
folder = Path({folder!r})
tree = fakes.Tree(folder, is_new=False)
building.clean_tree = building.tree = building.mutant_tree = lambda *_: tree
building.build = building.build_for_engine = lambda *_, **__: None
stressing.FOLDER = folder / "stress"
mutants.names = lambda: ["planted"]
night_steps.SCRIPTS = folder
night_steps.steps_of = lambda *_: [("fuzz", night_steps.fuzz("none", 5, 1))]
sys.argv = [{name!r}, *sys.argv[1:]]
door = run_door.load({name!r})
door.FOLDER = folder
ending.LOGS = folder / "logs"
ending.run({name!r}, lambda: door.main(door.parse_options()))
"""
PASSES = ('print(\'{"failures": 0, "times": 1, "agree": true, "signature": "pass", '
          '"oracle": ""}\')')
FIGURES = ("json.dump({'job': 'ring', 'seconds': 1.5, 'batches': 3, 'goroutines': 4, 'operations': "
           "5,"
           "'stack_copies': 6, 'copies_under_lock_taken': 1, 'copies_under_lock_held': 2, 'scans': "
           "7,"
           "'shrinks': 8, 'failures': 0, 'repeat': '', 'program': ''}, open(option('--json'), "
           "'w'))")
NIGHT = "json.dump({'executions': 1, 'corpus': 1, 'findings': []}, open(option('--json'), 'w'))"


class TrialTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.ready = self.folder / "ready"
        self.case = self.folder / "a.case"
        self.case.write_text("seed")
        self.tree = fakes.Tree(self.folder)
        trials.obey_signals()
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        self.enterContext(mock.patch.dict(os.environ, PATH=path))
        self.enterContext(mock.patch.object(kill_trials, "GONE_S", 10))

    def program(self, name, trail):
        fakes.write_program(self.folder / name, STAND_IN.replace("READY", repr(str(self.ready)))
                            .replace("TRAIL", trail))

    def wait(self, process):
        fakes.poll_until(lambda: self.ready.exists() or process.poll() is not None)

    def try_once(self, command, number=signal.SIGKILL, to_group=False, **subject):
        self.ready.unlink(missing_ok=True)
        return kill_trials.try_once(kill_subjects.Subject("subject", command, **subject), number,
                                    self.wait, to_group)


class DoorsTest(TrialTest):
    def door(self, name, *arguments):
        text = DOOR.format(lib=str(LIB), folder=str(self.folder), name=name)
        return [sys.executable, "-B", "-c", text, *arguments]

    def assert_ends_well(self, command, **subject):
        for number in kill_trials.SIGNALS:
            to_group = number == signal.SIGINT  # as a terminal does
            with self.subTest(number=number):
                trial = self.try_once(command, number, to_group, **subject)
                self.assertEqual((trial.faults, trial.was_faster), ([], False))

    def test_fuzz_with_libfuzzer(self):
        self.tree.write_libfuzzer(f"if not os.path.exists({str(self.ready)!r}):\n"
                                  "    import subprocess\n"
                                  "    run(b'entry')\n"
                                  "    save(b'entry')\n"
                                  "    subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
                                  f"    open({str(self.ready)!r}, 'w').close()\n"
                                  "    time.sleep(600)\n")
        self.assert_ends_well(
            self.door("fuzz", "--sanitizer", "none", "--workers", "2", "--seconds", "20"),
            after_rerun=lambda: []
            if len(list((self.folder / "fuzz" / "none" / "corpus").iterdir()))
            == 1 else ["lost"])

    def test_fuzz_with_afl(self):
        self.tree.write_libfuzzer("")  # it merges
        self.tree.write_afl(f"import subprocess\nif not os.path.exists({str(self.ready)!r}):\n"
                            "    subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
                            f"    open({str(self.ready)!r}, 'w').close()\n"
                            "    time.sleep(600)\n"
                            "time.sleep(2)\n")  # it fuzzes, and is seen to
        self.assert_ends_well(
            self.door("fuzz", "--sanitizer", "none", "--engine", "afl", "--workers", "1"))

    def test_minimize(self):
        self.program("concertina", "print('header: x')")
        self.assert_ends_well(self.door("minimize", str(self.case), "--flavour", "none"))

    def test_replay(self):
        self.program("concertina", "")
        self.assert_ends_well(self.door("replay", str(self.case)))

    def test_promote(self):
        self.program("concertina", "print('bug: close-forgets-senders')\n" + PASSES)
        name = self.folder / "regress" / "some-behaviour.case"
        command = self.door("promote", str(self.case), "--name", name.stem, "--neighbours", "0")
        command[3] = command[3].replace("ending.run(",
                                        "door.REGRESS = folder / 'regress'\nending.run(")
        # In no flavour does the mutant fail: nothing is promoted.
        self.assert_ends_well(command, codes=(1,),
                              after_rerun=lambda: ["promoted"] if name.exists() else [])

    def test_stress(self):
        self.program("stress_jobs", FIGURES)
        out = self.folder / "out.json"
        self.assert_ends_well(
            self.door("stress", "--job", "ring", "--sanitizer", "none", "--json", str(out)),
            prepare=lambda: out.unlink(missing_ok=True),
            after=lambda: ["written"] if out.exists() else [],
            after_rerun=lambda: [] if json.loads(out.read_text()) else ["not written"])

    def test_nightly(self):
        """A door that calls a door."""
        self.program("fuzz", NIGHT)
        state, summary = (self.folder / "night" / f"{name}.json" for name in ("state", "summary"))

        def done():
            return [json.loads(state.read_text())["results"] != [],
                    json.loads(summary.read_text())["good"]]

        def prepare():
            state.unlink(missing_ok=True)
        self.assert_ends_well(self.door("nightly", "--no-setup", "--night", "night"),
                              prepare=prepare,
                              after=lambda: ["an interrupted step counts"] if any(done()) else [],
                              after_rerun=lambda: [] if all(done()) else ["not done"])


class FaultsTest(TrialTest):
    """What a trial must not overlook."""

    def seen(self, body, number=signal.SIGTERM, trail="", **subject):
        """The faults of a script that is ready and then does `body`; called again, `trail`."""
        self.program("script", trail)
        path = self.folder / "script"
        text = path.read_text().replace(
            '    subprocess.Popen(["sleep", "600"], start_new_session=True)\n', body)
        path.write_text(text)
        return self.try_once([path], number, **subject).faults

    def test_a_good_script_has_none(self):
        self.assertEqual(self.seen(""), [])

    def test_another_exit_code(self):
        fault, = self.seen("    import signal\n    signal.signal(15, lambda *_: sys.exit(1))\n")
        self.assertIn("ended with 1", fault)

    def test_a_traceback(self):
        fault, = self.seen("    import signal\n    signal.signal(15, lambda *_: 1 / 0)\n",
                           codes=(0, 1))
        self.assertIn("traceback", fault)

    def test_a_script_that_does_not_end(self):
        self.enterContext(mock.patch.object(kill_trials, "ENDING_S", 0.5))
        fault, = self.seen("    import signal\n    signal.signal(15, signal.SIG_IGN)\n")
        self.assertIn("ended with None", fault)

    def test_a_child_that_is_left(self):
        self.enterContext(mock.patch.object(kill_trials, "GONE_S", 0.5))
        child = ("    quiet = {name: subprocess.DEVNULL for name in ('stdout', 'stderr')}\n"
                 "    subprocess.Popen(['sleep', '600'], start_new_session=True, **quiet)\n")
        fault, = self.seen(child, signal.SIGKILL)
        self.assertIn("1 processes are left: sleep 600", fault)

    def test_half_of_a_file_and_what_the_next_run_says(self):
        path = self.folder / "out.json"
        path.write_text("[1, ")
        fault, = self.seen("", after=lambda: kill_subjects.cut_json(path))
        self.assertIn("damaged", fault)
        fault, = self.seen("", trail="sys.exit(1)")
        self.assertIn("undisturbed it ended with 1", fault)

    def test_a_campaign_that_lost_what_it_had(self):
        fuzz = kill_subjects.Fuzz(self.tree, "none", "libfuzzer", 600)
        fuzz.json = self.folder / "fuzz.json"
        fuzz.features = lambda folder: len(list(Path(folder).iterdir()))
        corpus = fuzz.folder / "corpus"
        corpus.mkdir(parents=True)
        own = corpus / sha1(b"mine")
        own.write_text("mine")
        findings = fuzz.folder.parent / "findings"
        findings.mkdir()
        (findings / "a.case").write_text("finding")
        fuzz.prepare()
        found = {"findings": [{"signature": "s"}]}
        fuzz.json.write_text(json.dumps(found))
        ended = trials.Ended(1, "")
        self.assertEqual(fuzz.count(None, ended).faults(), [])
        own.rename(fuzz.folder / "elsewhere")  # in the folder it may be anywhere
        self.assertEqual(fuzz.count(None, ended).faults(), [])
        (fuzz.folder / "elsewhere").unlink()
        (corpus / ("0" * 40)).write_text("cut")
        (findings / "a.case").unlink()
        fuzz.json.write_text('{"findings": []}')
        self.assertEqual([fault.split()[-1] for fault in fuzz.after_rerun()], ["cut"])
        self.assertEqual(fuzz.count(None, ended).faults(),
                         [f"lost: entry {sha1(b'mine')}", "lost: finding a.case",
                          "false claim: a bug, and none is reported"])

    def test_the_table_counts_all(self):
        subject = kill_subjects.Subject("quick", ["true"])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(kill_trials.run([subject], 3, random.Random(1)), 0)
            self.assertEqual(kill_trials.run([kill_subjects.Subject(
                "bad", ["true"], after=lambda: ["x"])], 2, random.Random(1)), 2)
        self.assertIn("| all |  | 3 |", said.getvalue())
        self.assertIn("FAULT in trial 1: x", said.getvalue())
        self.assertNotIn("false claims", said.getvalue())
        slow = kill_subjects.Subject("slow", ["sleep", "0.5"],
                                     count=lambda *_: Account(3, 2, ["one"], ["x"]))
        self.enterContext(mock.patch.object(kill_trials, "moment", lambda *_: 0))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(kill_trials.run([slow], 2, random.Random(1), [signal.SIGKILL]), 4)
        self.assertIn("| slow | 2 | 6 | 4 | 0 | 2 | 2 |", said.getvalue())
        self.assertIn("lost: one", said.getvalue())
        with self.assertRaisesRegex(Unusable, "undisturbed it ended with 1"):
            kill_trials.run([kill_subjects.Subject("broken", ["false"])], 1, random.Random(1))


if __name__ == "__main__":
    unittest.main()
