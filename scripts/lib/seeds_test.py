import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fakes
import seeds
from artifacts import sha1
from common import Unusable


class SeedsTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.given = self.folder / "given"
        self.tree = fakes.Tree(self.folder)

    def write(self, **files):
        """`a__b_case` is a/b.case."""
        for name, content in files.items():
            path = self.given / name.replace("__", "/").replace("_case", ".case")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def gather(self, *folders):
        return seeds.gather(self.tree.tool(""), folders or [self.given],
                            self.folder / "work" / "seeds")

    def contents(self, found):
        return sorted(path.read_bytes() for path in found.folder.iterdir())

    def test_cases_and_bytes_in_subfolders_each_content_once(self):
        self.write(a_case=b"case", b=b"bytes", sub__a_case=b"another", sub__deep__a=b"deep",
                   sub__twice=b"bytes")
        found = self.gather()
        self.assertEqual(self.contents(found), [b"another", b"bytes", b"case", b"deep"])
        self.assertEqual(found.words(), "4 seeds")
        self.assertEqual({path.name for path in found.folder.iterdir()},
                         {sha1(content) for content in self.contents(found)})

    def test_names_that_are_equal_in_one_folder(self):
        contents = [b"one", b"two", b"three", b"four", b"five"]
        for name, content in zip(("a.case", "a", "a.bytes", "sub/a", "a.bytes.case"), contents):
            path = self.given / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.assertEqual(self.contents(self.gather()), sorted(contents))

    def test_no_name_is_too_long(self):
        """As long as one can be, in letters of one byte and of more; two that are cut alike."""
        names = ["a" * 255, "a" * 254 + "b", "a" * 120 + "c" + "a" * 134, "x" * 250 + ".case",
                 "\u2603" * 83 + ".case", b"\xff" * 255]
        self.given.mkdir()
        for name in names:
            (self.given / os.fsdecode(name)).write_bytes(os.fsencode(name))
        found = self.gather()
        self.assertEqual(self.contents(found), sorted(map(os.fsencode, names)))

    def test_the_tool_sees_each_file_by_its_own_name(self):
        names = ["a.case", "b.bytes", "id:000000,src:1,op:x", sha1(b"c"), "crash-" + sha1(b"c")]
        self.given.mkdir()
        for name in names:
            (self.given / name).write_bytes(name.encode())
        said = self.folder / "said"
        text = fakes.TOOL.replace("ANSWER", "{}")
        fakes.write_program(self.tree.tool(""), (
            f"import sys\nprint(*sys.argv[1:], sep='\\n', file=open({str(said)!r}, 'a'))\n{text}"))
        self.assertEqual(self.gather().count, len(names))
        seen = {line.partition("/")[2] for line in said.read_text().splitlines() if "/" in line}
        self.assertEqual(seen, set(names))

    def test_hidden_files_and_folders_are_not_read(self):
        self.write(a=b"seen", **{".hidden": b"x", ".git__config": b"x", "sub__.a": b"x"})
        self.assertEqual(self.contents(self.gather()), [b"seen"])

    def test_a_relative_folder_is_the_callers(self):
        self.write(a=b"seed")
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        self.write(b_case=b"noise")
        found = self.gather("given")
        self.assertEqual(self.contents(found), [b"seed"])
        self.assertEqual(found.words(), "1 seeds (1 not read: given/b.case:3:7: no input)")

    def test_what_is_no_input_is_counted_and_the_first_one_named(self):
        self.write(a_case=b"noise", b=b"seed", c=b"noise", d=b"", e=b"x" * 9000)
        os.mkfifo(self.given / "f")
        found = self.gather()
        self.assertEqual(self.contents(found), [b"seed"])
        self.assertEqual(len(found.unread), 5)
        self.assertRegex(found.words(),
                         r"^1 seeds \(5 not read: .*/a\.case:3:7: no input; \.\.\.\)$")
        for path, why in (("d", "it is empty"), ("e", "it takes 9,000 bytes"), ("f", "")):
            self.assertTrue(any(f"/{path}: {why}" in text or f"/{path}:{why}" in text
                                for text in found.unread), path)

    def test_a_folder_without_files_is_said(self):
        self.write(a=b"seed")
        (self.folder / "bare" / "within").mkdir(parents=True)
        found = self.gather(self.given, self.folder / "bare")
        self.assertEqual(found.words(), f"1 seeds (no files in {self.folder / 'bare'})")

    def test_links_that_lead_round_end(self):
        self.write(sub__a=b"seed")
        os.symlink("..", self.given / "sub" / "up")
        os.symlink("nowhere", self.given / "dangling")
        found = self.gather()
        self.assertEqual((self.contents(found), len(found.unread)), ([b"seed"], 1))

    def test_the_seeds_of_an_earlier_campaign_are_gone(self):
        self.write(a=b"old")
        self.gather()
        (self.given / "a").write_bytes(b"new")
        self.assertEqual(self.contents(self.gather()), [b"new"])

    def test_a_folder_that_cannot_be_read_is_counted(self):
        self.write(a=b"seed", sub__b=b"another")

        def scandir(path=".", real=os.scandir):
            if str(path).endswith("sub"):
                raise PermissionError(13, "Permission denied", path)
            return real(path)
        with mock.patch.object(os, "scandir", scandir):
            found = self.gather()
        self.assertEqual(self.contents(found), [b"seed"])
        self.assertEqual(found.unread, [f"{self.given / 'sub'}: Permission denied"])

    def test_a_full_disk_is_no_complaint_about_a_file(self):
        self.write(a=b"seed")
        for code in (1, 2):
            fakes.write_program(self.tree.tool(""), (
                "import sys\nprint('out/0: cannot write: No space left on device',"
                f" file=sys.stderr)\nsys.exit({code})"))
            with self.assertRaisesRegex(Unusable, "No space left on device"):
                self.gather()

    def test_a_tool_that_dies_is_no_complaint_about_a_file(self):
        self.write(a=b"seed")
        fakes.write_program(self.tree.tool(""), "import os\nos.abort()")
        with self.assertRaisesRegex(Unusable, "SIGABRT"):
            self.gather()


if __name__ == "__main__":
    unittest.main()
