import subprocess
import tempfile
import unittest
from pathlib import Path

import mutants
from common import Unusable

PATCH = """# title: answers wrongly
# oracles: channels, deadlock
# flavours: address, thread
diff --git a/room/answer.cc b/room/answer.cc
--- a/room/answer.cc
+++ b/room/answer.cc
@@ -1,3 +1,3 @@
 int answer() {
-  return 42;
+  return 41;
 }
"""
SOURCE = "int answer() {\n  return 42;\n}\n"


class MutantsTest(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.target = Path(self.enterContext(tempfile.TemporaryDirectory())) / "source"
        self.patches = self.root / "fuzzers" / "mutants"
        self.patches.mkdir(parents=True)
        self.write("room/answer.cc", SOURCE)
        self.write("room/other.cc", "// other\n")
        self.write(".gitignore", "/build/\n")
        self.write("build/object.o", "not source")
        self.write("fuzzers/mutants/wrong-answer.patch", PATCH)
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def find(self, name="wrong-answer"):
        return mutants.find(name, self.patches)

    def test_reads_the_header(self):
        mutant = self.find()
        self.assertEqual(mutant.header["title"], "answers wrongly")
        self.assertEqual(mutant.oracles, ["channels", "deadlock"])
        self.assertEqual(mutant.flavours, ["address", "thread"])

    def test_a_header_needs_no_flavour_and_refuses_an_unknown_one(self):
        self.write("fuzzers/mutants/plain.patch",
                   PATCH.replace("# flavours: address, thread\n", ""))
        self.assertEqual(self.find("plain").flavours, ["address"])
        self.write("fuzzers/mutants/odd.patch", PATCH.replace("thread", "therad"))
        with self.assertRaisesRegex(Unusable, "therad"):
            _ = self.find("odd").flavours

    def test_seeds_may_show_a_mutant_only_when_its_header_says_so(self):
        self.assertFalse(self.find().seeds_show_it)
        for word, shows in (("show it", True), ("hide it", False)):
            self.write("fuzzers/mutants/plain.patch", f"# seeds: {word}\n" + PATCH)
            self.assertEqual(self.find("plain").seeds_show_it, shows)
        self.write("fuzzers/mutants/odd.patch", "# seeds: maybe\n" + PATCH)
        with self.assertRaisesRegex(Unusable, "maybe"):
            _ = self.find("odd").seeds_show_it

    def test_an_unknown_name_lists_the_known_ones(self):
        with self.assertRaisesRegex(Unusable, "wrong-answer"):
            self.find("nothing")

    def test_prepares_a_copy_and_leaves_the_tree_alone(self):
        mutants.prepare_source(self.find(), self.target, self.root)
        self.assertIn("return 41", (self.target / "room/answer.cc").read_text())
        self.assertEqual((self.target / "room/other.cc").read_text(), "// other\n")
        self.assertFalse((self.target / "build").exists())
        self.assertEqual((self.root / "room/answer.cc").read_text(), SOURCE)

    def test_preparing_again_touches_only_what_changed(self):
        mutants.prepare_source(self.find(), self.target, self.root)
        stamps = {path: path.stat().st_mtime_ns for path in self.target.rglob("*.cc")}
        self.write("room/other.cc", "// edited\n")
        self.write("room/new.cc", "// new\n")
        mutants.prepare_source(self.find(), self.target, self.root)
        answer = self.target / "room/answer.cc"
        self.assertEqual(answer.stat().st_mtime_ns, stamps[answer])
        self.assertEqual((self.target / "room/other.cc").read_text(), "// edited\n")
        self.assertTrue((self.target / "room/new.cc").exists())
        (self.root / "room/new.cc").unlink()
        mutants.prepare_source(self.find(), self.target, self.root)
        self.assertFalse((self.target / "room/new.cc").exists())

    def test_another_mutant_in_the_same_copy_undoes_the_first(self):
        mutants.prepare_source(self.find(), self.target, self.root)
        second = PATCH.replace("answer.cc", "other.cc").split("@@")[0] + \
            "@@ -1 +1 @@\n-// other\n+// mutated\n"
        self.write("fuzzers/mutants/second.patch", second)
        mutants.prepare_source(self.find("second"), self.target, self.root)
        self.assertEqual((self.target / "room/answer.cc").read_text(), SOURCE)
        self.assertEqual((self.target / "room/other.cc").read_text(), "// mutated\n")

    def test_a_patch_that_does_not_apply_says_so(self):
        self.write("room/answer.cc", "int question();\n")
        with self.assertRaisesRegex(Unusable, "does not apply"):
            mutants.prepare_source(self.find(), self.target, self.root)
        self.assertFalse(self.target.exists())


class OfThisTree(unittest.TestCase):
    def test_each_changes_the_runtime_as_it_is(self):
        names = mutants.names()
        self.assertGreater(len(names), 30)
        for name in names:
            with self.subTest(name):
                self.assertTrue(mutants.patched_contents(mutants.find(name)))


if __name__ == "__main__":
    unittest.main()
