import stat
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import concertina
import litmus
import mutants
from common import Unusable

FAILED = ('{"end": "failed", "preemptions": 1, "signature": "deadlock: x", "oracle": "deadlock", '
          '"output": "", "why_no_output": "", "bounds": [{"bound": 0, "schedules": 3}, '
          '{"bound": 1, "schedules": 4}]}')
COMPLETE = ('{"end": "complete", "preemptions": 0, "signature": "pass", "oracle": "", "output": '
            '"", '
            '"why_no_output": "", "bounds": [{"bound": 0, "schedules": 3}]}')
MUTANT = SimpleNamespace(name="close-forgets-senders", oracles=["deadlock"])


class LitmusTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def tool(self, text):
        path = self.folder / "concertina"
        path.write_text(f"#!{sys.executable}\nimport sys\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def programs(self, *names):
        folder = self.folder / "litmus"
        folder.mkdir()
        for name in names:
            (folder / f"{name}.case").write_text("")
        return folder

    def test_the_lowest_bound_wins_over_fewer_schedules(self):
        # "late" fails with one preemption only, and would come first in the alphabet.
        tool = self.tool(f"bound = sys.argv[sys.argv.index('--bound') + 1]\n"
                         f"early = 'y-early' in ' '.join(sys.argv)\n"
                         f"print('''{FAILED}''' if early or bound == '1' else '''{COMPLETE}''')")
        best = litmus.hunt(tool, 1, [], self.folder, self.programs("a-late", "y-early"))
        self.assertEqual(best["program"], "y-early")
        self.assertEqual(best["schedules"], 7)

    def test_only_the_named_program_is_tried(self):
        tool = self.tool(f"print('''{FAILED}''')")
        cases = []
        litmus.hunt(tool, 0, cases, self.folder, self.programs("a-b", "c-d"), only="c-d")
        self.assertEqual([case["program"] for case in cases], ["c-d"])

    def test_nothing_is_found_where_nothing_fails(self):
        tool = self.tool(f"print('''{COMPLETE}''')")
        self.assertIsNone(litmus.hunt(tool, 1, [], self.folder, self.programs("a-b")))

    def test_a_tool_that_says_nothing_is_no_pass(self):
        tool = self.tool("sys.stderr.write('no such option'); sys.exit(2)")
        with self.assertRaisesRegex(Unusable, "no such option"):
            concertina.verify(tool, "a.case", 2)

    def test_faults(self):
        good = {"found": True, "oracle": "deadlock", "case": "x", "replays_failing": litmus.REPLAYS}
        self.assertEqual(list(litmus.faults_of(good, MUTANT)), [])
        self.assertEqual(list(litmus.faults_of({"found": False}, MUTANT)), ["MISSED"])
        self.assertEqual(list(litmus.faults_of(dict(good, oracle="stack"), MUTANT)),
                         ["WRONG ORACLE: stack"])
        self.assertEqual(list(litmus.faults_of(dict(good, replays_failing=1), MUTANT)),
                         ["UNSTABLE"])

    def test_every_excuse_is_of_a_mutant_that_there_is(self):
        known = mutants.names()
        for name in [*litmus.NOT_EXPRESSIBLE, *litmus.DEEPER]:
            self.assertIn(name, known)
        for program, _ in litmus.DEEPER.values():
            self.assertIn(program, [path.stem for path in litmus.programs()])

    def test_the_set_is_large_enough(self):
        self.assertGreaterEqual(len(litmus.programs()), 20)


if __name__ == "__main__":
    unittest.main()
