import unittest
from dataclasses import dataclass, field

import mutant_hunts
import provenance

SMALL = {"goroutines": 2, "operations": 3, "stack_events": 1, "preemptions": 0,
         "free_of_chance": True}


@dataclass
class FakeMutant:
    name: str = "close-forgets-senders"
    row: str = "M13"
    go_tests: str = "miss"
    oracles: list = field(default_factory=lambda: ["channels"])
    seeds_show_it: bool = False


def run(found=True, oracle="channels", executions=100, seconds=1.0):
    return {"found": found, "oracle": oracle, "executions": executions, "seconds": seconds}


def kept(**changes):
    return {"failures_with": 100, "times": 100, "failures_without": 0, "signature_without": "pass",
            "neighbours": 1000, "neighbours_failing": 0, "minimised": SMALL, **changes}


def judge(runs, kept_case, mutant=None, seeds=(), engine="libfuzzer"):
    return mutant_hunts.judge(mutant or FakeMutant(), "address", engine, "seeds", runs, kept_case,
                              seeds)


class RowsTest(unittest.TestCase):
    def test_a_good_row_has_medians_and_no_faults(self):
        row = judge([run(executions=1), run(executions=5), run(executions=9)], kept())
        row["of"] = {"format": 1}  # what it is of (provenance.py)
        self.assertEqual(row["faults"], [])
        self.assertEqual(row["median_executions"], 5)
        self.assertEqual(mutant_hunts.cells(row)[4:9], (
            "3/3", "5", "1.0", "channels", "2 goroutines, 3 operations, 1 stack event"))

    def test_what_a_row_is_of_takes_the_place_of_nothing_that_it_says(self):
        row = judge([run(), run()], kept())
        self.assertEqual(mutant_hunts.cells(provenance.labelled(row, {"source": "s"})),
                         mutant_hunts.cells(row))
        with self.assertRaisesRegex(KeyError, "of its own"):
            provenance.labelled({provenance.KEY: 2}, {"source": "s"})

    def test_what_could_not_be_measured_is_no_verdict(self):
        rows = {fault: {"faults": [fault]} for fault in ("NOT MEASURED", "MISSED")}
        self.assertEqual(mutant_hunts.code_of([{"faults": []}]), 0)
        self.assertEqual(mutant_hunts.code_of([{"faults": []}, rows["NOT MEASURED"]]), 2)
        self.assertEqual(mutant_hunts.code_of([rows["MISSED"], rows["NOT MEASURED"]]), 1)

    def test_each_fault_is_named(self):
        good = [run()]
        for expected, row in {
                "MISSED": judge([run(), run(found=False)], kept()),
                "WRONG ORACLE: race": judge([run(oracle="race")], kept()),
                "SEEDS FAIL": judge(good, kept(), seeds=["unbuffered-handover"]),
                "UNSTABLE": judge(good, kept(failures_with=99)),
                "NEIGHBOURS FAIL": judge(good, kept(neighbours_failing=1)),
                "LARGE": judge(good, kept(minimised=dict(SMALL, operations=9)))}.items():
            self.assertEqual(row["faults"], [expected])
        self.assertEqual(judge(good, kept(failures_without=1))["faults"], ["UNSTABLE"])
        self.assertEqual(judge([], None)["faults"], ["NOT MEASURED"])

    def test_seeds_may_fail_where_the_header_says_so(self):
        row = judge([run()], kept(), FakeMutant(seeds_show_it=True), seeds=["x", "y"])
        self.assertEqual(row["faults"], [])
        self.assertIn("2 fail", mutant_hunts.cells(row))

    def test_the_summary_has_the_engines_side_by_side_in_the_order_of_the_rows(self):
        rows = [judge([run(executions=7)], kept()),
                judge([run(executions=8)], kept(), engine="afl"),
                judge([run()], kept(), FakeMutant("own", "-", "not run")),
                judge([run()], kept(), FakeMutant("first", "M02"))]
        lines = list(mutant_hunts.summary(rows))
        self.assertEqual([line[1] for line in lines],
                         ["first", "close-forgets-senders", "own"])
        self.assertEqual(lines[1][4:7], ("1/1, 7, 1.0", "1/1, 8, 1.0", "channels"))


if __name__ == "__main__":
    unittest.main()
