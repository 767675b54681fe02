"""What is new, what is known, what is gone, and what has come back."""

import unittest

from night import FINDING, GOOD, NOT_GOOD, OK, UNUSABLE, Result
from night_known import fingerprint
from night_test import Nights, cannot, finds, good, interrupt


class Findings(Nights):
    def test_one_is_new_once(self):
        self.assertEqual(self.whole([("fuzz", finds())]).verdict(), NOT_GOOD)
        self.assertEqual(self.whole([("fuzz", interrupt)]).verdict(), NOT_GOOD)  # the same night
        later = self.whole([("fuzz", finds())], "2")
        self.assertEqual((later.verdict(), later.new_findings()), (GOOD, []))
        self.assertIn("1 more that earlier nights have reported", self.page("2"))

    def test_coarse_names_with_other_contents_are_others(self):
        def unconfirmed(content):
            return finds("unconfirmed", fingerprint=fingerprint(content))
        self.assertEqual(self.whole([("fuzz", unconfirmed("a"))], "1").verdict(), NOT_GOOD)
        self.assertEqual(self.whole([("fuzz", unconfirmed("a"))], "2").verdict(), GOOD)
        self.assertEqual(self.whole([("fuzz", unconfirmed("b"))], "3").verdict(), NOT_GOOD)

    def test_fixed_and_back_it_is_new(self):
        for name, action, verdict in (("1", finds(), NOT_GOOD), ("2", finds(), GOOD),
                                      ("3", good, GOOD), ("4", finds(), NOT_GOOD),
                                      ("5", finds(), GOOD), ("6", good, GOOD),
                                      ("7", finds(), NOT_GOOD)):
            self.assertEqual(self.whole([("fuzz", action)], name).verdict(), verdict, name)
        self.assertIn("came back: first reported by night 1, gone in night 6", self.page("7"))
        self.assertIn("gone in night 3", self.summary("4")["new_findings"][0]["news"])
        again = self.whole([("fuzz", interrupt)], "7")  # asked once more, the answer is the same
        self.assertEqual(again.verdict(), NOT_GOOD)
        self.assertIn("gone in night 6", self.page("7"))

    def test_an_old_night_that_is_called_again_changes_nothing(self):
        for name, action in (("1", finds()), ("2", finds()), ("3", good)):
            self.whole([("fuzz", action)], name)
        known = self.known_path.read_text()
        self.assertEqual(self.whole([("fuzz", interrupt)], "2").verdict(), GOOD)
        self.assertEqual(self.whole([("fuzz", interrupt)], "1").verdict(), NOT_GOOD)
        self.assertEqual(self.known_path.read_text(), known)
        self.assertEqual(self.whole([("fuzz", finds())], "4").verdict(), NOT_GOOD)

    def test_a_night_whose_state_was_lost_says_the_same_again(self):
        for name, action in (("1", finds()), ("2", good), ("3", finds())):
            self.whole([("fuzz", action)], name)
        self.state("3").write_text("{}")
        self.assertEqual(self.whole([("fuzz", finds())], "3").verdict(), NOT_GOOD)
        self.whole([("fuzz", finds("race: a"))], "4")
        self.state("4").unlink()
        self.assertEqual(self.whole([("fuzz", finds("race: a"))], "4").verdict(), NOT_GOOD)

    def test_what_was_new_when_it_was_found_stays_new(self):
        def half(_, name):
            return Result(name, UNUSABLE, findings=[{"signature": "race: a"}])
        self.interrupted([("fuzz", half), ("other", interrupt)], "1")
        self.whole([("fuzz", finds("race: a"))], "2")
        self.assertEqual(self.whole([("fuzz", good), ("other", good)], "1").verdict(), NOT_GOOD)

    def test_a_night_that_did_not_look_says_nothing_of_it(self):
        self.whole([("fuzz", finds()), ("other", good)], "1")
        self.whole([("fuzz", cannot), ("other", good)], "2")
        self.whole([("other", good)], "3")
        self.interrupted([("fuzz", good), ("other", interrupt)], "4")
        self.assertEqual(self.whole([("fuzz", finds())], "5").verdict(), GOOD)

    def test_scopes_of_one_step_are_looked_into_apart(self):
        def hunt(found, *tried):
            def action(_, name):
                return Result(name, FINDING if found else OK, tried=list(tried),
                              findings=[{"signature": "mutant a: MISSED", "scope": "a"}] * found)
            return action
        self.whole([("mutants", hunt(1, "a"))], "1")
        self.whole([("mutants", hunt(0, "b"))], "2")
        self.assertEqual(self.whole([("mutants", hunt(1, "a"))], "3").verdict(), GOOD)
        self.whole([("mutants", hunt(0, "a"))], "4")
        self.assertEqual(self.whole([("mutants", hunt(1, "a"))], "5").verdict(), NOT_GOOD)

    def test_a_kept_case_says_whether_it_is_gone(self):
        case = self.base / "x.case"
        case.touch()
        finding = finds(case=str(case), flavour="address")

        def passes(_, name):
            return Result(name, OK, gone=["channels: lost value"])
        self.whole([("fuzz", finding)], "1")
        self.whole([("fuzz", good)], "2")  # not found again: the case may fail as before
        self.assertEqual(self.whole([("fuzz", finding)], "3").verdict(), GOOD)
        self.whole([("kept-cases", passes), ("fuzz", good)], "4")
        self.assertEqual(self.whole([("fuzz", finding)], "5").verdict(), NOT_GOOD)
        case.unlink()  # then the step has to do
        self.whole([("fuzz", good)], "6")
        self.assertEqual(self.whole([("fuzz", finding)], "7").verdict(), NOT_GOOD)


if __name__ == "__main__":
    unittest.main()
