"""Counts test results: ctest's own list, refined by what each GoogleTest binary wrote.

A ctest test that left a GoogleTest report counts as that many tests; any other counts as one. A
binary that died (or that failed outside of a test) adds one failure, so that no loss goes unseen.
"""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def line(self):
        text = f"{self.passed} passed, {self.failed} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")


def read_gtest(path):
    """The counts of one GoogleTest XML report; None when it is missing or cut off."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    tally = Tally()
    for case in root.iter("testcase"):
        if case.find("failure") is not None:
            tally.failed += 1
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            tally.skipped += 1
        elif case.get("status") != "notrun":
            tally.passed += 1
    return tally


def count(junit_path, report_of):
    """`report_of(name)` says where the test of that name would have left its GoogleTest report."""
    total = Tally()
    for case in ElementTree.parse(junit_path).getroot().iter("testcase"):
        status = case.get("status")
        inner = read_gtest(report_of(case.get("name")))
        if status in ("notrun", "disabled"):
            is_disabled = status == "disabled" or case.find("skipped") is not None
            total.add(Tally(skipped=1) if is_disabled else Tally(failed=1))
        elif inner is None:
            total.add(Tally(passed=1) if status == "run" else Tally(failed=1))
        else:
            if status != "run" and inner.failed == 0:
                inner.failed = 1
            total.add(inner)
    return total


def longest(junit_path, count=3):
    """The tests that took longest, with their seconds: those near the time limit should be
    split."""
    cases = ElementTree.parse(junit_path).getroot().iter("testcase")
    times = sorted(((float(case.get("time") or 0), case.get("name")) for case in cases),
                   reverse=True)
    return [(name, seconds) for seconds, name in times[:count]]
