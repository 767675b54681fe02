import errno
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fakes
import files
from common import Unusable

NO_PID = 2 ** 22 + 1  # beyond what Linux gives


class FilesTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.path = self.folder / "inner" / "file.json"
        self.path.parent.mkdir()

    def names(self):
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


class WriteTest(FilesTest):
    def test_it_is_written_in_its_own_folder(self):
        with mock.patch("os.replace", side_effect=os.replace) as replace:
            files.write_whole(self.path, "text")
        self.assertEqual(self.path.read_text(), "text")
        self.assertEqual(Path(replace.call_args[0][0]).parent, self.path.parent)
        self.assertEqual(self.names(), ["file.json"])

    def test_or_by_way_of_another_folder_that_no_engine_reads(self):
        with mock.patch("os.replace", side_effect=os.replace) as replace:
            files.write_whole(self.path, b"bytes", via=self.folder)
        self.assertEqual(Path(replace.call_args[0][0]).parent, self.folder)
        self.assertEqual(self.names(), ["file.json"])

    def test_a_full_disk_leaves_the_old_file_and_nothing_else(self):
        files.write_whole(self.path, "old")
        for step in ("pathlib.Path.write_bytes", "os.replace"):
            full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
            with mock.patch(step, side_effect=full), self.assertRaises(OSError) as caught:
                files.write_whole(self.path, "new")
            self.assertEqual(caught.exception.filename, str(self.path))
            self.assertEqual((self.path.read_text(), self.names()), ("old", ["file.json"]))

    def test_what_a_killed_writer_left_is_removed_and_that_of_a_living_one_stays(self):
        for pid in (NO_PID, 1):
            (self.path.parent / f".file.json.{pid}.partial").write_text("ha")
        (self.path.parent / f".other.json.{NO_PID}.partial").write_text("ha")
        files.write_whole(self.path, "text")
        self.assertEqual(self.names(), [".file.json.1.partial", f".other.json.{NO_PID}.partial",
                                        "file.json"])

    def test_a_writer_that_is_killed_leaves_the_old_file(self):
        files.write_whole(self.path, "old")
        script = (f"import sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
                  "import files, os, time\n"
                  "os.replace = lambda *_: (print('ready', flush=True), time.sleep(600))\n"
                  f"files.write_whole({str(self.path)!r}, 'new')\n")
        with subprocess.Popen([sys.executable, "-B", "-c", script],
                              stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            writer.kill()
        self.assertEqual((self.path.read_text(), len(self.names())), ("old", 2))
        files.write_whole(self.path, "new")
        self.assertEqual(self.names(), ["file.json"])

    def test_a_link_is_followed_and_a_device_is_written_to(self):
        link = self.folder / "link"
        link.symlink_to(self.path)
        files.write_whole(link, "text")
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.path.read_text(), "text")
        files.write_whole("/dev/null", "text")
        self.assertFalse(Path("/dev/null").is_file())

    def test_a_device_that_takes_nothing_is_named(self):
        with self.assertRaises(OSError) as caught:
            files.write_whole("/dev/full", "text")
        self.assertEqual(caught.exception.filename, "/dev/full")

    def test_a_pipe_is_neither_opened_to_see_whether_it_can_be_nor_replaced(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        files.check_writable(pipe, "--json")
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        files.write_whole(pipe, "text")
        self.assertEqual(os.read(reader, 10), b"text")

    @unittest.skipUnless(os.path.isdir("/dev/shm"), "no such folder here")
    def test_a_file_in_memory_is_a_file(self):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            path = Path(folder) / "file"
            path.touch()
            self.assertFalse(files.is_special(path))
        self.assertTrue(files.is_special("/dev/stdout"))

    def test_a_long_name_is_no_trouble(self):
        path = self.folder / ("x" * 255)
        files.write_whole(path, "text")
        self.assertEqual(path.read_text(), "text")

    def test_what_cannot_be_written_is_known_at_the_start(self):
        for path in (self.folder / "none" / "x.json", self.folder / "inner", self.folder / "",
                     "/proc/x.json"):
            with self.assertRaisesRegex(Unusable, "--json: cannot write"):
                files.check_writable(path, "--json")
        for path in (self.path, None, "/dev/null", "/dev/stdout"):
            files.check_writable(path, "--json")
        self.assertEqual(self.names(), [])  # checking leaves nothing


class ReadTest(FilesTest):
    def test_only_regular_files_are_read(self):
        os.mkfifo(self.folder / "pipe")
        for path in (self.folder / "pipe", "/dev/zero", self.folder, self.folder / "none"):
            with self.assertRaisesRegex(Unusable, str(path)):
                files.read_limited(path)

    def test_hidden_files_are_not_listed(self):
        (self.folder / ".#a.case").symlink_to("user@host.1234")
        for name in ("b.case", "a.case", "c"):
            (self.folder / name).touch()
        self.assertEqual([path.name for path in files.listed(self.folder, "**/*.case")],
                         ["a.case", "b.case"])

    def test_a_name_that_cannot_be_is_refused(self):
        for path in ("a\0b", "n" * 5000):
            with self.assertRaises(Unusable):
                files.read_limited(path)

    def test_a_large_file_is_refused_or_cut(self):
        self.path.write_bytes(b"x" * 11)
        with self.assertRaisesRegex(Unusable, "larger than 10 bytes"):
            files.read_limited(self.path, 10)
        self.assertEqual(files.read_limited(self.path, 10, cut=True), b"x" * 10)
        self.assertEqual(files.read_limited(self.path, 11), b"x" * 11)

    def test_damaged_json_is_named(self):
        for content in (b"", b'{"a": [1, ', b"\xff\xfe"):
            self.path.write_bytes(content)
            with self.assertRaisesRegex(Unusable, "file.json is damaged: .* the state of a night"):
                files.read_json(self.path, "the state of a night")
        files.write_json(self.path, {"a": [1]})
        self.assertEqual(files.read_json(self.path, "x"), {"a": [1]})

    def test_a_million_brackets_are_damage_too(self):
        self.path.write_bytes(b"[" * 1_000_000)
        with self.assertRaisesRegex(Unusable, "is damaged"):
            files.read_json(self.path, "x")

    def test_what_is_set_aside_takes_the_next_free_number(self):
        for i in (1, 2, 3):
            self.path.write_text(str(i))
            self.assertEqual(files.set_aside(self.path).name, f"file.json.damaged-{i}")
        self.path.mkdir()
        self.path.with_name("file.json.damaged-4").symlink_to("nowhere")
        self.assertEqual(files.set_aside(self.path).name, "file.json.damaged-5")
        self.assertEqual([self.path.with_name(f"file.json.damaged-{i}").read_text()
                          for i in (1, 2, 3)],
                         ["1", "2", "3"])
        with self.assertRaises(FileNotFoundError):
            files.set_aside(self.path)

    def test_strays_are_no_files(self):
        (self.folder / "folder").mkdir()
        os.mkfifo(self.folder / "pipe")
        (self.folder / "dangling").symlink_to("nowhere")
        fakes.write_program(self.folder / "program", "")
        self.assertEqual([path.name for path in files.regular_files(self.folder)], ["program"])


if __name__ == "__main__":
    unittest.main()
