import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import keeping


class KeepingTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.place = self.folder / "findings"
        self.other = self.folder / "tmp"
        self.other.mkdir()

    def elsewhere(self, *places):
        self.enterContext(mock.patch.object(keeping, "elsewhere", lambda: list(places)))

    def test_where_it_belongs(self):
        self.elsewhere()
        path, reasons = keeping.keep(b"content", "name", self.place)
        self.assertEqual((path, path.read_bytes(), reasons), (self.place / "name", b"content", []))

    def test_else_elsewhere_in_a_folder_of_its_own_and_it_says_why(self):
        self.place.touch()  # no folder: nothing can be written there
        (self.folder / "no-folder").touch()
        self.elsewhere(self.folder / "no-folder", self.other)
        paths = set()
        for content in (b"one", b"two"):
            path, reasons = keeping.keep(content, "name", self.place)
            self.assertEqual((path.parent.parent, path.read_bytes()), (self.other, content))
            self.assertRegex(reasons[0], r"it cannot be kept in .*/findings: File exists")
            self.assertRegex(reasons[1], r"it cannot be kept in .*/no-folder: Not a directory")
            paths.add(path)
        self.assertEqual(len(paths), 2)

    def test_a_place_that_fills_up_meanwhile_is_left_clean(self):
        self.place.touch()
        self.elsewhere(self.other)
        full = OSError(28, "No space left on device")
        with mock.patch.object(keeping.files, "write_whole", side_effect=full):
            path, reasons = keeping.keep(b"content", "name", self.place)
        self.assertIsNone(path)
        self.assertIn("No space left on device", reasons[1])
        self.assertEqual(list(self.other.iterdir()), [])

    def test_temporary_files_go_where_the_environment_says(self):
        with mock.patch.dict(os.environ, TMPDIR=str(self.other), HOME="not/absolute"):
            self.assertEqual(keeping.elsewhere(), [self.other, Path("/tmp"), Path("/var/tmp")])

    def test_a_shell_makes_the_file_of_what_is_printed(self):
        for content in (b"", b"\0\xff'\n", os.urandom(8192)):
            lines = keeping.printed(content, "finding.bytes")
            self.assertLess(max(map(len, lines)), 80)
            subprocess.run(["sh", "-e"], input="\n".join(lines).encode(), cwd=self.folder,
                           check=True)
            self.assertEqual((self.folder / "finding.bytes").read_bytes(), content)

    def test_a_place_for_output(self):
        self.elsewhere(self.other)
        self.assertEqual(keeping.place_for(self.place), (self.place, []))
        self.assertEqual(list(self.place.iterdir()), [])
        (self.folder / "file").touch()
        place, reasons = keeping.place_for(self.folder / "file")
        self.assertEqual((place.parent, len(reasons)), (self.other, 1))


if __name__ == "__main__":
    unittest.main()
