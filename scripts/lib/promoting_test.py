import stat
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import promoting
import provenance

TOOL = """
import json, sys
if sys.argv[1] == 'neighbours':
    print(json.dumps({{'failures': {near}, 'first_signature': 'locals: torn'}}))
else:
    print(json.dumps({{'failures': {own}, 'agree': True, 'signature': 'channels: lost value'}}))
"""


def answer(failures, oracle, times=100, agree=True):
    return {"failures": failures, "times": times, "agree": agree, "oracle": oracle}


class PromotingTest(unittest.TestCase):
    def tool(self, own, near):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        path = folder / "concertina"
        path.write_text(f"#!{sys.executable}\n" + TOOL.format(own=own, near=near))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def test_a_case_that_passes_with_its_neighbours_is_a_regression(self):
        self.assertEqual(promoting.complaint_of_clean(self.tool(0, 0), "x.case", 10), "")

    def test_a_case_that_still_fails_is_none(self):
        self.assertIn("still fails", promoting.complaint_of_clean(self.tool(2, 0), "x.case", 10))

    def test_a_case_with_a_failing_neighbour_is_none(self):
        complaint = promoting.complaint_of_clean(self.tool(0, 3), "x.case", 10)
        self.assertIn("3 of 10 neighbouring schedules fail", complaint)

    def test_the_headers_oracle_counts_where_it_is_seen(self):
        answers = {"address": answer(100, "stack"), "thread": answer(100, "race"),
                   "none": answer(100, "stack")}
        self.assertEqual(promoting.who_sees_it(answers, "race"), ("race", ["thread"]))
        self.assertEqual(promoting.who_sees_it(answers, "locals"), ("stack", ["address", "none"]))

    def test_a_flavour_counts_only_when_every_replay_fails_alike(self):
        answers = {"address": answer(99, "stack"), "thread": answer(100, "race", agree=False),
                   "none": answer(0, "")}
        self.assertEqual(promoting.who_sees_it(answers, "stack"), ("", []))

    def test_of_a_measurement_the_smallest_case_of_each_mutant_and_flavour_is_chosen(self):
        def row(mutant, flavour, operations, faults=(), kept=True, free=True):
            size = {"goroutines": 2, "operations": operations, "preemptions": 0, "stack_events": 0,
                    "free_of_chance": free}
            return {"mutant": mutant, "flavour": flavour, "engine": "afl", "faults": list(faults),
                    "kept": {"minimised": size} if kept else None}
        small = row("a", "address", 3)
        race = row("a", "thread", 5)
        rows = [row("a", "address", 4), small, row("a", "address", 2, free=False), race,
                row("b", "address", 1, faults=["LARGE"]), row("c", "address", 1, kept=False)]
        self.assertEqual(promoting.choose(rows), {"a": small, "a-as-a-race": race})

    def test_a_measurement_of_another_source_says_nothing_of_this_tree(self):
        with unittest.mock.patch.object(provenance, "source", lambda mutant: f"now, {mutant}"):
            row = {"mutant": "a", provenance.KEY: provenance.of("a", seeds=5)}
            self.assertEqual(promoting.why_outdated(row), "")
            row[provenance.KEY]["source"] = "then"
            self.assertEqual(promoting.why_outdated(row), "another source")
            self.assertEqual(promoting.why_outdated({"mutant": "a"}), "another format")

    def test_all_flavours_are_any(self):
        self.assertEqual(promoting.flavour_words(["address", "thread", "none"]), "any")
        self.assertEqual(promoting.flavour_words(["address", "none"]), "address, none")


if __name__ == "__main__":
    unittest.main()
