"""Counts test results: ctest's own list, refined by what each GoogleTest binary wrote.

A ctest test that left a GoogleTest report counts as that many tests; any other counts as one. A
binary that died (or that failed outside of a test) adds one failure, so that no loss goes unseen.
"""

import xml.etree.ElementTree as ElementTree
from collections import Counter

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


def line(counts):
    text = f"{counts[PASSED]} passed, {counts[FAILED]} failed"
    return text + (f", {counts[SKIPPED]} skipped" if counts[SKIPPED] else "")


def read_gtest(path):
    """The counts of one GoogleTest XML report; None when it is missing or cut off."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    counts = Counter()
    for case in root.iter("testcase"):
        if case.find("failure") is not None:
            counts[FAILED] += 1
        elif case.get("result") == "skipped" or case.find("skipped") is not None:
            counts[SKIPPED] += 1
        elif case.get("status") != "notrun":
            counts[PASSED] += 1
    return counts


def count(junit_path, report_of):
    """`report_of(name)` says where the test of that name would have left its GoogleTest report."""
    total = Counter()
    for case in ElementTree.parse(junit_path).getroot().iter("testcase"):
        status = case.get("status")
        inner = read_gtest(report_of(case.get("name")))
        if status in ("notrun", "disabled"):
            is_disabled = status == "disabled" or case.find("skipped") is not None
            total[SKIPPED if is_disabled else FAILED] += 1
        elif inner is None:
            total[PASSED if status == "run" else FAILED] += 1
        else:
            total += inner
            total[FAILED] += status != "run" and not inner[FAILED]
    return total


def longest(junit_path, count=3):
    """The tests that took longest, with their seconds: those near the time limit should be
    split."""
    cases = ElementTree.parse(junit_path).getroot().iter("testcase")
    times = sorted(((float(case.get("time") or 0), case.get("name")) for case in cases),
                   reverse=True)
    return [(name, seconds) for seconds, name in times[:count]]
