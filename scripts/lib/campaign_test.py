import json
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path

from campaign import Campaign, Settings
from common import Unusable

# A fuzzer that saves an input after a moment, when its folder of behaviour says so.
FUZZER = """
import os, sys, time
prefix = [a.split('=', 1)[1] for a in sys.argv if a.startswith('-artifact_prefix')][0]
print('#8\\tNEW cov: 5 ft: 6 corp: 2/2b exec/s: 100 rss: 1Mb', flush=True)
time.sleep(0.05)
if {crashes}:
    open(prefix + 'crash-1', 'w').write('input')
    print('stat::number_of_executed_units: 9')
sys.exit({code})
"""
# A tool that answers replays and writes whatever it is asked to show.
TOOL = """
import json, sys
if sys.argv[1] == 'show':
    target = sys.argv[sys.argv.index('-o') + 1]
    sets = [sys.argv[i + 1] for i, a in enumerate(sys.argv) if a == '--set']
    open(target, 'w').write('\\n'.join(sets))
else:
    print(json.dumps({answer}))
"""


class FakeTree:
    mutant = "planted"

    def __init__(self, folder):
        self.folder = folder

    def fuzz_folder(self, flavour):
        return self.folder / "fuzz" / flavour

    def binary(self, _, name):
        return self.folder / name

    def tool(self, _):
        return self.folder / "concertina"

    def write(self, name, text):
        path = self.folder / name
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


class CampaignTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = FakeTree(self.folder)

    def run_campaign(self, crashes, code, failures=3):
        answer = {"failures": failures, "agree": True, "signature": "channels: lost value",
                  "oracle": "channels", "died": False}
        self.tree.write("fuzz_sim", FUZZER.format(crashes=crashes, code=code))
        self.tree.write("concertina", TOOL.format(answer=answer))
        campaign = Campaign(self.tree, Settings("address", 5, workers=2, empty=True))
        self.addCleanup(campaign.stop)
        campaign.start()
        deadline = time.monotonic() + 20
        while not campaign.poll():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        return campaign.result

    def test_a_quiet_campaign_ends_without_findings(self):
        result = self.run_campaign(crashes=False, code=0)
        self.assertEqual(result.findings, [])
        self.assertEqual(result.coverage, 5)
        json.dumps(result.as_dict())

    def test_a_crash_becomes_a_case_with_a_header(self):
        result = self.run_campaign(crashes=True, code=77)
        finding = result.findings[0]
        self.assertTrue(finding.confirmed)
        self.assertEqual(finding.signature, "channels: lost value")
        self.assertRegex(finding.case, r"findings/channels-lost-value-[0-9a-f]{10}\.case$")
        header = Path(finding.case).read_text().splitlines()
        self.assertIn("bug=planted", header)
        self.assertIn("oracle=channels", header)
        self.assertIn("flavour=any", header)
        self.assertIn("expect=fail", header)

    def test_a_crash_that_does_not_repeat_is_kept_but_not_confirmed(self):
        finding = self.run_campaign(crashes=True, code=77, failures=1).findings[0]
        self.assertFalse(finding.confirmed)

    def test_a_fuzzer_that_dies_without_an_input_is_no_finding(self):
        with self.assertRaisesRegex(Unusable, "exit code 3"):
            self.run_campaign(crashes=False, code=3)


if __name__ == "__main__":
    unittest.main()
