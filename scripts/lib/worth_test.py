import math
import unittest

import worth


def row(strategy, counts, seeds=None, program="p"):
    return {"program": program, "strategy": strategy, "counts": counts, "found": len(counts),
            "seeds": seeds or len(counts)}


class Compare(unittest.TestCase):
    def compared(self, *rows):
        return worth.compare(rows, "program", "without-pct", 100)

    def test_a_clear_difference_is_outside_of_the_noise(self):
        found = self.compared(row("portfolio", [4, 5, 6, 5]), row("without-pct", [10, 9, 11, 10]))
        self.assertAlmostEqual(found.ratio, 2.01, places=1)
        self.assertTrue(1 < found.low < found.ratio < found.high)
        self.assertTrue(found.earns_its_turns())
        self.assertIn("pct: without it 2.0", found.words("programs"))

    def test_a_difference_within_the_noise_is_none(self):
        found = self.compared(row("portfolio", [1, 30, 2, 9]), row("without-pct", [2, 40, 1, 12]))
        self.assertGreater(found.ratio, 1)
        self.assertFalse(found.earns_its_turns())
        self.assertIn("nothing that could be shown", found.words("programs"))

    def test_a_search_that_found_nothing_counts_twice_the_cap(self):
        found = self.compared(row("portfolio", [2, 2]), row("without-pct", [200], seeds=2))
        self.assertAlmostEqual(found.ratio, 100)

    def test_each_program_counts_alike(self):
        found = self.compared(
            row("portfolio", [10, 10]), row("without-pct", [20, 20]),
            row("portfolio", [1000] * 50, program="q"), row("without-pct", [1000] * 50, program="q"))
        self.assertAlmostEqual(found.ratio, 2 ** 0.5)
        self.assertEqual(found.units, 2)

    def test_the_interval_narrows_with_the_programs(self):
        rows = [row(strategy, [math.exp(power), math.exp(power + 2)], program=program)
                for program in ("p", "q") for strategy, power in (("portfolio", 0),
                                                                  ("without-pct", 1))]
        for measured, margin in ((rows[:2], 1.96 * 2 ** 0.5), (rows, 1.96)):
            found = self.compared(*measured)
            self.assertAlmostEqual(found.ratio, math.e)
            self.assertAlmostEqual(math.log(found.high / found.ratio), margin)

    def test_rows_of_older_files_and_single_searches_are_left_out(self):
        old = row("portfolio", [4, 5])
        del old["counts"]
        self.assertIsNone(self.compared(old, row("without-pct", [10, 9])))
        self.assertIsNone(self.compared(row("portfolio", [4]), row("without-pct", [10])))

    def test_lines_are_of_what_was_measured(self):
        rows = [row("portfolio", [4, 5]), row("without-pct", [8, 10])]
        said = worth.lines(rows, "program", "programs", ["pos", "without-pct", "without-surw"], 100)
        self.assertEqual(len(said), 1)


if __name__ == "__main__":
    unittest.main()
