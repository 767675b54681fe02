"""With the stand-in of fakes.py, for which a feature is a byte that an input has. check_merge.py
does it with the real target."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import evolved
import fakes
import merging
from artifacts import sha1
from common import Unusable
from evolved import Evolved
from merging import Control, Merge, parse

SCRIPT = """
import sys
sys.path.insert(0, {lib!r})
import merging
from evolved import Evolved
merging.PIECE_MAX = 7
merging.Merge({binary!r}, Evolved({folder!r})).run(600)
"""


def features(contents):
    return set(b"".join(contents))


def random_inputs(count, seed=1):
    """Of some letters each, so that a few cover all."""
    chance = random.Random(seed)
    return [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9)))
            + b" %d" % i for i in range(count)]


def run_here(merge):
    """What the stand-in does, without a process."""
    control = parse(merge.path.read_bytes())
    seen = set()
    with open(merge.path, "a", encoding="utf-8") as file:
        for place in range(control.started, len(control.names)):
            new = set(merge.evolved.where(control.names[place]).read_bytes()) - seen
            print(f"STARTED {place} 1\nFT {place}", *new, file=file)
            seen |= new
    return 0


class MergeTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(merging, "PIECE_MAX", 7))
        self.enterContext(mock.patch.multiple(evolved, LOADED_MAX=5, NEWEST_MIN=2))
        self.tree = fakes.Tree(self.folder)
        self.tree.write_libfuzzer("")
        self.evolved = Evolved(self.folder / "work")
        self.evolved.corpus.mkdir(parents=True)

    def add(self, *contents):
        for content in contents:
            (self.evolved.corpus / sha1(content)).write_bytes(content)
        self.evolved.open()

    def merge(self, seconds=600):
        return Merge(self.tree.binary("", "fuzz_sim"), self.evolved).run(seconds)

    def held(self):
        """What is kept as an entry, wherever."""
        return [path.read_bytes() for folder in (self.evolved.corpus, self.evolved.waiting)
                for path in folder.rglob("*") if path.is_file()]

    def assert_merged(self, inputs):
        held = self.held()
        self.assertEqual(features(held), features(inputs))
        self.assertLess(len(held), len(inputs))
        self.assertEqual(self.evolved.core(), set(map(sha1, held)))
        self.assertEqual(self.evolved.counts().waiting, 0)
        self.assertEqual(list(self.evolved.folder.glob("merging-*")), [])

    def test_what_is_kept_has_all_features_and_each_has_one_that_no_other_has(self):
        self.add(b"ab", b"b", b"abc", b"xyz")
        merged = self.merge()
        self.assertEqual(sorted(self.held()), [b"ab", b"abc", b"b", b"xyz"])  # smaller ones first
        self.add(b"a", b"c", b"xy", b"zz", b"cab")
        merged = self.merge()
        self.assertEqual(sorted(self.held()), [b"a", b"b", b"c", b"xy", b"zz"])
        self.assertEqual((merged.kept, merged.pruned, merged.waiting), (5, 4, 0))

    def test_in_pieces_nothing_is_lost_either(self):
        inputs = random_inputs(100)
        self.add(*inputs)
        merged = self.merge()
        self.assertGreater(merged.pieces, 5)
        self.assert_merged(inputs)
        self.assertEqual(merged.pruned, len(inputs) - merged.kept)

    def test_what_waits_and_was_found_again_is_merged_once(self):
        """Else it would wait for ever, and every merge start over."""
        inputs = random_inputs(20)
        self.add(*inputs)
        self.merge()
        for number, content in enumerate([*inputs, *self.held()]):
            path = self.evolved.waiting / str(number % 3 + 1) / (sha1(content) + "x" * (number % 2))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        with mock.patch.object(merging, "WORTH_IT", 1):
            self.assertTrue(self.merge(seconds=20).is_done)
            self.assert_merged(inputs)
            self.assertFalse(Merge(self.tree.binary("", "fuzz_sim"), self.evolved).is_worth_it())
        self.assertEqual(self.merge().words(), "nothing to merge")

    def test_an_entry_of_a_wrong_name_beside_itself_is_not_lost(self):
        for names in (("a", sha1(b"abc")), (sha1(b"abc"), "z"), ("a", "z")):
            self.evolved.discard()
            self.evolved.corpus.mkdir(parents=True)
            for name in names:
                (self.evolved.corpus / name).write_bytes(b"abc")
            self.merge()
            self.assertEqual(self.held(), [b"abc"])

    def test_nothing_new_is_nothing_to_do(self):
        self.add(*random_inputs(20))
        self.merge()
        self.tree.write_libfuzzer("", merging="sys.exit('not to be started')")
        self.assertEqual(self.merge().words(), "nothing to merge")

    def test_when_the_time_is_up_the_next_one_goes_on_where_it_was(self):
        inputs = [b"%c" % letter for letter in b"abcde"]
        self.add(*inputs)
        runs, once = self.folder / "runs", self.folder / "once"
        self.tree.write_libfuzzer("", merging=(
            f"print(place, file=open({str(runs)!r}, 'a'))\n"
            f"            if place == 3 and not os.path.exists({str(once)!r}):\n"
            "                time.sleep(600)"))

        def wait(process, timeout=None, real=subprocess.Popen.wait):
            if timeout is None:
                return real(process)
            fakes.poll_until(lambda: runs.exists() and "3" in runs.read_text())
            raise subprocess.TimeoutExpired("", timeout)
        with mock.patch.object(merging.processes.Process, "wait", wait):
            merged = self.merge()
        self.assertEqual(merged.words(), "3 evolved inputs run; the next merge continues there")
        self.assertEqual(sorted(self.held()), inputs)
        once.touch()
        merged = self.merge()
        self.assertEqual(runs.read_text().split(), ["0", "1", "2", "3", "3", "4"])
        self.assertEqual((merged.run, merged.kept), (2, 5))

    def test_of_another_build_no_feature_counts(self):
        self.add(b"a", b"b", b"ab")
        merge = Merge(self.tree.binary("", "fuzz_sim"), self.evolved)
        names = [sha1(content) for content in (b"a", b"b", b"ab")]
        merge.path.write_text(Control(names, 1, {0: {97, 98}}).text(names))
        self.tree.write_libfuzzer("print('another build')")
        self.merge()
        self.assertEqual(sorted(self.held()), [b"a", b"b"])

    def test_nor_of_entries_that_are_gone(self):
        self.add(b"a", b"b", b"ab")
        merge = Merge(self.tree.binary("", "fuzz_sim"), self.evolved)
        names = [sha1(content) for content in (b"gone", b"a", b"b", b"ab")]
        merge.path.write_text(Control(names, 1, {0: {97, 98}}).text(names))
        self.merge()
        self.assertEqual(sorted(self.held()), [b"a", b"b"])

    def test_an_input_that_kills_becomes_an_artifact_and_the_others_are_merged(self):
        inputs = random_inputs(40)
        self.add(*inputs, b"fatal 1", b"fatal 2")
        merged = self.merge()
        folder = self.evolved.folder / "artifacts"
        self.assertEqual(sorted(path.name for path in merged.failing), sorted(
            f"merge-crash-{sha1(content)}" for content in (b"fatal 1", b"fatal 2")))
        self.assertEqual({path.read_bytes() for path in folder.iterdir()}, {b"fatal 1", b"fatal 2"})
        self.assert_merged(inputs)

    def test_many_that_kill_are_left_for_later(self):
        inputs = [b"fatal %d" % i for i in range(20)]
        self.add(*inputs)
        merged = self.merge()
        self.assertEqual(len(merged.failing), merging.FAILING_MAX)
        self.assertEqual(len(self.held()), 20 - merging.FAILING_MAX)
        self.assertEqual(len(self.merge().failing), merging.FAILING_MAX)

    def test_a_target_that_runs_nothing_is_said_and_loses_nothing(self):
        inputs = random_inputs(9)
        self.add(*inputs)
        self.tree.write_libfuzzer("", merging="os._exit(1)")
        self.binary_that("sys.exit('no such option')")
        with self.assertRaisesRegex(Unusable, "exit code 1; its log ends:\nno such option"):
            self.merge()
        self.assertEqual(sorted(self.held()), sorted(inputs))

    def binary_that(self, text):
        fakes.write_program(self.tree.binary("", "fuzz_sim"), "import os, sys\n" + text + "\n")

    def test_a_full_disk_prunes_nothing(self):
        """What the target appends does not get there; it ends as if all were well."""
        inputs = random_inputs(9)
        self.add(*inputs)
        for rest in ("", "STARTED 0 3\\nFT 0 97 9"):
            with self.subTest(rest=rest):
                self.binary_that("path = sys.argv[2].partition('=')[2]\n"
                                 f"open(path, 'a').write('{rest}')")
                with self.assertRaisesRegex(Unusable, "has not run all inputs"):
                    self.merge()
                self.assertEqual(sorted(self.held()), sorted(inputs))

    def test_foreign_names_cut_and_empty_files_are_what_they_hold(self):
        (self.evolved.corpus / "my-own").write_bytes(b"mine")
        (self.evolved.corpus / sha1(b"whole")).write_bytes(b"who")
        (self.evolved.corpus / sha1(b"nothing left")).write_bytes(b"")
        self.merge()
        self.assertEqual(self.evolved.core(), {sha1(b"mine"), sha1(b"who")})
        self.assertEqual(sorted(self.held()), [b"mine", b"who"])

    def test_killed_at_any_step_it_loses_nothing(self):
        class Killed(BaseException):
            pass
        self.enterContext(mock.patch.object(Merge, "run_target", run_here))
        steps = 0
        inputs = random_inputs(20, seed=3)
        for step in range(1000):
            self.setUp()
            self.add(*inputs)
            count = 0

            def kill(real):
                def call(*arguments, **options):
                    nonlocal count
                    count += 1
                    if count > step:
                        raise Killed()
                    return real(*arguments, **options)
                return call
            with mock.patch.object(os, "rename", kill(os.rename)), \
                    mock.patch.object(os, "replace", kill(os.replace)), \
                    mock.patch.object(os, "unlink", kill(os.unlink)):
                try:
                    self.merge()
                    break
                except Killed:
                    steps += 1
            self.assertEqual(features(self.held()), features(inputs))
            self.merge()
            self.assert_merged(inputs)
        self.assertGreater(steps, 10)

    def test_a_script_that_is_killed_loses_nothing(self):
        inputs = random_inputs(60)
        self.add(*inputs)
        self.tree.write_libfuzzer("", merging="time.sleep(0.002)")
        script = SCRIPT.format(lib=str(Path(__file__).parent), folder=str(self.evolved.folder),
                               binary=str(self.tree.binary("", "fuzz_sim")))
        for _ in range(4):
            pieces = len(self.held())
            with subprocess.Popen([sys.executable, "-B", "-c", script]) as process:
                fakes.poll_until(lambda: len(self.held()) < pieces or process.poll() is not None)
                process.send_signal(signal.SIGKILL)
            self.assertEqual(features(self.held()), features(inputs))
        self.merge()
        self.assert_merged(inputs)


class ControlTest(unittest.TestCase):
    def test_reads_what_it_writes(self):
        control = Control(["a", "b", "c"], 3, {0: frozenset({1, 2}), 2: frozenset({2, 7})})
        self.assertEqual(parse(control.text(["x/a", "x/b", "x/c"]).encode()), control)
        self.assertEqual(control.kept(), [0, 2])

    def test_a_cut_line_is_none(self):
        text = Control(["a", "b"]).text(["a", "b"])
        control = parse(f"{text}STARTED 0 1\nFT 0 5\nCOV 0\nSTARTED 1 1\nFT 1 5 1".encode())
        self.assertEqual((control.started, control.features), (2, {0: frozenset({5})}))

    def test_damage_ends_what_is_believed(self):
        text = Control(["a", "b"]).text(["a", "b"])
        for line in ("STARTED 1 4", "FT 1 3", "FT x", "NONSENSE 0", "STARTED"):
            control = parse(f"{text}{line}\nSTARTED 0 1\nFT 0 5\n".encode())
            self.assertEqual((control.started, control.features), (0, {}), line)
        for content in (b"", b"\xff\n0\n", b"9999\n0\na\n", b"2\n0\na"):
            self.assertIsNone(parse(content))


if __name__ == "__main__":
    unittest.main()
