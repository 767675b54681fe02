"""What stands in stress/lab/results is what the generator writes."""

import contextlib
import io
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import files
import litmus
import results

BY_HAND = {"README", "feedback"}  # the latter is about what is no more
ROW = {"program": "ping-pong", "flavour": "none", "end": "complete", "bound": 1, "schedules": 1234,
       "states": 5, "seconds": 0.25, "signature": "pass", "provenance": {"source": "s"}}


class Stored(unittest.TestCase):
    def test_each_page_is_made_of_its_rows(self):
        stored = files.listed(results.FOLDER, "*.json")
        self.assertGreater(len(stored), 10)
        for path in stored:
            with self.subTest(path.name):
                self.assertEqual(results.page(results.read(path)),
                                 path.with_suffix(".md").read_text())

    def test_nothing_stands_there_that_was_not_made(self):
        names = {path.stem for path in files.listed(results.FOLDER, "*.json")}
        pages = {path.stem for path in files.listed(results.FOLDER, "*.md")} - BY_HAND
        self.assertEqual(pages, names)

    def test_each_says_of_when_it_is(self):
        for path in files.listed(results.FOLDER, "*.json"):
            stored = results.read(path)
            self.assertRegex(stored["date"], r"^20\d\d-\d\d-\d\d$", path.name)
            self.assertTrue(stored["commit"], path.name)


class Written(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(results, "FOLDER", folder))
        self.enterContext(mock.patch.object(results.sys, "argv", ["litmus", "--bound", "1"]))
        self.folder = folder

    def show(self, write):
        measured = litmus.Verification(types.SimpleNamespace(json=None, write=write))
        with contextlib.redirect_stdout(io.StringIO()) as said:
            measured.show([ROW])
        return said.getvalue()

    def test_what_a_door_shows_is_written_when_it_is_asked_to(self):
        said = self.show("litmus")
        page = (self.folder / "litmus.md").read_text()
        self.assertIn(said.strip(), page)
        self.assertIn("| ping-pong | none | complete | 1 | 1,234 | 5 | 0.2 |", page)
        self.assertRegex(page,
                         r"- date: 20\d\d-\d\d-\d\d\n- commit: \S+\n- machine: .+ processors.*\n"
                         r"- command: scripts/litmus --bound 1\n")
        stored = results.read(self.folder / "litmus.json")
        self.assertEqual(results.page(stored), page)
        self.assertNotIn("provenance", stored["rows"][0])

    def test_else_nothing_is(self):
        self.show(None)
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
