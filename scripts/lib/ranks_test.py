import unittest

import ranks


class RanksTest(unittest.TestCase):
    def test_smaller_is_better(self):
        z, share = ranks.compare([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
        self.assertAlmostEqual(z, 2.611, places=3)  # U = 25, mean 12.5, variance 22.92
        self.assertEqual(share, 1.0)
        self.assertAlmostEqual(ranks.compare([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])[0], -z)

    def test_equal_samples_say_nothing(self):
        self.assertEqual(ranks.compare([3, 1, 2], [1, 2, 3])[0], 0.0)
        self.assertEqual(ranks.compare([7, 7], [7, 7]), (0.0, 0.5))

    def test_ties_lessen_the_variance(self):
        # Half of each at the cap: U = 6 of 8; tie term (4^3 - 4) / (8 * 7) with 4 equal ones.
        z, share = ranks.compare([1, 2, 9, 9], [3, 4, 9, 9])
        self.assertEqual(share, (4 + 4 + 1 + 1) / 16)
        self.assertAlmostEqual(z, 2 / (16 / 12 * (9 - 60 / 56)) ** 0.5)

    def test_combining_strengthens_what_agrees(self):
        self.assertAlmostEqual(ranks.combine([1.0] * 4), 2.0)
        self.assertAlmostEqual(ranks.combine([2.0, -2.0]), 0.0)

    def test_p_is_two_sided(self):
        self.assertAlmostEqual(ranks.p_value(1.959964), 0.05, places=6)
        self.assertAlmostEqual(ranks.p_value(-1.959964), 0.05, places=6)
        self.assertEqual(ranks.p_value(0), 1.0)

    def test_geometric_mean(self):
        self.assertAlmostEqual(ranks.geometric_mean([1, 100]), 10)


if __name__ == "__main__":
    unittest.main()
