import stat
import sys
import tempfile
import unittest
from pathlib import Path

import signalling
from common import Unusable

# A target: its seed says how many inputs it needs to find the bug; its corpus has one more input
# for each group that it was asked for.
TARGET = """#!PYTHON
import os, sys
arguments = dict(a[1:].split('=', 1) for a in sys.argv[1:] if a.startswith('-'))
corpus = [a for a in sys.argv[1:] if not a.startswith('-')][0]
signals = os.environ['CONCERTINA_SIGNALS']
needs, runs = 100 * int(arguments['seed']), int(arguments['runs'])
if signals == 'broken':
    print('CONCERTINA_SIGNALS: no signals')
    sys.exit(2)
with open(os.environ['CONCERTINA_IN_FLIGHT'], 'wb') as file:
    file.write(min(needs, runs).to_bytes(8, 'little') + bytes(4))
entries = 7 + len(signals.split(','))
print(f'#8\\tINITED cov: 5 ft: 6 corp: 2/2b exec/s: 100 rss: 1Mb')
print(f'#64\\tNEW    cov: 40 ft: 90 corp: {entries}/90b exec/s: 100 rss: 1Mb', flush=True)
if needs > runs:
    sys.exit(0)
print('verdict: work: idle processor', file=sys.stderr)
open(arguments['artifact_prefix'] + 'crash-0', 'w').close()
sys.exit(77)
"""


class TrialTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = self.folder / "target"
        self.target.write_text(TARGET.replace("PYTHON", sys.executable))
        self.target.chmod(self.target.stat().st_mode | stat.S_IXUSR)

    def trial(self, value, seed, runs=1000):
        return signalling.run_trial(self.target, self.folder, value, seed, runs,
                                    self.folder / "trial")

    def test_counts_executions_until_the_find(self):
        self.assertEqual(self.trial("rf,chan", seed=3),
                         {"signature": "work: idle processor", "oracle": "work", "features": 90,
                          "corpus": 9, "seed": 3, "found": True, "executions": 300})
        self.assertFalse((self.folder / "trial").exists())

    def test_a_trial_may_find_nothing(self):
        trial = self.trial("none", seed=30)
        self.assertEqual((trial["found"], trial["executions"], trial["oracle"]), (False, 1000, ""))

    def test_a_target_that_refuses_is_no_trial(self):
        with self.assertRaisesRegex(Unusable, "no signals"):
            self.trial("broken", seed=1)


def trials(*executions, cap=1000):
    return [{"found": value <= cap, "executions": min(value, cap), "seed": 1, "oracle": "work",
             "features": 10 * value, "corpus": value} for value in executions]


class TableTest(unittest.TestCase):
    def test_groups_are_the_targets(self):
        self.assertEqual(signalling.groups('kGroupNames = {\n  "rf", "chan"};'), ["rf", "chan"])
        self.assertIn("rf", signalling.groups())
        with self.assertRaises(Unusable):
            signalling.groups("nothing")

    def test_settings(self):
        self.assertEqual(signalling.settings_of(["rf", "chan", "max"]), {
            "none": "none", "rf": "rf", "chan": "chan", "max": "max", "all": "rf,chan,max",
            "all but rf": "chan,max", "all but chan": "rf,max", "all but max": "rf,chan"})

    def test_what_found_nothing_is_worse_than_all_that_did(self):
        self.assertEqual(signalling.executions_of(trials(10, 1000, 5000), 1000), [10, 1000, 1001])
        self.assertEqual(signalling.spread_words(trials(10, 20, 5000, 6000), 1000),
                         "510 (20->1,000, 2/4)")

    def test_what_another_oracle_saw_is_no_trial_of_the_mutant(self):
        found = trials(10, 20, 5000)
        self.assertEqual(signalling.strays(found, ["work", "race"]), [])
        self.assertEqual(signalling.strays(found, ["race"]), found)
        died = [dict(trial, oracle="") for trial in found]
        self.assertEqual(signalling.strays(died, ["race"]), [])

    def test_compares_over_all_mutants(self):
        results = {
            "a": {"cap": 1000, "trials": {"none": trials(100, 200, 300),
                                          "rf": trials(50, 100, 150)}},
            "b": {"cap": 1000, "trials": {"none": trials(10, 20, 30), "rf": trials(20, 40, 60)}},
            "c": {"cap": 1000, "trials": {"none": trials(10, 20, 30)}}}
        answer = signalling.versus(results, "rf", "none")
        self.assertAlmostEqual(answer["ratio"], 1.0)
        self.assertAlmostEqual(answer["z"], 0.0)
        self.assertIsNone(signalling.versus(results, "chan", "none"))
        lines = signalling.table(results, {"rf": trials(7, 8, 9)}, ["none", "rf"]).splitlines()
        self.assertEqual(lines[2], "| none | 200 (100-300) | 20 (10-30) | 20 (10-30) "
                                   "| - | - | - | - |")
        self.assertEqual(lines[3], "| rf | 100 (50-150) | 40 (20-60) | - | 1.00, z +0.0, p 1 | - | "
                                   "80 | 8 |")


if __name__ == "__main__":
    unittest.main()
