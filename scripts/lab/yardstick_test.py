import contextlib
import io
import json
import stat
import sys
import tempfile
import types
import unittest
from pathlib import Path

import common
import provenance
import yardstick
from common import Unusable

# yardstick: finds the bug of `small` with `lucky` in schedule 10 * seed, else never; BEHAVIOUR is
# Python that may spoil that.
YARDSTICK = """
import json, sys
arguments = sys.argv[1:]
if arguments == ['--list']:
    for name, steps in (('small', 20.4), ('account', 21)):
        print(json.dumps({'program': name, 'threads': 3, 'bug': 'fatal', 'steps': steps,
                          'decisions': 9}))
    for name in ('lucky', 'blind'):
        print(json.dumps({'strategy': name}))
    sys.exit()
given = dict(zip(arguments[::2], arguments[1::2]))
lucky = given['--program'] == 'small' and given['--strategy'] == 'lucky'
seeds, strange = int(given['--seeds']), 0
BEHAVIOUR
for seed in range(int(given['--seed']), int(given['--seed']) + seeds):
    print(json.dumps({'found': lucky and seed < 4, 'schedules': seed * 10 if lucky else 50,
                      'seconds': 0.5, 'strange': strange}), flush=True)
print(json.dumps({'schedules_per_second': 123456.7}))
"""


class Measuring(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.options = types.SimpleNamespace(seeds=2, seed=1, cap=50, seconds=0, speed=0.1,
                                             json=None, resume=False)
        self.said = ""

    def yard(self, behaviour=""):
        path = self.folder / "yardstick"
        path.write_text(f"#!{sys.executable}\n" + YARDSTICK.replace("BEHAVIOUR", behaviour),
                        encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def measure(self, yard, programs, strategies):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            options = types.SimpleNamespace(**vars(self.options), program=",".join(programs),
                                            strategy=",".join(strategies))
            rows = yardstick.Searches(options, yard).run()
        self.said = errors.getvalue()
        return rows

    def test_more_complaints_than_a_pipe_holds_are_not_waited_for(self):
        much = "sys.stderr.write('x\\n' * 500_000)"
        rows = self.measure(self.yard(much), ["small"], ["lucky"])
        self.assertEqual(rows[0]["found"], 2)
        with self.assertRaisesRegex(Unusable, r": \n?(x\n)*x$"):
            self.measure(self.yard(much + "; sys.exit(3)"), ["small"], ["lucky"])

    def test_what_there_is(self):
        yard = yardstick.Searches(self.options, self.yard())
        self.assertEqual(list(yard.programs), ["small", "account"])
        self.assertEqual(yard.strategies, ["lucky", "blind"])
        self.assertIn("program   small: 3 threads and main, 20 steps, 9 decisions; the bug ends it "
                      "as fatal", list(yard.described()))

    def test_mean_is_over_the_searches_that_found_it(self):
        self.options.seeds = 5
        row, = self.measure(self.yard(), ["small"], ["lucky"])
        self.assertEqual(row.pop(provenance.KEY)["options"],
                         {"seeds": 5, "first_seed": 1, "cap": 50, "seconds": 0})
        self.assertEqual(row, {"program": "small", "strategy": "lucky", "seeds": 5, "found": 3,
                               "mean_schedules": 20, "counts": [10, 20, 30],
                               "schedules_per_second": 123456.7,
                               "strange": 0})
        self.assertEqual(yardstick.mean_text(row), "20 (3/5)")

    def test_never_found_has_no_mean(self):
        row, = self.measure(self.yard(), ["small"], ["blind"])
        self.assertIsNone(row["mean_schedules"])
        self.assertEqual(row["found"], 0)
        self.assertEqual(yardstick.mean_text(row), "-")

    def test_progress_is_said(self):
        self.measure(self.yard(), ["small", "account"], ["lucky"])
        self.assertEqual(self.said, "[1/2] small, lucky: 15\n[2/2] account, lucky: -\n")

    def test_strange_runs_are_counted(self):
        row, = self.measure(self.yard("strange = 2"), ["small"], ["lucky"])
        self.assertEqual(row["strange"], 4)

    def test_rows_are_saved_one_by_one(self):
        self.options.json = self.folder / "rows.json"
        with self.assertRaises(Unusable):
            self.measure(self.yard("if given['--program'] == 'account': sys.exit(2)"),
                         ["small", "account"], ["lucky"])
        rows = json.loads(self.options.json.read_text(encoding="utf-8"))
        self.assertEqual([row["program"] for row in rows], ["small"])

    def test_rows_are_taken_up_again_and_others_stay(self):
        self.options.json = self.folder / "rows.json"
        self.measure(self.yard(), ["small", "account"], ["lucky"])
        self.options.resume = True
        rows = self.measure(self.yard("sys.exit(2)"), ["account"], ["lucky"])
        self.assertEqual([row["program"] for row in rows], ["account"])
        self.assertEqual(self.said, "")
        self.assertEqual(len(json.loads(self.options.json.read_text(encoding="utf-8"))), 2)

    def test_file_that_cannot_be_written(self):
        self.options.json = self.folder / "none" / "rows.json"
        with self.assertRaisesRegex(FileNotFoundError, "none/rows.json"):
            self.measure(self.yard(), ["small"], ["lucky"])

    def test_a_program_that_fails_is_unusable_and_says_why(self):
        with self.assertRaisesRegex(Unusable, r"--program small.*: no such thing$"):
            self.measure(self.yard("sys.stderr.write('no such thing'); sys.exit(2)"), ["small"],
                         ["lucky"])

    def test_missing_searches_are_noticed(self):
        with self.assertRaisesRegex(Unusable, "1 searches reported, 2 expected"):
            self.measure(self.yard("seeds -= 1"), ["small"], ["lucky"])

    def test_a_line_that_is_no_json(self):
        with self.assertRaisesRegex(Unusable, "no answer, exit code 0"):
            self.measure(self.yard("print('hello')"), ["small"], ["lucky"])

    def test_a_missing_binary(self):
        with self.assertRaisesRegex(Unusable, "cannot run"):
            yardstick.Searches(self.options, self.folder / "none")

    def test_names(self):
        known = ["a", "b", "c"]
        self.assertEqual(common.chosen("program", "", known, without=("b",)), ["a", "c"])
        self.assertEqual(common.chosen("program", "b,a,b", known, without=("b",)), ["b", "a"])
        for wrong in ("d", "a,", ","):
            with self.assertRaisesRegex(Unusable, "no program '.*'; there are: a, b, c"):
                common.chosen("program", wrong, known)

    def test_tables_have_what_is_published_beside(self):
        yard = self.yard()
        rows = self.measure(yard, ["small", "account"], ["lucky", "blind"])
        lines = yardstick.tables(rows, 50, yardstick.Searches(self.options, yard).programs)
        self.assertIn("| small | 3 | 20 | 15 | - |  |  |  |  |  |  |", lines)
        self.assertIn("| account | 3 | 21 | - | - | 6 | 4 | 4 | 18 | 1 | 10 |", lines)
        self.assertIn("| account | 21 | 123,457 | 123,457 |", lines)
        # 15 and 100, 100 and 100: not found counts twice the cap.
        self.assertTrue(any(line.startswith("| geometric mean |  |  | 38.7 | 100.0 |")
                            for line in lines))
        tables = [line for line in lines if line.startswith("|")]
        self.assertEqual(len({line.count("|") for line in tables[:4]}), 1)

    def test_no_speeds_unless_measured(self):
        yard = self.yard()
        rows = self.measure(yard, ["small"], ["lucky"])
        for row in rows:
            row["schedules_per_second"] = None
        lines = yardstick.tables(rows, 50, yardstick.Searches(self.options, yard).programs)
        self.assertFalse([line for line in lines if "schedules a second" in line])


class Published(unittest.TestCase):
    def test_cells(self):
        for mean, cell in ((7466, "7,466"), ([3225, 16], "3,225 (16/20)"), ("never", "-"),
                           (None, "")):
            self.assertEqual(yardstick.published_cell(mean, 20), cell)

    def test_every_row_is_complete_and_of_a_program_that_there_is(self):
        published = yardstick.published()
        for program, means in published["means"].items():
            self.assertEqual(len(means), len(published["columns"]), program)
            self.assertIn(program, yardstick.programs_in_source())


if __name__ == "__main__":
    unittest.main()
