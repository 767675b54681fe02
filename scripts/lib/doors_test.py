"""Every door, on a machine that has nothing: stand-ins for the package tools are all that is in
PATH."""

import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fakes
import guardian
import run_door
from common import ROOT
from run_door import load

SCRIPTS = ROOT / "scripts"
CASE = str(next((ROOT / "corpus" / "seeds").glob("*.case")))
# What a door cannot do without. A new door that needs arguments is added here.
ARGUMENTS = {"replay": [CASE], "minimize": [CASE],
             "promote": [CASE, "--name", "nothing-goes-wrong-here"]}
# Names and numbers that only the door can judge.
BAD = (("bench", "--only", "nothing"), ("build", "--mutant", "nothing"),
       ("coverage", "--corpus", "/nowhere"), ("depth", "/nowhere"),
       ("determinism", "--processes", "1"), ("fresh-machine", "--seconds", "0"),
       ("fuzz", "--mutant", "nothing"), ("fuzz", "--corpus", "/nowhere"),
       ("fuzz", "--seconds", "0"),
       ("litmus", "--names", "nothing"), ("minimize", "/nowhere"),
       ("mutants", "--names", "nothing"),
       ("nightly", "--plant", "nothing"), ("promote", "/nowhere", "--name", "a-name"),
       ("replay", CASE, "/nowhere"), ("replay", CASE, "--mutant", "nothing"),
       ("strategies", "--strategy", "nothing"), ("strategies", "--mutant", "nothing"),
       ("stress", "--job", "nothing"), ("stress", "--mutant", "nothing"),
       ("yardstick", "--program", "nothing"), ("yardstick", "--strategy", "nothing"))
TOOLS = ("awk", "bash", "cat", "dirname", "env", "grep", "mktemp", "readlink", "rm", "sh", "sleep",
         "tail", "tr", "uniq")
# apt-get fails to install, or the door would continue.
STAND_INS = {"dpkg-query": 'for name in $INSTALLED; do printf "%s=installed " "$name"; done',
             "apt-get": 'case "$*" in *install*) exit 100 ;; esac',
             "sudo": 'while [ "${1#-}" != "$1" ]; do shift; done; [ $# = 0 ] || exec "$@"'}


def names():
    """Of all doors: scripts that bring their own Python."""
    return sorted(path.name for path in SCRIPTS.iterdir()
                  if path.is_file() and run_door.source_of(path.name).is_file())


class Machine(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.calls = folder / "calls"
        for name in TOOLS:
            (self.bin / name).symlink_to(shutil.which(name))
        self.add("python3", f'exec {sys.executable} "$@"', is_recorded=False)
        for name, script in STAND_INS.items():
            self.add(name, script)

    def add(self, name, script, is_recorded=True):
        """A stand-in, which writes down that it was called."""
        record = f'echo "{name} $*" >> "$CALLS"\n' if is_recorded else ""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{record}{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def environment(self, **more):
        return {"PATH": str(self.bin), "CALLS": str(self.calls), "PYTHONDONTWRITEBYTECODE": "1",
                "HOME": os.environ.get("HOME", "/"), **more}

    def run_in(self, command, installed=""):
        """The result, and what was called."""
        self.calls.write_text("")
        result = subprocess.run([str(part) for part in command], check=False, capture_output=True,
                                env=self.environment(INSTALLED=installed), text=True,
                                stdin=subprocess.DEVNULL)
        return result, self.calls.read_text().splitlines()

    def open(self, name, *options, with_arguments=True):
        arguments = ARGUMENTS.get(name, []) if with_arguments else []
        return self.run_in([SCRIPTS / name, *arguments, *options])


def installs(calls):
    return [call for call in calls if call.startswith("apt-get") and " install " in call]


class EveryDoor(Machine):
    def test_is_two_lines_of_shell_and_stands_in_the_list(self):
        listed = (SCRIPTS / "README.md").read_text()
        for name in names():
            with self.subTest(name):
                self.assertEqual((SCRIPTS / name).read_text().count("\n"), 2)
                self.assertTrue(os.access(SCRIPTS / name, os.X_OK))
        for path in SCRIPTS.iterdir():
            if path.is_file() and not path.suffix:
                with self.subTest(path.name):
                    self.assertTrue(f"`{path.name}`" in listed)

    def test_judges_its_options_before_it_looks_for_packages(self):
        for name in names():
            with self.subTest(name):
                result, calls = self.open(name, "--no-such-option")
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("--no-such-option", result.stderr)
                self.assertEqual(calls, [])

    def test_judges_names_and_numbers_then_too(self):
        for name, *options in BAD:
            with self.subTest(f"{name} {options}"):
                result, calls = self.run_in([SCRIPTS / name, *options])
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertNotIn("missing:", result.stderr)
                self.assertEqual(calls, [])

    def test_explains_itself_without_them(self):
        for name in names():
            with self.subTest(name):
                result, calls = self.open(name, "--help", with_arguments=False)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn("--no-setup", result.stdout)
                self.assertEqual(calls, [])

    def test_its_help_fits_a_terminal_of_80_columns(self):
        for name in [*names(), "setup"]:
            with self.subTest(name):
                result, _ = self.open(name, "--help", with_arguments=False)
                self.assertEqual([line for line in result.stdout.splitlines() if len(line) > 80],
                                 [])

    def test_says_what_is_missing_and_installs_it(self):
        for name in names():
            if load(name).NEEDS == ():
                continue
            with self.subTest(name):
                result, calls = self.open(name)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertRegex(result.stderr.splitlines()[0],
                                 f"^{name}: missing: .+; installing it")
                self.assertEqual(len(installs(calls)), 1, calls)
                self.assertEqual(result.stdout, "")

    def test_installs_nothing_when_told_so(self):
        for name in names():
            if load(name).NEEDS == ():
                continue
            with self.subTest(name):
                result, calls = self.open(name, "--no-setup")
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertRegex(result.stderr, f"\\A{name}: missing: .+; 'scripts/setup .+\n\\Z")
                self.assertEqual(len(calls), 1, calls)
                self.assertTrue(calls[0].startswith("dpkg-query "), calls)

    def test_a_door_that_needs_nothing_asks_nobody(self):
        result, calls = self.open("check_includes")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(calls, [])


class WithoutPython(Machine):
    def setUp(self):
        super().setUp()
        (self.bin / "python3").unlink()

    def test_every_door_installs_it(self):
        for name in names():
            with self.subTest(name):
                result, calls = self.open(name)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr.splitlines()[0],
                                 f"{name}: missing: python3; installing it (not with --no-setup)")
                self.assertEqual(len(installs(calls)), 1, calls)
                self.assertTrue(installs(calls)[0].endswith(" python3"), calls)

    def test_or_says_how(self):
        result, calls = self.open("fuzz", "--no-setup")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr,
                         "fuzz: missing: python3; 'scripts/setup python' installs it\n")
        self.assertEqual(calls, [])

    def test_help_is_short_but_there(self):
        result, calls = self.open("fuzz", "--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("scripts/setup python", result.stdout)
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)
        self.assertEqual(calls, [])


class Needs(Machine):
    """What is asked for differs, by door and by option."""

    def missing(self, *command):
        result, _ = self.open(*command, "--no-setup")
        return result.stderr

    def test_only_afl_needs_afl(self):
        self.assertNotIn("afl++", self.missing("fuzz"))
        self.assertIn("afl++", self.missing("fuzz", "--engine", "all"))
        self.assertIn("afl++", self.missing("mutants", "--engine", "afl"))
        self.assertIn("afl++", self.missing("test"))

    def test_a_peer_can_be_left_out_but_not_by_accident(self):
        self.assertNotIn("golang-go", self.missing("bench"))
        result, _ = self.open("bench")
        self.assertIn("golang-go", result.stderr)

    def test_a_list_of_names_needs_nothing(self):
        result, calls = self.open("mutants", "--list")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(calls, [])


class Setup(Machine):
    def setup(self, *options, installed=""):
        return self.run_in([SCRIPTS / "setup", *options], installed)

    def test_one_query_when_all_is_there(self):
        result, calls = self.setup("--check", "afl", "python", installed="afl++ python3")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(len(calls), 1, calls)

    def test_names_what_is_missing(self):
        result, _ = self.setup("--check", "afl", "bench", installed="afl++ libbenchmark")
        self.assertEqual((result.returncode, result.stdout), (1, "libbenchmark-dev\n"))

    def test_a_command_from_elsewhere_is_as_good_and_is_said(self):
        self.add("afl-fuzz", "")
        result, _ = self.setup("--check", "afl")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertIn("afl++ is not installed, but", result.stderr)

    def test_without_dpkg_commands_are_looked_for_and_libraries_are_not(self):
        (self.bin / "dpkg-query").unlink()
        (self.bin / "apt-get").unlink()
        result, _ = self.setup("--check", "bench")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        result, _ = self.setup("afl")
        self.assertEqual(result.returncode, 2)
        self.assertIn("install by hand: afl++", result.stderr)

    def test_a_failed_update_is_not_the_end(self):
        self.add("apt-get", 'case "$*" in *update*) exit 100 ;; esac')
        result, calls = self.setup("afl")
        self.assertIn("trying with the lists at hand", result.stderr)
        self.assertEqual(len(installs(calls)), 1)

    def test_what_apt_says_was_installed_must_be_there(self):
        self.add("apt-get", "")
        result, _ = self.setup("afl")
        self.assertEqual(result.returncode, 2)
        self.assertIn("has not installed: afl++", result.stderr)

    def test_what_shows_the_progress_ends_with_it_and_apt_is_left_to_end(self):
        self.add("apt-get", "exec sleep 600")
        mark = f"CONCERTINA_TEST_MARK={secrets.token_hex(8)}"
        self.addCleanup(guardian.kill_carriers, mark)
        name, value = mark.split("=")
        with subprocess.Popen([SCRIPTS / "setup", "afl"], env=self.environment(**{name: value}),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
            fakes.poll_until(self.calls.exists)
            fakes.poll_until(lambda: "apt-get" in self.calls.read_text())
            process.kill()
        fakes.poll_until(lambda: len(guardian.carriers(mark)) == 1)

    def test_words_that_nobody_can_read_are_no_answer(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            for option in ("--help", "--check"):
                result = subprocess.run([SCRIPTS / "setup", option], env=self.environment(),
                                        stdout=full, stderr=subprocess.DEVNULL, check=False)
                self.assertEqual(result.returncode, 2, option)

    def test_refuses_a_group_that_is_none(self):
        result, calls = self.setup("nothing")
        self.assertEqual(result.returncode, 2)
        self.assertEqual(calls, [])

    @unittest.skipIf(os.geteuid() == 0, "root needs no sudo")
    def test_neither_root_nor_sudo(self):
        (self.bin / "sudo").unlink()
        result, calls = self.setup("afl")
        self.assertEqual(result.returncode, 2)
        self.assertIn("as root: apt-get install", result.stderr)
        self.assertEqual(installs(calls), [])


if __name__ == "__main__":
    unittest.main()
