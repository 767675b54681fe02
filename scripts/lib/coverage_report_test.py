import unittest

from coverage_report import (FileLines, Regions, Way, plain_function_name, ranges, read_branches,
                             read_lcov, text_between, total, uncounted_lines, without)

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

SOURCE = ["int f(int x) {",
          "  if (x > 0 && kAlways) g();",
          "  while (x <",
          "         9) ++x;",
          "}"]
BODY = [1, 14, 5, 2, 3, 0, 0, 0]  # from, to, times, file, expanded file, kind
IF_BODY = [2, 25, 2, 29, 0, 0, 0, 0]
AFTER_AND = [2, 16, 2, 23, 2, 0, 0, 0]
EXPANSION = [2, 25, 2, 26, 3, 0, 1, 1]
MACRO = [2, 20, 9, 5, 4, 1, 0, 0]
REGIONS = [BODY, IF_BODY, AFTER_AND, EXPANSION, MACRO]
BRANCHES = [[2, 7, 2, 12, 2, 1, 0, 0, 4], [2, 16, 2, 23, 0, 0, 0, 0, 4],
            [3, 10, 4, 11, 9, 0, 0, 0, 4]]


def function(branches=BRANCHES, regions=REGIONS):
    return {"regions": regions, "branches": branches, "filenames": ["/x/a.cc"]}


def read(*functions, names=("f(int)",), is_counted=lambda path: True):
    return read_branches({"functions": functions}, names * len(functions), is_counted,
                         lambda path: SOURCE)


class CoverageReportTest(unittest.TestCase):
    def test_a_line_counts_once_and_is_covered_by_any_instance(self):
        files = read_lcov(LCOV)
        self.assertEqual(files["/x/a.cc"].uncovered, [2, 9])
        self.assertEqual((files["/x/a.cc"].covered, files["/x/a.cc"].count), (2, 4))
        self.assertEqual((files["/x/b.cc"].covered, files["/x/b.cc"].count), (1, 1))

    def test_ranges(self):
        self.assertEqual(ranges([1, 2, 3, 7]), "1-3, 7")
        self.assertEqual(ranges([]), "")

    def test_a_total_is_of_counts_and_not_of_shares(self):
        both = total([FileLines(1, []), FileLines(3, [1, 2])])
        self.assertEqual((both.covered, both.count, both.share), (2, 4, 50.0))
        self.assertEqual(total([]).share, 0.0)


class UncountedTest(unittest.TestCase):
    def test_functions_that_are_marked(self):
        source = ["#define UNCOUNTED __attribute__((no_profile_instrument_function))",  # 1
                  "// UNCOUNTED stands before a function.",
                  "[[noreturn]] UNCOUNTED void f(int a,",  # 3
                  "                             int b);",
                  "void g();",
                  "UNCOUNTED inline void f(bool holds) {",  # 6
                  "  if (!holds) {",
                  "    fail();",
                  "  }",
                  "}",  # 10
                  "  UNCOUNTED void h() const { fail(); }",
                  "  void i();"]
        self.assertEqual(sorted(uncounted_lines(source)), [3, 4, 6, 7, 8, 9, 10, 11])

    def test_only_what_never_ran_is_left_out(self):
        lines = without(FileLines(10, [1, 2, 7]), {1, 2, 3})
        self.assertEqual((lines.count, lines.uncovered), (8, [7]))


class BranchesTest(unittest.TestCase):
    def test_each_way_of_a_condition_counts_and_is_named_by_its_text(self):
        branches = read(function())["/x/a.cc"]
        self.assertEqual((branches.covered, branches.count), (3, 4))
        self.assertEqual(branches.not_taken(), {Way("f", "x < 9", False): [3]})
        self.assertEqual(str(Way("f", "x < 9", False)), "f: x < 9: false")

    def test_what_the_compiler_decides_is_no_branch(self):
        ways = read(function())["/x/a.cc"].ways
        self.assertNotIn("kAlways", {way.condition for way in ways})

    def test_what_never_ran_is_one(self):
        regions = [BODY, IF_BODY, [*AFTER_AND[:4], 0, *AFTER_AND[5:]]]
        branches = read(function(regions=regions))["/x/a.cc"]
        self.assertEqual({str(way) for way in branches.not_taken()},
                         {"f: kAlways: true", "f: kAlways: false", "f: x < 9: false"})

    def test_a_place_has_the_count_of_the_innermost_region_around_it(self):
        regions = Regions(REGIONS)
        for place, file_id, count in (((1, 14), 0, 3), ((2, 17), 0, 2), ((2, 26), 0, 0),
                                      ((3, 10), 0, 3), ((2, 21), 0, 2), ((2, 21), 1, 4),
                                      ((9, 2), 0, 0)):
            self.assertEqual(regions.count_at(place, file_id), count, place)

    def test_instances_of_one_place_count_once_and_any_covers(self):
        other = function([[*BRANCHES[2][:4], 0, 7, *BRANCHES[2][6:]]])
        for instances in ((function(), other), (other, function())):
            branches = read(*instances)["/x/a.cc"]
            self.assertEqual(branches.covered, branches.count)
        self.assertEqual(branches.count, 4)

    def test_of_two_places_that_read_alike_both_must_be_covered(self):
        again = [[2, 3, 2, 8, 2, 0, 0, 0, 4], [2, 9, 2, 14, 1, 1, 0, 0, 4]]
        source = ["", "  x > 0 x > 0"]
        files = read_branches({"functions": [function(again)]}, ["f"], lambda path: True,
                              lambda path: source)
        self.assertEqual(files["/x/a.cc"].not_taken(), {Way("f", "x > 0", False): [2]})

    def test_files_that_are_not_counted(self):
        self.assertEqual(read(function(), is_counted=lambda path: path != "/x/a.cc"), {})

    def test_a_branch_of_a_macro_is_where_it_is_written(self):
        one = function([[2, 7, 2, 12, 2, 1, 1, 0, 4]])
        one["filenames"].append("/x/m.h")
        self.assertEqual(list(read(one)), ["/x/m.h"])

    def test_function_names(self):
        for demangled, plain in {
                "concertina::sim::(anonymous namespace)::wait_on(concertina::sim::G&)": "wait_on",
                "main": "main",
                "void concertina::f<int, std::pair<int, long>>(int)": "f",
                "concertina::(anonymous namespace)::f(int)::$_0::operator()(int) const": "f",
                "int f<int>(int)::'lambda'(auto)::operator()<long>(long) const": "f",
                "concertina::A<unsigned int>::load(concertina::Site) const": "load",
                "concertina::Members::Iterator::operator++()": "operator++()",
                "concertina::World::~World()": "~World"}.items():
            self.assertEqual(plain_function_name(demangled), plain, demangled)

    def test_text_of_several_lines_is_one(self):
        self.assertEqual(text_between(SOURCE, 3, 10, 4, 11), "x < 9")


if __name__ == "__main__":
    unittest.main()
