"""scripts/fuzz in front of stand-ins for engines and the tool: what it says, and its exit code."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import building
import concertina
import fakes
import keeping
from common import EXIT_FAILED, EXIT_OK, Interrupted, Unusable
from run_door import load

CRASH = "run(b'crash')\nsave(b'crash', prefix + 'crash-')\nsys.exit(77)"
# A tool that minimises, too.
MINIMIZES = """
import sys
if sys.argv[1] == 'minimize':
    open(sys.argv[sys.argv.index('-o') + 1], 'w').write('small')
    print('{"goroutines": 1, "operations": 1, "stack_events": 0, "preemptions": 0, "runs": 1,'
          '"free_of_chance": true, "seconds": 0.1}')
    sys.exit(0)
""" + fakes.TOOL.replace("ANSWER", "{}")


class FuzzTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = fakes.Tree(self.folder)
        fakes.write_program(self.folder / "concertina", MINIMIZES)
        for name in ("tree", "clean_tree"):
            self.enterContext(mock.patch.object(building, name, lambda *_: self.tree))
        self.enterContext(mock.patch.object(building, "build_for_engine"))
        self.json = self.folder / "result.json"
        self.findings = self.tree.fuzz_folder("none").parent / "findings"
        self.other = self.folder / "tmp"
        self.other.mkdir()
        self.enterContext(mock.patch.object(keeping, "elsewhere", lambda: [self.other]))

    def fuzz(self, behaviour, *more, sanitizer="none"):
        self.tree.write_libfuzzer(behaviour)
        arguments = ["fuzz", "--seconds", "20", "--workers", "1", "--json", str(self.json),
                     *(["--empty"] if "--merge" not in more else []),
                     *(["--sanitizer", sanitizer] if sanitizer else []), *more]
        door = load("fuzz")
        with mock.patch.object(sys, "argv", arguments), \
                contextlib.redirect_stdout(io.StringIO()) as said:
            try:
                return door.main(door.parse_options()), said.getvalue()
            except Unusable as reason:
                return reason, said.getvalue()

    def result(self):
        return json.loads(self.json.read_text())

    def test_no_bug(self):
        code, said = self.fuzz("")
        self.assertEqual((code, said.splitlines()[-1]), (EXIT_OK, "no bug found"))
        self.assertEqual((self.result()["new_inputs"], self.result()["unusable"]), (6, ""))

    def test_a_merge_has_looked_for_none(self):
        code, said = self.fuzz("sys.exit('not to be started')", "--merge")
        self.assertEqual((code, said.splitlines()[-1]),
                         (EXIT_OK, "none     merge: nothing to merge"))

    def test_each_flavour_must_have_fuzzed(self):
        """The other one still has its turn, and may find something."""
        lazy = "if 'address' in corpus:\n    run(b'', 2)\n"
        code, said = self.fuzz(lazy, sanitizer=None)
        self.assertRegex(str(code), "^address: no new input was run: ")
        self.assertNotIn("no bug found", said)
        self.assertEqual([len(self.result()["campaigns"]), self.result()["new_inputs"]], [2, 6])
        code, said = self.fuzz(f"{lazy}else:\n    {CRASH.replace(chr(10), '; ')}", sanitizer=None)
        self.assertEqual(code, EXIT_FAILED)
        self.assertIn("address: no new input was run", said)

    def test_a_campaign_that_could_not_go_on(self):
        code, said = self.fuzz("open(os.path.join(corpus, 'a' * 40), 'w').close()")
        self.assertEqual(str(code), "none: 1 corpus entry could not be written")
        self.assertIn("could not be written", self.result()["unusable"])
        self.assertNotIn("no bug found", said)

    def test_a_folder_that_cannot_be_made(self):
        folder = self.tree.fuzz_folder("none")
        folder.parent.mkdir(parents=True)
        folder.touch()
        code, said = self.fuzz("")
        self.assertRegex(str(code), "^none: .*fuzz/none.*: (File exists|Not a directory)$")
        self.assertNotIn("no bug found", said)

    def test_a_finding_is_kept_and_minimised_where_that_works(self):
        self.findings.parent.mkdir(parents=True)
        self.findings.touch()
        code, said = self.fuzz(CRASH)
        finding, = self.result()["findings"]
        self.assertEqual(code, EXIT_FAILED)
        for path in (finding["case"], finding["minimised"]):
            self.assertEqual(Path(path).parent.parent, self.other)
        self.assertIn("it cannot be kept in", said)
        self.assertEqual(Path(finding["minimised"]).read_text(), "small")

    def test_an_unwritable_minimised_case_does_not_lose_the_case(self):
        self.fuzz(CRASH)
        case = next(self.findings.glob("*value-??????????.case"))
        minimised = case.with_suffix(".min.case")
        minimised.unlink()
        minimised.mkdir()
        case.unlink()
        code, said = self.fuzz(CRASH)
        self.assertEqual((code, case.is_file()), (EXIT_FAILED, True))
        self.assertRegex(said, r"minimal .*/concertina-finding-.*\.min\.case")
        with mock.patch.object(keeping, "place_for", lambda _: (None, ["nowhere"])):
            code, said = self.fuzz(CRASH)
        self.assertEqual(code, EXIT_FAILED)
        self.assertIn("not minimised: nowhere", said)

    def test_where_it_was_minimised_nothing_is_left(self):
        own = self.other / "own"
        own.mkdir()
        with mock.patch.object(keeping, "place_for", lambda _: (own, ["full"])):
            code, said = self.fuzz(CRASH)
        self.assertEqual((code, list(self.other.iterdir())), (EXIT_FAILED, []))
        self.assertRegex(said, r"minimal .*/findings/.*\.min\.case")

    def test_what_a_killed_call_was_minimising_is_removed_by_the_next(self):
        """Its name is one of those that files.write_whole removes when their writer is no more."""
        minimize = concertina.minimize
        outputs = []

        def minimize_and_remember(tool, case, output):
            outputs.append(Path(output))
            return minimize(tool, case, output)
        with mock.patch.object(concertina, "minimize", minimize_and_remember):
            self.fuzz(CRASH)
        ended = subprocess.Popen(["true"])
        ended.wait()
        left = outputs[0].with_name(outputs[0].name.replace(f".{os.getpid()}.", f".{ended.pid}."))
        self.assertNotEqual(left, outputs[0])
        left.write_text("small")
        self.fuzz(CRASH)
        self.assertFalse(left.exists())
        self.assertFalse(outputs[0].exists())

    def test_what_can_be_kept_nowhere_is_printed_and_replays(self):
        self.findings.parent.mkdir(parents=True)
        self.findings.touch()
        with mock.patch.object(keeping, "elsewhere", lambda: []):
            code, said = self.fuzz(CRASH)
        self.assertEqual(code, EXIT_FAILED)
        self.assertIn("base64 -d > finding.bytes <<'END'\nY3Jhc2g=\nEND\n", said)
        self.assertIn("replay   scripts/replay finding.bytes --flavour none", said)

    def test_until_its_result_is_written_a_finding_is_not_settled(self):
        """A night reads that, and a kill comes when it likes: the next call reports it again."""
        door = load("fuzz")
        with mock.patch.object(door.files, "write_json", side_effect=Interrupted):
            with self.assertRaises(Interrupted):
                self.fuzz(CRASH)
        self.assertFalse(self.json.exists())
        code, _ = self.fuzz("sys.exit('not to be started')")
        self.assertEqual((code, len(self.result()["findings"])), (EXIT_FAILED, 1))

    def test_a_result_that_cannot_be_written_does_not_hide_a_bug(self):
        full = OSError(28, "No space left on device", str(self.json))
        with mock.patch("files.write_json", side_effect=full):
            code, said = self.fuzz(CRASH)
            self.assertEqual(code, EXIT_FAILED)
            self.assertIn("--json", said)
            self.assertTrue(any(self.findings.iterdir()))
            code, _ = self.fuzz("")
        self.assertRegex(str(code), "--json: .*result.json: No space left on device")


if __name__ == "__main__":
    unittest.main()
