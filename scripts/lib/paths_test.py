import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import mutants
import paths
from common import ROOT, Unusable

# All that cmake, ninja and the shell read in some other way, of what a path may have.
ODD = "it's (a) & $b, `c` *?! {d} %e @f@ ^~ \u00fc"
REFUSED = ('"', "\\", ";", "|", "[", "]", "#", "<", ">", "=", "\n", "\t", "${x}", "$(x)", "$ENV{x}",
           os.fsdecode(b"\xff"))
MAP = "generated/runtime_map_tables.cc"


class PathsTest(unittest.TestCase):
    def test_refuses_by_name_what_the_build_cannot_carry(self):
        for text in REFUSED:
            with self.subTest(ascii(text)):
                with self.assertRaises(Unusable) as caught:
                    paths.check_buildable(Path("/somewhere") / f"a{text}b")
                self.assertNotIn("\n", str(caught.exception))

    def test_takes_everything_else(self):
        paths.check_buildable(Path("/somewhere") / ODD)

    def test_cmake_by_hand_refuses_the_same(self):
        text = (ROOT / "CMakeLists.txt").read_text()
        for character in ('\\"', "\\\\", ";", "|", "[", "]", "#", "<", ">", "=", "\\n", "[$](ENV"):
            self.assertIn(character, text.split("if(CMAKE_SOURCE_DIR MATCHES")[1].split(")\n")[0])


class RealBuild(unittest.TestCase):
    """The tree in an odd folder: configured, one custom command run, all other commands read."""

    def setUp(self):
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source = scratch / ODD
        for name in mutants.source_files():
            (self.source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, self.source / name)
        # What "*" and "?" would match if they were not taken as themselves.
        other = scratch / ODD.replace("*?", "xy") / "runtime" / "base"
        other.mkdir(parents=True)
        (other / "stranger.cc").write_text("#error no part of the tree\n")
        self.build = self.source / "build" / "none"
        self.call("cmake", "--preset", "none", "-S", self.source, "-B", self.build)

    def call(self, *command):
        result = subprocess.run([str(part) for part in command], cwd=self.source, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(result.returncode, 0, result.stdout[-3000:])
        return result.stdout

    def test_every_command_gets_the_path_as_it_is(self):
        # Alone: as a target it would wait for the libraries of the program that it is for.
        self.call("sh", "-c",
                  self.call("ninja", "-C", self.build, "-t", "commands", MAP).splitlines()[-1])
        self.assertGreater((self.build / MAP).stat().st_size, 1000)
        rules = self.call("ninja", "-C", self.build, "-t", "commands", "fuzzers_report_test")
        compiles = [line for line in rules.splitlines() if "listing_test.cc" in line]
        words = self.call("sh", "-c", f"printf '%s\\n' {compiles[0]}").splitlines()
        self.assertTrue(f'-DCONCERTINA_SOURCE_DIR="{self.source}"' in words, words)
        self.assertTrue(f"-fdebug-prefix-map={self.source}/=" in words, words)
        self.assertFalse("stranger" in (self.build / "build.ninja").read_text())
        tests = json.loads(self.call("ctest", "--test-dir", self.build, "--show-only=json-v1"))
        words = [word for test in tests["tests"] for word in test.get("command", [])]
        self.assertTrue(str(self.source / "scripts" / "check_includes") in words)


if __name__ == "__main__":
    unittest.main()
