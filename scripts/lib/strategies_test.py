import json
import tempfile
import types
import unittest
from pathlib import Path

import strategies
from common import Unusable

CASE = strategies.Case("some-bug", Path("some.case"), "none", ["channels"])


def run(runs, found=True, signature="channels: value lost"):
    return {"found": found, "runs": runs, "signature": signature if found else ""}


def row(strategy, median, found=20, mutant="some-bug"):
    return {"mutant": mutant, "strategy": strategy, "flavour": "none", "seeds": 20, "found": found,
            "cap": 50, "median": median, "mean": median, "strange": []}


class Rows(unittest.TestCase):
    def test_a_search_that_finds_nothing_is_above_every_number(self):
        made = strategies.row_of(CASE, "pos", [run(5), run(100, found=False), run(7)])
        self.assertEqual((made["found"], made["median"]), (2, 7))
        self.assertEqual(strategies.cell(made), "7 (2/3)")
        made = strategies.row_of(CASE, "pos", [run(5), run(9, found=False), run(9, found=False)])
        self.assertIsNone(made["median"])
        self.assertEqual(strategies.cell(made), "- (1/3)")

    def test_another_oracle_is_told(self):
        made = strategies.row_of(CASE, "pos", [run(5), run(6, signature="race: x")])
        self.assertEqual(made["strange"], ["race: x"])

    def test_the_limit_is_30_or_the_rotation_times_the_best(self):
        singles = [row("pos", 9), row("random", 700)]
        self.assertEqual(strategies.beyond_limit([*singles, row("portfolio", 30)]), [])
        self.assertEqual(len(strategies.beyond_limit([*singles, row("portfolio", 31)])), 1)
        singles = [row("pos", 100), row("pct", 90), row("without-pct", 1)]
        self.assertEqual(strategies.beyond_limit([*singles, row("portfolio", 270)]), [])
        self.assertEqual(len(strategies.beyond_limit([*singles, row("portfolio", 271)])), 1)
        self.assertEqual(len(strategies.beyond_limit([*singles, row("portfolio", None)])), 1)

    def test_the_table_counts_what_was_not_found_twice(self):
        options = types.SimpleNamespace(cap=50)
        rows = [row("pos", 1), row("pos", None, found=3, mutant="other-bug")]
        text = strategies.table(rows, ["pos"], options)
        self.assertIn("| other-bug | none | - (3/20) |", text)
        self.assertIn("| geometric mean |  | 10.0 |", text)



class Stored(unittest.TestCase):
    """Which rows still hold is in provenance_test.py."""

    def test_a_file_that_is_none_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            options = types.SimpleNamespace(json=Path(folder) / "rows.json", mutants=[],
                                            strategies=[])
            self.assertEqual(strategies.stored(options), ([], []))
            for text in ("{", "[3]", "[{}]"):
                options.json.write_text(text)
                with self.assertRaises(Unusable):
                    strategies.stored(options)


class Cases(unittest.TestCase):
    def test_each_mutant_but_those_without_a_case_has_one(self):
        found = strategies.cases()
        self.assertGreater(len(found), 30)
        self.assertEqual(found["saved-frame-pointer-not-adjusted"].flavour, "none")
        for case in found.values():
            self.assertIn(case.flavour, ("none", "address", "thread"))


if __name__ == "__main__":
    unittest.main()
