import math
import unittest

import stats


def row(strategy, counts, seeds=None, program="p"):
    return {"program": program, "strategy": strategy, "counts": counts, "found": len(counts),
            "seeds": seeds or len(counts)}


class Compare(unittest.TestCase):
    def compared(self, *rows):
        return stats.worth_of(rows, "program", "without-pct", 100)

    def test_a_clear_difference_is_outside_of_the_noise(self):
        found = self.compared(row("portfolio", [4, 5, 6, 5]), row("without-pct", [10, 9, 11, 10]))
        for ratio in (found.geometric, found.plain):
            self.assertAlmostEqual(ratio.middle, 2.0, places=1)
            self.assertTrue(1 < ratio.low < ratio.middle < ratio.high)
        self.assertTrue(found.earns_its_turns())
        self.assertEqual(found.cells()[0], "pct")
        self.assertRegex(found.cells()[1], r"^2\.0\d \(1\.\d\d to 2\.\d\d\)$")

    def test_a_difference_within_the_noise_is_none(self):
        found = self.compared(row("portfolio", [1, 30, 2, 9]), row("without-pct", [2, 40, 1, 12]))
        self.assertGreater(found.geometric.middle, 1)
        self.assertGreater(found.plain.middle, 1)
        self.assertFalse(found.earns_its_turns())
        self.assertIn("nothing that could be shown", found.cells())

    def test_one_of_the_two_means_is_enough(self):
        hard, harder = [90, 100, 110] * 9, [180, 200, 220] * 9
        easy, easier = [4, 4, 4, 5] * 7, [2, 2, 2, 3] * 7
        found = self.compared(
            row("portfolio", hard), row("without-pct", harder),
            row("portfolio", easy, program="q"), row("without-pct", easier, program="q"))
        self.assertFalse(found.geometric.is_above_the_noise())
        self.assertTrue(found.plain.is_above_the_noise())
        self.assertTrue(found.earns_its_turns())

    def test_a_search_that_found_nothing_counts_twice_the_cap(self):
        found = self.compared(row("portfolio", [2, 2]), row("without-pct", [200], seeds=2))
        self.assertAlmostEqual(found.geometric.middle, 100)
        self.assertAlmostEqual(found.plain.middle, 100)

    def test_programs_count_alike_in_the_geometric_mean_and_by_their_runs_in_the_other(self):
        found = self.compared(
            row("portfolio", [10, 10]), row("without-pct", [20, 20]),
            row("portfolio", [990] * 50, program="q"), row("without-pct", [990] * 50, program="q"))
        self.assertAlmostEqual(found.geometric.middle, 2 ** 0.5)
        self.assertAlmostEqual(found.plain.middle, 1.01)
        self.assertEqual(found.units, 2)

    def test_the_intervals_are_those_of_their_means(self):
        rows = [row(strategy, [math.exp(power), math.exp(power + 2)], program=program)
                for program in ("p", "q") for strategy, power in (("portfolio", 0),
                                                                  ("without-pct", 1))]
        for measured, margin in ((rows[:2], 1.96 * 2 ** 0.5), (rows, 1.96)):
            ratio = self.compared(*measured).geometric
            self.assertAlmostEqual(ratio.middle, math.e)
            self.assertAlmostEqual(math.log(ratio.high / ratio.middle), margin)
        # Means 20 and 40, and their errors 10 and 10: a half and a quarter.
        ratio = self.compared(row("portfolio", [10, 30]), row("without-pct", [30, 50])).plain
        self.assertAlmostEqual(ratio.middle, 2)
        self.assertAlmostEqual(math.log(ratio.high / ratio.middle),
                               1.96 * (0.5 ** 2 + 0.25 ** 2) ** 0.5)

    def test_rows_of_older_files_and_single_searches_are_left_out(self):
        old = row("portfolio", [4, 5])
        del old["counts"]
        self.assertIsNone(self.compared(old, row("without-pct", [10, 9])))
        self.assertIsNone(self.compared(row("portfolio", [4]), row("without-pct", [10])))

    def test_the_table_is_of_what_was_measured(self):
        rows = [row("portfolio", [4, 5]), row("without-pct", [8, 10])]
        said = stats.worth_table(rows, "program", "programs", 100)
        self.assertEqual(len(said), 4)
        self.assertEqual(stats.worth_table(rows[:1], "program", "programs", 100), [])
        known = [["surw", [1.5, 1.1, 2.0], [1.0, 0.9, 1.1], 36]]
        self.assertEqual(stats.worth_table(rows[:1], "program", "programs", 100, known)[-1],
                         "| surw | 1.50 (1.10 to 2.00) | 1.00 (0.90 to 1.10) | 36 | it earns its "
                         "turns |")

    def test_geometric_mean(self):
        self.assertAlmostEqual(stats.geometric_mean([1, 100]), 10)


if __name__ == "__main__":
    unittest.main()
