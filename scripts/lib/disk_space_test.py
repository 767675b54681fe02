import os
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import files
import disk_space


class DiskSpaceTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for part in disk_space.PARTS:
            (self.folder / part).mkdir()
        self.disk_space = disk_space.DiskSpace(self.folder)
        # Nothing can be written there, as on a full disk.
        self.stumbling_block = self.folder / f".room.{os.getpid()}{files.SUFFIX}"

    def test_a_good_folder_is_left_as_it_was(self):
        self.assertEqual(self.disk_space.trouble(), "")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         sorted(disk_space.PARTS))

    def test_what_takes_no_file_or_lost_a_part_is_no_good(self):
        self.stumbling_block.mkdir()
        self.assertRegex(self.disk_space.trouble(), f"^{self.folder}: Is a directory")
        for part in disk_space.PARTS:
            (self.folder / part).rmdir()
            self.assertEqual(disk_space.DiskSpace(self.folder).trouble(),
                             f"{self.folder / part} was removed")
            (self.folder / part).mkdir()
        shutil.rmtree(self.folder)
        self.assertIn("was removed", disk_space.DiskSpace(self.folder).trouble())
        self.folder.mkdir()

    def test_nor_is_one_with_a_part_that_takes_no_files(self):
        """By its rights, or because it is immutable. (Root has all rights; so this asks for it.)"""
        for part in disk_space.PARTS:
            with mock.patch("disk_space.os.access", lambda path, _, gone=part: path.name != gone):
                trouble = disk_space.DiskSpace(self.folder).trouble()
            self.assertEqual(trouble, f"{self.folder / part} takes no files")

    def test_trouble_that_is_over_is_trouble_still(self):
        self.stumbling_block.mkdir()
        self.assertTrue(self.disk_space.trouble())
        self.stumbling_block.rmdir()
        self.assertTrue(self.disk_space.trouble())

    def test_it_looks_once_a_second(self):
        self.assertEqual(self.disk_space.trouble_now_and_then(10.0), "")
        self.stumbling_block.mkdir()
        self.assertEqual(self.disk_space.trouble_now_and_then(10.9), "")
        self.assertTrue(self.disk_space.trouble_now_and_then(11.0))


if __name__ == "__main__":
    unittest.main()
