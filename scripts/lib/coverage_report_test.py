import unittest

from coverage_report import ranges, read_lcov

LCOV = """SF:/x/a.cc
DA:1,5
DA:2,0
DA:3,0
DA:3,7
DA:9,0
end_of_record
SF:/x/b.cc
DA:4,1
end_of_record
"""


class CoverageReportTest(unittest.TestCase):
    def test_a_line_counts_once_and_is_covered_by_any_instance(self):
        files = read_lcov(LCOV)
        self.assertEqual(files["/x/a.cc"].uncovered, [2, 9])
        self.assertEqual((files["/x/a.cc"].covered, files["/x/a.cc"].lines), (2, 4))
        self.assertEqual((files["/x/b.cc"].covered, files["/x/b.cc"].lines), (1, 1))

    def test_ranges(self):
        self.assertEqual(ranges([1, 2, 3, 7]), "1-3, 7")
        self.assertEqual(ranges([]), "")


if __name__ == "__main__":
    unittest.main()
