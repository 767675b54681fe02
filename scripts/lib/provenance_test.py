"""What a result is of: the same gives the same, and whatever it depends on makes another one."""

import contextlib
import io
import os
import tempfile
import types
import unittest
import unittest.mock
from pathlib import Path

import mutants
import provenance
from common import Unusable


class Source(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, text in {"runtime/a.cc": "a", "fuzzers/b.h": "b", "fuzzers/b_test.cc": "test",
                           "README.md": "x", "runtime/README.md": "x", "scripts/a.py": "x",
                           "fuzzers/mutants/m.patch": "m"}.items():
            self.write(name, text)

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def source(self):
        return provenance.source(root=self.root)

    def test_what_is_built_is_of_account_and_nothing_else(self):
        before = self.source()
        for name in ("README.md", "scripts/a.py", "runtime/README.md", "fuzzers/b_test.cc",
                     "fuzzers/mutants/m.patch"):
            self.write(name, "changed")
        self.assertEqual(self.source(), before)
        for name in ("runtime/a.cc", "fuzzers/b.h", "fuzzers/new.cc", "scripts/cmake/rooms.cmake",
                     "CMakeLists.txt"):
            with self.subTest(name):
                self.write(name, "changed")
                self.assertNotEqual(self.source(), before)
                before = self.source()

    def test_a_file_by_another_name_is_another_source(self):
        before = self.source()
        (self.root / "runtime" / "a.cc").rename(self.root / "runtime" / "c.cc")
        self.assertNotEqual(self.source(), before)

    def test_each_mutant_is_another_source(self):
        names = mutants.names()[:2]
        self.assertEqual(len({provenance.source(name) for name in ["", *names]}), 3)


class Inputs(unittest.TestCase):
    def test_a_pipe_is_not_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.case"
            os.mkfifo(path)
            with self.assertRaisesRegex(Unusable, "not a regular file"):
                provenance.of(inputs=[path])


class Differences(unittest.TestCase):
    NOW = {"format": provenance.FORMAT, "source": "s", "inputs": "i", "options": {"seeds": 5}}

    def words(self, **changed):
        return provenance.differences({**self.NOW, **changed}, self.NOW)

    def test_nothing_differs(self):
        self.assertEqual(self.words(), [])

    def test_each_is_named(self):
        self.assertEqual(self.words(source="t"), ["another source"])
        self.assertEqual(self.words(inputs="j", options={"seeds": 20}),
                         ["another inputs", "seeds 20, now 5"])
        self.assertEqual(self.words(options={"seeds": 5, "cap": 9}), ["cap 9, now unknown"])
        self.assertEqual(self.words(format=0), ["another format"])
        self.assertEqual(provenance.differences(None, self.NOW), ["another format"])

    def test_as_a_line(self):
        now = {**self.NOW, "options": {"seeds": 5, "plant": "a,b"}}
        line = provenance.line(now)
        self.assertEqual(
            line, f"format {provenance.FORMAT}, source s, inputs i, seeds 5, plant a;b")
        self.assertEqual(provenance.differences(line, line), [])
        self.assertEqual(provenance.differences(
            line.replace("source s", "source t").replace("seeds 5", "seeds 9"), line),
            ["another source", "seeds 9, now 5"])
        for other in ("", "commit 0123", line.replace("format", "form")):
            self.assertEqual(provenance.differences(other, line), ["another format"])

    def test_of_a_night(self):
        options = types.SimpleNamespace(plant="", seconds=9, mutants=1, ordinal=3)
        with unittest.mock.patch.object(provenance, "source", lambda mutant: f"of '{mutant}'"):
            before = provenance.line(provenance.of_night(options))
            for key, value in (("plant", "x"), ("seconds", 8), ("mutants", 0), ("ordinal", 4)):
                changed = types.SimpleNamespace(**{**vars(options), key: value})
                self.assertEqual(len(provenance.differences(
                    before, provenance.line(provenance.of_night(changed)))), 1, key)

    def test_what_is_left_out_is_said_with_the_reason(self):
        rows = [{provenance.KEY: self.NOW}, {provenance.KEY: {**self.NOW, "source": "t"}}, {},
                {provenance.KEY: self.NOW, "no": 1}]
        with contextlib.redirect_stdout(io.StringIO()) as said:
            taken = provenance.take_up(Path("rows.json"), rows,
                                       lambda row: None if "no" in row else self.NOW)
        self.assertEqual(taken, rows[:1])
        self.assertEqual(said.getvalue().splitlines(), [
            "rows.json: not kept, measured again: 1 rows (another source)",
            "rows.json: not kept, measured again: 1 rows (another format)"])

    def test_an_old_row_stays_until_a_new_one_replaces_it(self):
        old = [{"key": 1, "is": "old"}, {"key": 2, "is": "old"}]
        kept = provenance.with_others([{"key": 2, "is": "new"}], old, lambda row: row["key"])
        self.assertEqual(kept, [{"key": 2, "is": "new"}, {"key": 1, "is": "old"}])


if __name__ == "__main__":
    unittest.main()
