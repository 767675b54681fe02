"""State files of every wrong form: none of them stops a night."""

import json
import os
import unittest
from pathlib import Path

import night_store
from night import GOOD, NOT_GOOD
from night_test import Nights, finds, good, interrupt


class Damaged(Nights):
    FINDING = {"signature": "race: a", "scope": "one", "news": "new"}
    RESULT = {"step": "one", "status": "ok", "seconds": 1.5, "summary": "", "findings": [],
              "tried": [], "gone": [], "numbers": {}}
    STATE = {"version": 2, "facts": {}, "planned": ["one"], "notes": [], "remembered": False,
             "results": [RESULT]}
    ENTRY = {"signature": "race: a", "scope": "one", "first": "0", "last": "0", "gone": "",
             "returned": ""}
    KNOWN = {"version": 2, "findings": {"race: a": ENTRY}}

    def test_what_is_whole_is_taken(self):
        self.assertEqual(night_store.check_state(self.STATE), self.STATE)
        found = {**self.STATE, "results": [{**self.RESULT, "findings": [
            {**self.FINDING, "case": "x", "flavour": "none", "fingerprint": "y", "replay": "z"}]}]}
        self.assertEqual(night_store.check_state(found), found)
        self.assertEqual(night_store.check_known(self.KNOWN), self.KNOWN)

    def states(self):
        """In every field something else."""
        result = self.RESULT
        for wrong in (None, 1, "x", [], {}, [1], [[]], {"results": []}):
            yield wrong
        for key in self.STATE:
            yield {**self.STATE, key: [None]}
            yield {name: value for name, value in self.STATE.items() if name != key}
        for key in result:
            yield {**self.STATE, "results": [{**result, key: [None]}]}
            yield {**self.STATE, "results": [{k: v for k, v in result.items() if k != key}]}
        for more in ({"findings": [1]}, {"findings": [{}]}, {"findings": [{"signature": 1}]},
                     {"findings": [{**self.FINDING, "flavour": "vanilla"}]}, {"seconds": True},
                     {"findings": [{**self.FINDING, "more": ""}]},
                     {"seconds": float("nan")}, {"seconds": 10 ** 400}, {"seconds": float("inf")},
                     {"status": "fine"}, {"status": []}, {"summary": "\ud800"}, {"more": ""},
                     {"numbers": {"a": "b"}}):
            yield {**self.STATE, "results": [{**result, **more}]}
        yield {**self.STATE, "results": [result, result]}
        yield {**self.STATE, "version": 3}

    def test_a_state_of_any_other_form_is_set_aside(self):
        count = 0
        for count, content in enumerate(self.states(), 1):
            with self.subTest(content=content):
                self.said.clear()
                self.night()
                self.state().write_text(json.dumps(content))
                night = self.whole([("one", good)])
                self.assertEqual(night.verdict(), GOOD)
                aside = self.state().with_name(f"state.json.damaged-{count}")
                self.assertEqual(aside.read_text(), json.dumps(content))
                self.assertRegex(self.said[0], r"^\S*state.json is damaged: .*Set aside as "
                                               r"state.json.damaged-\d+: the night starts over$")
                self.assertIn(self.said[0], self.page())
                self.state().unlink()
        self.assertGreater(count, 40)

    def test_whatever_lies_in_its_place_is_set_aside(self):
        def dangling(path):
            path.symlink_to("nowhere")
        for place in (lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"\xff{"),
                      lambda path: path.write_text('{"version": 2, "fac'), Path.mkdir,
                      lambda path: path.write_text("[" * 100_000), os.mkfifo, dangling):
            for path in (self.state(), self.known_path):
                self.night()
                if path.is_file():
                    path.unlink()
                place(path)
                self.said.clear()
                self.assertEqual(self.whole([("one", good)]).verdict(), GOOD)
                self.assertEqual(len([line for line in self.said if "Set aside" in line]), 1)
                self.assertTrue(path.is_file())
        self.assertEqual(len(list(self.base.glob("**/*.damaged-*"))), 14)

    def test_without_what_was_known_every_finding_is_new(self):
        self.whole([("one", finds())], "1")
        for content in ("[]", "null", "7", '{"version": 2}', '{"version": 2, "findings": []}',
                        '{"version": 2, "findings": {"a": {}}}', '{"version": 3, "findings": {}}',
                        '{"race: a": 7}', json.dumps(self.KNOWN)[:-9]):
            with self.subTest(content=content):
                self.known_path.write_text(content)
                self.said.clear()
                night = self.whole([("one", finds())], "2")
                self.assertEqual(night.verdict(), NOT_GOOD)
                self.assertIn("every finding counts as new", self.said[0])
                self.assertIn("every finding counts as new", "".join(self.summary("2")["notes"]))
                self.assertEqual(self.whole([("one", finds())], "3").verdict(), GOOD)
                for name in ("2", "3"):
                    self.state(name).unlink()

    def test_a_note_stays_when_the_night_goes_on(self):
        self.known_path.write_text("[]")
        self.interrupted([("one", interrupt)])
        self.whole([("one", good)])
        self.assertIn("known.json is damaged", self.page())


if __name__ == "__main__":
    unittest.main()
