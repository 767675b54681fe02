"""Wrong uses of the doors, as a stranger's shell makes them: exit code 2, and a message that names
the real reason. What a single door judges is in doors_test.py."""

import argparse
import contextlib
import io
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import arguments
import common
from common import ROOT

# A shell's, where python3 is a script (pyenv's).
LOCALE = re.compile("^(bash|sh): warning: setlocale: ")
CHECK = ROOT / "scripts" / "check_includes"  # a door that is done at once
# Settings of Python, each of which ends it, or changes what it says or how it ends.
SETTINGS = {"PYTHONHOME": "/x", "PYTHONIOENCODING": "nothing", "PYTHONMALLOC": "x",
            "PYTHONUTF8": "7",
            "PYTHONHASHSEED": "x", "PYTHONINSPECT": "1", "PYTHONPATH": "/nowhere",
            "PYTHONOPTIMIZE": "2", "PYTHONSTARTUP": "/x", "PYTHONWARNINGS": "error"}


class ParserOfDoors(unittest.TestCase):
    def complaint(self, *words):
        parser = arguments.parser("x")
        parser.add_argument("--json")
        parser.add_argument("--names", type=arguments.mutant_list)
        parser.add_argument("--mutant", type=arguments.mutant)
        parser.add_argument("files", nargs="*", type=arguments.existing)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            try:
                parser.parse_args(words)
            except SystemExit as end:
                self.assertEqual(end.code, 2)
        return said.getvalue().splitlines()[-1:]

    def test_an_empty_value_is_no_value(self):
        for words in (["--json", ""], ["--json="], ["--names", ","], ["--names", " "], [""]):
            complaint = self.complaint(*words)
            self.assertTrue(complaint and complaint[0].endswith("its value is empty"), words)

    def test_but_no_mutant_is_one(self):
        self.assertEqual(self.complaint("--mutant", ""), [])

    def test_names_of_others_move_no_cursor_and_break_no_line(self):
        complaint = self.complaint("a\x1b[2J\nb\r\udcff")
        self.assertIn("'a\\x1b[2J\\x0ab\\x0d\\xff' does not exist", complaint[0])

    def test_what_is_visible_stays(self):
        self.assertEqual(common.visible("nö\tx\ny"), "nö\tx\ny")

    def test_paragraphs_are_filled_and_lists_are_not(self):
        help_text = arguments.Help("x", width=30)
        text = ("A long line, and one more that follows it.\n\n"
                "1. first\n2. second, of more words than fit\n    code")
        self.assertEqual(help_text._fill_text(text, 30, ""),  # pylint: disable=protected-access
                         "A long line, and one more that\nfollows it.\n\n1. first\n"
                         "2. second, of more words than\n   fit\n    code")
        self.assertIsInstance(help_text, argparse.HelpFormatter)


class Environment(unittest.TestCase):
    def run_check(self, *options, **environment):
        return subprocess.run([CHECK, *options], env={**os.environ, **environment}, check=False,
                              capture_output=True, stdin=subprocess.DEVNULL, text=True)

    def test_settings_of_somebodys_python_change_nothing(self):
        want = self.run_check("--help")
        self.assertEqual(want.returncode, 0)
        for name, value in SETTINGS.items():
            with self.subTest(name):
                result = self.run_check("--help", **{name: value})
                self.assertEqual((result.returncode, result.stdout, result.stderr),
                                 (0, want.stdout, ""))

    def test_nor_do_a_home_a_folder_for_temporary_files_and_a_locale_that_are_not_there(self):
        for name, value in (("HOME", "/nowhere"), ("TMPDIR", "/nowhere"), ("LC_ALL", "xx_XX.UTF-8"),
                            ("LC_ALL", "C"), ("TERM", "")):
            with self.subTest(f"{name}={value}"):
                result = self.run_check("--help", **{name: value})
                said = [line for line in result.stderr.splitlines() if not LOCALE.match(line)]
                self.assertEqual((result.returncode, said), (0, []))

    def test_a_file_of_any_name_is_named_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("nö.case", "a b.case", "-x.case", "ü\n.case"):
                path = Path(folder) / name
                path.touch()
                self.assertEqual(arguments.existing(str(path)), str(path))
                result = subprocess.run(
                    [ROOT / "scripts" / "replay", "--no-setup", f"{path}.none"], check=False,
                    env={**os.environ, "LC_ALL": "C"}, capture_output=True,
                    stdin=subprocess.DEVNULL)
                self.assertEqual(result.returncode, 2)
                shown = f"{path}.none".replace("\n", "\\x0a")
                self.assertIn(f"'{shown}' does not exist".encode(), result.stderr)


if __name__ == "__main__":
    unittest.main()
