"""When scripts/fuzz merges."""

import errno
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import building
import fakes
import merging
from campaign import Settings
from common import Unusable
from run_door import load

FIND = "run(b'new', 9)\nfor content in (b'a', b'b', b'ab'):\n    save(content)\n"
CRASH = "run(b'crash')\nsave(b'crash', prefix + 'crash-')\nsys.exit(77)"


class MergeTest(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree = fakes.Tree(folder)
        self.seeds = folder / "seeds"
        self.seeds.mkdir()
        (self.seeds / "seed").write_bytes(b"seed")
        self.enterContext(mock.patch.object(building, "build_for_engine"))
        self.enterContext(mock.patch.object(merging, "WORTH_IT", 3))
        self.out = self.enterContext(mock.patch("sys.stdout", io.StringIO()))
        self.door = load("fuzz")

    def run_door(self, function, behaviour, **more):
        self.tree.write_libfuzzer(behaviour)
        settings = Settings("none", 600, workers=1, corpus=[self.seeds], **more)
        return getattr(self.door, function)(self.tree, settings)

    def test_a_campaign_that_found_nothing_does_at_its_end(self):
        campaign = self.run_door("run_campaign", FIND)
        self.assertIn("none     merge: 2 evolved inputs cover all, 1 pruned\n", self.out.getvalue())
        self.assertEqual(campaign.evolved.counts().loaded, 2)

    def test_one_that_found_something_does_not_nor_one_without_inputs_nor_for_a_few(self):
        for behaviour, more in ((FIND + CRASH, {}), (FIND, {"empty": True}),
                                ("run(b'new')\nsave(b'a')\nsave(b'ab')", {})):
            with self.subTest(behaviour=behaviour, more=more):
                self.run_door("run_campaign", behaviour, **more).settle()
                self.assertNotIn("merge:", self.out.getvalue())
                self.setUp()

    def test_a_merge_that_cannot_be_does_no_harm_to_the_campaign(self):
        for error, words in ((Unusable("no such option"), "no such option"),
                             (OSError(errno.ENOSPC, "No space", "core"), "core: No space")):
            with mock.patch.object(merging.Merge, "run_target", side_effect=error):
                campaign = self.run_door("run_campaign", FIND)
            self.assertIn(f"not merged: {words}\n", self.out.getvalue())
            self.assertEqual(campaign.result.findings, [])

    def test_merge_fuzzes_nothing(self):
        self.run_door("run_campaign", "run(b'new')\nsave(b'a')\nsave(b'ab')")
        campaign = self.run_door("run_merge", "sys.exit('not to be started')")
        self.assertEqual(campaign.evolved.counts().loaded, 2)
        self.assertIn("merge: 2 evolved inputs cover all, 0 pruned", self.out.getvalue())
        self.run_door("run_merge", "sys.exit('not to be started')")
        self.assertIn("merge: nothing to merge", self.out.getvalue())

    def test_merge_reports_first_what_a_killed_campaign_left(self):
        artifacts = self.tree.fuzz_folder("none") / "artifacts"
        artifacts.mkdir(parents=True)
        (artifacts / "libfuzzer-0-crash-1").write_bytes(b"crash")
        (artifacts.parent / "corpus").mkdir()
        (artifacts.parent / "corpus" / "an-entry").write_bytes(b"a")
        self.assertEqual(len(self.run_door("run_merge", "").result.findings), 1)
        self.assertNotIn("merge:", self.out.getvalue())


if __name__ == "__main__":
    unittest.main()
