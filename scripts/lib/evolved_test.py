import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import evolved
from artifacts import sha1
from evolved import Evolved


class EvolvedTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.multiple(evolved, LOADED_MAX=10, NEWEST_MIN=3))
        self.evolved = Evolved(self.folder)
        self.evolved.corpus.mkdir()

    def add(self, *contents, folder=None):
        """Each younger than the one before, and all old."""
        folder = folder or self.evolved.corpus
        folder.mkdir(parents=True, exist_ok=True)
        for content in contents:
            path = folder / sha1(content)
            path.write_bytes(content)
            number = int(content.split()[-1]) if content.split()[-1].isdigit() else 0
            os.utime(path, (10 ** 9 + number, 10 ** 9 + number))

    def add_many(self, count):
        contents = [b"entry %d" % i for i in range(count)]
        self.add(*contents)
        return contents

    def contents(self, folder):
        return {path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def assert_none_lost(self, contents):
        found = [path.read_bytes() for path in self.folder.rglob("*") if path.is_file()
                 and path != self.evolved.core_file]
        self.assertEqual(sorted(found), sorted(contents))

    def test_a_small_corpus_is_loaded_as_it_is(self):
        contents = self.add_many(10)
        self.evolved.open()
        self.assertEqual(self.contents(self.evolved.corpus), set(contents))
        self.assertEqual(self.evolved.counts().words(), "10 evolved inputs")

    def test_of_a_large_one_the_newest_are_and_the_others_wait(self):
        for count in (15, 200):
            with self.subTest(count=count):
                self.setUp()
                contents = self.add_many(count)
                self.evolved.open()
                self.assertEqual(self.contents(self.evolved.corpus), set(contents[-10:]))
                self.assert_none_lost(contents)
                self.assertEqual(self.evolved.counts().words(),
                                 f"10 evolved inputs ({count - 10} wait to be merged)")

    def test_the_core_stays_however_old_and_some_new_ones_with_it(self):
        contents = self.add_many(60)
        core = contents[:20]
        self.evolved.write_core(map(sha1, core))
        self.evolved.open()
        self.assertEqual(self.contents(self.evolved.corpus), {*core, *contents[-3:]})
        self.assert_none_lost(contents)

    def test_a_damaged_list_of_the_core_loses_nothing(self):
        contents = self.add_many(30)
        self.evolved.core_file.write_bytes(b"\xff\xfe\n" + sha1(contents[0]).encode() + b"\nabc")
        self.evolved.open()
        self.assertIn(contents[0], self.contents(self.evolved.corpus))
        self.assert_none_lost(contents)

    def test_killed_at_any_rename_a_start_loses_nothing_and_the_next_one_loads(self):
        class Killed(BaseException):
            pass
        for step in range(12):
            with self.subTest(step=step):
                self.setUp()
                contents = self.add_many(100)
                renames = []

                def rename(*names, real=os.rename):
                    renames.append(names)
                    if len(renames) > step:
                        raise Killed()
                    real(*names)
                with mock.patch.object(evolved.os, "rename", rename), self.assertRaises(Killed):
                    self.evolved.open()
                self.assert_none_lost(contents)
                self.evolved.open()
                self.assertEqual(self.contents(self.evolved.corpus), set(contents[-10:]))
                self.assert_none_lost(contents)

    def test_a_cut_file_does_not_replace_the_whole_one_that_waits(self):
        contents = self.add_many(15)
        self.evolved.open()
        whole = contents[0]
        (self.evolved.corpus / sha1(whole)).write_bytes(b"ent")
        self.add(*(b"later %d" % i for i in range(100, 105)))
        os.utime(self.evolved.corpus / sha1(whole), (1, 1))
        self.evolved.open()
        waiting = self.contents(self.evolved.waiting)
        self.assertIn(whole, waiting)
        self.assertIn(b"ent", waiting)

    def test_trimmed_while_engines_run_what_is_young_stays(self):
        contents = self.add_many(30)
        for content in contents[:12]:
            os.utime(self.evolved.corpus / sha1(content))
        self.evolved.trim()
        self.assertEqual(self.contents(self.evolved.corpus), set(contents[:12]))
        self.assert_none_lost(contents)

    def test_an_entry_that_an_engine_has_replaced_meanwhile_is_no_trouble(self):
        contents = self.add_many(20)
        surplus = self.evolved.surplus()
        for entry in surplus:
            os.unlink(entry.path)
        self.evolved.set_aside(surplus)
        self.assertEqual(self.contents(self.evolved.corpus), set(contents[-10:]))


if __name__ == "__main__":
    unittest.main()
