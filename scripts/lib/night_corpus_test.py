"""What a night replays of what campaigns have evolved."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import night_steps
from artifacts import sha1


class Evolved(unittest.TestCase):
    def test_a_file_that_a_kill_cut_is_left_to_the_next_campaign(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "corpus").mkdir()
        whole, cut = folder / "corpus" / sha1(b"whole"), folder / "corpus" / sha1(b"cut")
        whole.write_bytes(b"whole")
        cut.write_bytes(b"c")
        with mock.patch.object(night_steps.building, "clean_tree") as tree:
            tree().fuzz_folder.return_value = folder
            cases, evolved = night_steps.corpus_files("none")
        self.assertEqual(evolved, [whole])
        self.assertGreater(len(cases), 100)


if __name__ == "__main__":
    unittest.main()
