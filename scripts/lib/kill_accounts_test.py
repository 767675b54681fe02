"""The books of the kill trials, with planted losses and claims: each must be seen."""

import json
import tempfile
import unittest
from pathlib import Path

import kill_accounts
from artifacts import sha1
from engine_afl import FIRST_INPUT
from kill_accounts import NightSeen


class Campaigns(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, path, content):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def entry(self, content, folder="corpus"):
        return self.write(f"{folder}/{sha1(content)}", content)

    def lost(self, before):
        return kill_accounts.of_sets("entry", set(before),
                                     kill_accounts.contents(self.folder)).lost

    def test_an_entry_is_known_by_its_content_wherever_it_is(self):
        self.entry(b"one")
        self.entry(b"two", "waiting/3")
        self.write("afl/w/queue/id:000002,src:000000,time:1", b"three")
        before = kill_accounts.entries(self.folder)
        self.assertEqual(set(before), {sha1(content) for content in (b"one", b"two", b"three")})
        self.write("corpus/renamed", b"one")
        (self.folder / "corpus" / sha1(b"one")).unlink()
        self.assertEqual(self.lost(before), [])

    def test_what_is_no_entry_is_not_missed(self):
        self.write("corpus/" + "0" * 40, b"half of one")
        self.write("afl/w/queue/id:000001,time:0,execs:0,orig:seed", b"a seed")
        self.write("afl/w/queue/id:000003,src:000000", b"")  # made, not yet written
        self.write("afl/w/queue/.state", b"x")
        self.write("log.txt", b"x")
        self.entry(FIRST_INPUT, "afl/w/in")
        self.assertEqual(kill_accounts.entries(self.folder), {})
        self.assertEqual(kill_accounts.cut_entries(self.folder), ["0" * 40 + " is cut"])

    def test_a_lost_entry(self):
        path = self.entry(b"one")
        self.entry(b"two")
        before = kill_accounts.entries(self.folder)
        path.unlink()
        self.assertEqual(self.lost(before), [f"entry {sha1(b'one')}"])

    def test_a_cut_entry_is_lost(self):
        path = self.entry(b"one")
        before = kill_accounts.entries(self.folder)
        path.write_bytes(b"on")
        self.assertEqual(self.lost(before), [f"entry {sha1(b'one')}"])

    def test_a_pruned_entry_is_not_lost_when_the_others_have_its_features(self):
        def features(folder):  # the bytes
            return len({byte for path in Path(folder).iterdir() for byte in path.read_bytes()})
        for gone, lost in ((b"ab", []), (b"abd", [f"entry {sha1(b'abd')}"])):
            missing = {sha1(gone): gone}
            pruned = kill_accounts.pruned(missing, {sha1(b"abc"): b"abc"}, features)
            account = kill_accounts.of_sets("entry", {sha1(b"abc"), sha1(gone)}, {sha1(b"abc")}, (),
                                            pruned)
            self.assertEqual((account.after, account.pruned, account.lost),
                             (1, 1 - len(lost), lost))
        self.assertEqual(kill_accounts.pruned({}, {}, None), set())
        self.assertEqual(kill_accounts.pruned({"x": b"x"}, {}, lambda _: None), set())

    def test_a_finding_is_there_by_its_content_or_its_name(self):
        first, second = self.write("a.case", b"a"), self.write("b.case", b"b")
        before = kill_accounts.cases(self.folder)
        first.write_bytes(b"minimised")
        second.rename(self.folder / "c.case")
        self.assertEqual(kill_accounts.lost_cases(before, self.folder), set())
        (self.folder / "c.case").unlink()
        self.assertEqual(kill_accounts.lost_cases(before, self.folder), {"b.case"})

    def test_claims(self):
        def claims(code, findings, has_bug, artifacts=()):
            report = {"findings": [{"signature": "s"}] * findings}
            return list(kill_accounts.claims_of_campaign(code, report, has_bug, artifacts))
        self.assertEqual(claims(0, 0, False), [])
        self.assertEqual(claims(1, 1, True), [])
        self.assertEqual(len(claims(0, 0, True)), 1)
        self.assertEqual(len(claims(0, 1, False)), 1)
        self.assertEqual(len(claims(0, 0, False, ["crash-1"])), 1)
        self.assertEqual(len(claims(1, 0, True)), 1)
        self.assertEqual(len(claims(1, 1, False)), 1)


class Verifications(unittest.TestCase):
    REFERENCE = {"end": "complete", "bounds": [{"bound": 0, "schedules": 5, "complete": True},
                                               {"bound": 1, "schedules": 50, "complete": True},
                                               {"bound": 2, "schedules": 500, "complete": True}]}

    def judge(self, counts, begun=1, end="complete", complete=True, said=""):
        answer = {"end": end, "bounds": [{"bound": i, "schedules": count, "complete": complete}
                                         for i, count in enumerate(counts)]}
        return kill_accounts.judge_verification(self.REFERENCE, answer, begun, said)

    def test_the_bound_that_was_killed_may_have_more(self):
        account = self.judge([5, 60, 500])
        self.assertEqual((account.before, account.after, account.faults()), (555, 555, []))

    def test_schedules_that_were_not_tried(self):
        account = self.judge([5, 60, 499])
        self.assertEqual((account.after, account.lost), (554, ["1 schedules of bound 2"]))
        self.assertEqual(self.judge([5, 60]).lost, ["500 schedules of bound 2"])
        self.assertIn("complete, and bound 2 is not", self.judge([5, 60]).false_claims)

    def test_claims(self):
        self.assertEqual(len(self.judge([5, 50, 501]).false_claims), 1)
        self.assertEqual(len(self.judge([6, 50, 500]).false_claims), 1)
        self.assertEqual(len(self.judge([5, 50, 500], end="failed").false_claims), 1)
        self.assertEqual(len(self.judge([5, 50, 500], complete=False).false_claims), 3)
        self.assertEqual(len(self.judge([5, 50, 500], said='{"end": "complete"}').false_claims), 1)

    def test_the_bound_of_a_state(self):
        self.assertEqual(kill_accounts.begun_bound(
            "complete bound 0 schedules 1 #ab\nbegun bound 1 schedules 9 #cd\n"), 1)
        self.assertIsNone(kill_accounts.begun_bound(""))


class Nights(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def see(self, state, known, good):
        for name, content in (("state", state), ("known", known), ("summary", {"good": good})):
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        return kill_accounts.see_night(self.folder, self.folder / "known.json")

    def test_what_is_on_disk(self):
        results = [{"step": "one", "status": "ok"}, {"step": "two", "status": "could not run"}]
        wanted = NightSeen({"one"}, {"a bug"}, True)
        self.assertEqual(self.see({"version": 2, "results": results},
                                  {"version": 2, "findings": {"a bug": {}}}, True), wanted)
        (self.folder / "state.json").write_text("[{")
        self.assertEqual(kill_accounts.see_night(self.folder, self.folder / "none").steps, set())

    def test_steps_and_known_findings_that_are_lost(self):
        before, killed = NightSeen({"one"}, {"a"}), NightSeen({"one", "two"}, {"a", "b"})
        whole = NightSeen({"one", "two", "three"}, {"a", "b"}, True)
        self.assertEqual(kill_accounts.judge_night(before, killed, whole).faults(), [])
        account = kill_accounts.judge_night(before, killed, NightSeen({"one", "three"}, {"b"}))
        self.assertEqual(account.lost, ["the known finding a", "the step two"])
        self.assertEqual((account.before, account.after), (4, 2))

    def test_a_night_that_was_killed_is_not_good(self):
        whole = NightSeen({"one", "two"}, set(), True)
        claims = kill_accounts.judge_night(NightSeen(), NightSeen({"one"}, set(), True), whole)
        self.assertEqual(claims.false_claims, ["good, with 1 of 2 steps done"])
        self.assertEqual(kill_accounts.judge_night(NightSeen(), whole, whole).faults(), [])


if __name__ == "__main__":
    unittest.main()
