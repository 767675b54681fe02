"""What is measured is kept, taken up again where it would be measured alike, and refused where
not."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock
from pathlib import Path

import experiment
import mutant_hunts
import mutants
import provenance
import strategies
from common import Unusable

HERE = Path(__file__).resolve().parent


class Numbers(experiment.Experiment):
    """Two units, three settings each; a row has how often its unit has been prepared."""
    script = "numbers"
    key = ("unit", "setting")
    of_row = ("setting",)

    def __init__(self, path, resume=False, units=("a", "b"), cap=1):
        super().__init__(types.SimpleNamespace(json=path, resume=resume, cap=cap))
        self.units, self.done, self.prepared = units, [], []

    def plan(self):
        return {unit: [(unit, setting) for setting in (1, 2, 3)] for unit in self.units}

    def source(self, unit):
        return {"format": provenance.FORMAT, "source": "s", "inputs": "i",
                "options": {"cap": self.options.cap}}

    def prepare(self, unit):
        self.prepared.append(unit)
        return len(self.prepared)

    def measure(self, prepared, unit, name):
        self.done.append(name)
        return {"unit": unit, "setting": name[1], "prepared": prepared, "number": 4}


def tables(rows):
    return [f"{row['number']:,}" for row in rows]


class Loop(unittest.TestCase):
    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "rows.json"
        self.said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def kept(self):
        return [(row["unit"], row["setting"]) for row in json.loads(self.path.read_text())]

    def test_all_units_and_settings_in_order_each_prepared_once(self):
        measured = Numbers(self.path)
        rows = measured.run()
        self.assertEqual([(row["unit"], row["setting"]) for row in rows],
                         [(unit, setting) for unit in "ab" for setting in (1, 2, 3)])
        self.assertEqual(measured.prepared, ["a", "b"])
        self.assertEqual(rows[4][provenance.KEY]["options"], {"cap": 1, "setting": 2})
        self.assertEqual(len(self.path.read_text().splitlines()), 8)  # a row a line

    def test_a_rerun_measures_only_what_is_missing(self):
        rows = Numbers(self.path).run()
        self.path.write_text(json.dumps(rows[:4]))
        again = Numbers(self.path, resume=True)
        self.assertEqual([row["unit"] for row in again.run()], ["a"] * 3 + ["b"] * 3)
        self.assertEqual(again.done, [("b", 2), ("b", 3)])
        self.assertEqual(again.prepared, ["b"])
        self.assertEqual(self.said.getvalue(), "")

    def test_what_would_be_measured_otherwise_is_measured_again(self):
        Numbers(self.path).run()
        again = Numbers(self.path, resume=True, units=("a",), cap=2)
        again.run()
        self.assertEqual(len(again.done), 3)
        self.assertIn("not kept, measured again: 3 rows (cap 1, now 2)", self.said.getvalue())
        self.assertEqual(len(self.kept()), 6)  # those of b stay

    def test_rows_that_are_not_asked_for_stay_without_resuming_too(self):
        Numbers(self.path).run()
        again = Numbers(self.path, units=("a",))
        again.run()
        self.assertEqual(len(again.done), 3)
        self.assertEqual(sorted(self.kept()), [(unit, setting) for unit in "ab"
                                               for setting in (1, 2, 3)])

    def test_a_file_of_something_else_is_refused_or_is_the_output(self):
        for text in ("{", "[3]", "[{}]", '[{"unit": "a", "setting": 1}, 7]'):
            self.path.write_text(text)
            with self.assertRaises(Unusable):
                Numbers(self.path, resume=True).run()
            Numbers(self.path).run()
            self.assertEqual(len(self.kept()), 6)

    def test_no_file_is_no_trouble(self):
        self.assertEqual(len(Numbers(None).run()), 6)
        self.assertEqual(len(Numbers("/dev/null", resume=True).run()), 6)

    def test_killed_at_any_moment_it_loses_the_row_in_work_only(self):
        child = (f"import sys, time; sys.path[:0] = {[str(HERE), str(HERE.parent / 'lib')]}\n"
                 "import experiment_test\n"
                 "class Slow(experiment_test.Numbers):\n"
                 "    def measure(self, prepared, unit, name):\n"
                 "        if name == ('b', 2):\n"
                 "            print('at work', flush=True)\n"
                 "            time.sleep(600)\n"
                 "        return super().measure(prepared, unit, name)\n"
                 f"Slow({str(self.path)!r}).run()\n")
        with subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
        again = Numbers(self.path, resume=True)
        self.assertEqual(len(again.run()), 6)
        self.assertEqual(again.done, [("b", 2), ("b", 3)])


class TakenUp(unittest.TestCase):
    """Of the doors: what a row depends on."""

    def setUp(self):
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "rows.json"
        self.source = self.enterContext(unittest.mock.patch.object(provenance, "source"))
        self.source.side_effect = lambda mutant: f"source of {mutant}"
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def searches(self, **changed):
        case = strategies.Case("some-bug", Path(__file__), "none", ["channels"])
        return strategies.Searches(types.SimpleNamespace(**{
            "json": self.path, "seeds": 20, "cap": 50, "cases": {"some-bug": case},
            "mutants": ["some-bug"], "strategies": ["pos"], "resume": True, **changed}))

    def row_of_searches(self):
        measured = self.searches()
        case = measured.options.cases["some-bug"]
        found = {"found": True, "runs": 3, "signature": "channels: x"}
        return {**strategies.row_of(case, "pos", [found] * 20),
                provenance.KEY: measured.identity(measured.source("some-bug"), ("some-bug", "pos"))}

    def test_strategies(self):
        row = self.row_of_searches()
        self.path.write_text(json.dumps([row, {**row, "mutant": "gone"}]))

        def earlier(**changed):
            old, taken = self.searches(**changed).earlier()
            self.assertEqual(len(old), 2)  # nothing is forgotten
            return list(taken.values())
        self.assertEqual(earlier(), [row])
        self.assertEqual(earlier(seeds=5), [])
        self.assertEqual(earlier(cap=51), [])
        self.assertEqual(earlier(cases={"some-bug": strategies.Case(
            "some-bug", HERE / "stats.py", "none", [])}), [])
        self.source.side_effect = lambda mutant: "after a change"
        self.assertEqual(earlier(), [])

    def test_edited_rows_of_strategies(self):
        self.assert_edited_rows_are_refused(self.row_of_searches(),
                                            lambda: self.searches().earlier())

    def hunts(self, **changed):
        mutant = types.SimpleNamespace(name="some-bug", row="-", go_tests="miss", oracles=[],
                                       seeds_show_it=False, flavours=["none"])
        self.enterContext(unittest.mock.patch.object(mutants, "find", lambda name: mutant))
        return mutant_hunts.Hunts(types.SimpleNamespace(**{
            "engine": "all", "modes": ["seeds"], "seeds": 1, "seconds": 9.0, "resume": True,
            "json": self.path, "mutants": ["some-bug"], **changed}))

    def test_mutants(self):
        measured = self.hunts()
        unit, = measured.plan()
        run = {"found": True, "oracle": "channels", "executions": 3, "seconds": 0.1}
        row = {**mutant_hunts.judge(mutants.find(unit[0]), unit[1], "afl", "seeds", [run], None),
               provenance.KEY: measured.source(unit)}
        missed = {**row, "engine": "libfuzzer", "faults": ["MISSED"]}
        self.path.write_text(json.dumps([row, missed]))

        def earlier(**changed):
            return list(self.hunts(**changed).earlier()[1].values())
        self.assertEqual(earlier(), [row])  # what found nothing is measured again
        for changed in ({"engine": "libfuzzer"}, {"seeds": 5}, {"seconds": 10.0},
                        {"modes": ["seeds", "empty"]}, {"resume": False}):
            with self.subTest(changed):
                self.assertEqual(earlier(**changed), [])
        self.assert_edited_rows_are_refused(row, earlier)
        self.source.side_effect = lambda mutant: "after a change"
        self.assertEqual(earlier(), [])

    def assert_edited_rows_are_refused(self, row, take_up):
        """At once, and not after hours, when the table is made."""
        for key in [key for key in row if key.startswith("median") or key in ("flavour", "found")]:
            with self.subTest(without=key):
                self.path.write_text(json.dumps([{k: v for k, v in row.items() if k != key}]))
                with self.assertRaisesRegex(Unusable, "not rows"):
                    take_up()
        for key in {key for key in row if key.startswith("median")}:
            self.path.write_text(json.dumps([{**row, key: "many"}]))
            with self.assertRaisesRegex(Unusable, "not rows"):
                take_up()


if __name__ == "__main__":
    unittest.main()
