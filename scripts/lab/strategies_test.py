import unittest
from pathlib import Path

import strategies

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
        rows = [row("pos", 1), row("pos", None, found=3, mutant="other-bug")]
        text = "\n".join(strategies.tables(rows, cap=50))
        self.assertIn("| other-bug | none | - (3/20) |", text)
        self.assertIn("| geometric mean |  | 10.0 |", text)

    def test_what_a_strategy_is_worth_has_its_interval(self):
        def searches(strategy, *counts):
            return {**row(strategy, counts[0], found=len(counts)), "seeds": len(counts),
                    "counts": list(counts)}
        text = "\n".join(strategies.tables([searches("portfolio", 4, 5, 6, 5),
                                            searches("without-pct", 10, 9, 11, 10)], cap=50))
        self.assertRegex(text,
                         r"\| pct \| 2\.0\d \(1\.\d\d to 2\.\d\d\) \|.*\| it earns its turns \|")


class Cases(unittest.TestCase):
    def test_each_mutant_but_those_without_a_case_has_one(self):
        found = strategies.cases_of_mutants()
        self.assertGreater(len(found), 30)
        self.assertEqual(found["saved-frame-pointer-not-adjusted"].flavour, "none")
        for case in found.values():
            self.assertIn(case.flavour, ("none", "address", "thread"))


if __name__ == "__main__":
    unittest.main()
