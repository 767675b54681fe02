"""The steps of a night, with stand-ins for the tool and for the scripts that they call."""

import json
import re
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import common
import mutants
import night_steps
from fakes import write_program
from night import FINDING, NOT_GOOD, OK, UNUSABLE, Night, Result
from night_known import key_of

# The tool: what a file does is its first line. "kills": the tool dies, and the rest is not done.
TOOL = """
import json, os, sys
command, files = sys.argv[1], [a for a in sys.argv[2:] if a.startswith('/')]
worst = 0
print('a complaint in between', file=sys.stderr)
for path in files:
    does = open(path).read().partition('\\n')[0]
    if command == 'show':
        if does in ('damaged', 'unread'):
            print(path + ':1:1: ' + ('not a case file' if does == 'damaged' else
                                     'cannot read the file: Permission denied'), file=sys.stderr)
            sys.exit(2)
        if does == 'starved':
            os.kill(os.getpid(), 9)
        print('bug: ' + does)
        continue
    if does == 'kills':
        print('concertina: a child process was killed from outside', file=sys.stderr)
        sys.stdout.flush()
        sys.exit(2)
    if does == 'falls':
        sys.stdout.flush()
        os.kill(os.getpid(), 11)
    oracle, _, kind = does.partition(': ')
    if command == 'determinism' or oracle != 'determinism':
        failed = does not in ('pass', 'skipped')
    else:
        failed = False
    if does == 'skipped' and command == 'replay':
        print(path + ': skipped: it expects a failure that this flavour cannot see')
        continue
    worst = max(worst, failed)
    print(json.dumps(dict(file=path, signature=does if failed else 'pass',
                          oracle=oracle if failed else '', kind=kind, expected=not failed,
                          agree=True, failures=3 if failed else 0)))
sys.exit(worst)
"""
UAF = "memory: heap-use-after-free in adjust"


class Steps(unittest.TestCase):
    def setUp(self):
        self.base = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tool = write_program(self.base / "concertina", TOOL)
        tree = unittest.mock.Mock()
        tree.tool.return_value = self.tool
        tree.fuzz_folder.return_value = self.base / "fuzz"
        (self.base / "fuzz" / "corpus").mkdir(parents=True)
        self.patch("building.clean_tree", lambda: tree)
        self.patch("ROOT", self.base)
        self.said = []
        self.night_of("1")

    def patch(self, name, value):
        self.enterContext(unittest.mock.patch(f"night_steps.{name}", value))

    def night_of(self, name):
        (self.base / name).mkdir(exist_ok=True)
        self.night = Night(self.base / name, self.base / "known.json", say=self.said.append)
        self.night.results = [Result("build-address", OK)]

    def case(self, name, does, folder="corpus"):
        path = self.base / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(does)
        return path

    def step(self, action, name="step"):
        result = self.night.attempt(name, action)
        for finding in result.findings:
            self.assertIsInstance(key_of(finding), str)
        return result

    @staticmethod
    def keys(result):
        return [key_of(finding) for finding in result.findings]


class Replay(Steps):
    def replay(self):
        return self.step(night_steps.replay("address"))

    def test_all_good(self):
        self.case("a.case", "pass")
        (self.base / "corpus" / ".#a.case").symlink_to("user@host.1234")  # an editor's lock
        self.case("b.case", "skipped")
        result = self.replay()
        self.assertEqual((result.status, result.findings), (OK, []))
        self.assertEqual(result.numbers, {"cases": 2, "evolved": 0})

    def test_each_file_is_named_with_what_it_did(self):
        self.case("a.case", "channels: lost value")
        self.case("b", UAF, "fuzz/corpus")
        self.case("c", "determinism: events differ", "fuzz/corpus")
        result = self.replay()
        self.assertEqual(result.status, FINDING)
        signatures = [finding["signature"] for finding in result.findings]
        self.assertEqual(signatures, [
            f"{self.base}/corpus/a.case: channels: lost value, which is not expected",
            "channels: lost value", UAF, "determinism: events differ"])
        self.assertEqual([Path(finding["case"]).name for finding in result.findings],
                         ["a.case", "a.case", "b", "c"])

    def test_a_sanitizer_s_death_is_no_difference(self):
        self.case("a", UAF, "fuzz/corpus")
        result = self.replay()
        self.assertEqual(self.keys(result), [UAF])
        self.assertIn("--flavour address", result.findings[0]["replay"])

    def test_other_inputs_that_differ_are_other_findings(self):
        keys = []
        for name in ("a", "b"):
            # Content decides, not the name: the same input in another file is the same finding.
            path = self.case(name, "determinism: events differ", "fuzz/corpus")
            keys.append(self.keys(self.replay()))
            path.unlink()
        self.assertEqual(keys[0], keys[1])
        self.case("c", "determinism: events differ\nanother input", "fuzz/corpus")
        self.assertNotEqual(self.keys(self.replay()), keys[0])

    def test_crashes_without_frames_go_by_the_input(self):
        self.case("a", "crash: SIGSEGV", "fuzz/corpus")
        self.assertRegex(self.keys(self.replay())[0], r"^crash: SIGSEGV \[[0-9a-f]{12}\]$")

    def test_a_tool_that_could_not_do_all_is_no_verdict_and_loses_nothing(self):
        for does in ("kills", "falls"):
            with self.subTest(does=does):
                self.case("a.case", "channels: lost value")
                self.case("b.case", does)
                result = self.replay()
                self.assertEqual(result.status, UNUSABLE)
                self.assertIn("corpus/a.case: channels: lost value", self.keys(result)[0])
                self.assertRegex(result.summary, "killed from outside|a complaint|SIGSEGV")

    def test_without_tonight_s_build_nothing_is_replayed(self):
        self.night.results = [Result("build-address", UNUSABLE)]
        result = self.replay()
        self.assertEqual(result.status, UNUSABLE)
        self.assertIn("build-address", result.summary)


class KeptCases(Steps):
    def known_case(self, does, signature=UAF):
        path = self.case("kept.case", does, "findings")
        return path, {"signature": signature, "scope": "fuzz-address", "first": "0", "last": "0",
                      "gone": "", "returned": "", "case": str(path), "flavour": "address"}

    def kept(self, does, signature=UAF):
        path, entry = self.known_case(does, signature)
        self.night.known.entries = {signature: entry}
        return path, self.step(night_steps.kept_cases())

    def test_one_that_fails_alike_is_still_there(self):
        _, result = self.kept(UAF)
        self.assertEqual((self.keys(result), result.gone), ([UAF], []))
        self.assertEqual(result.findings[0]["scope"], "fuzz-address")

    def test_one_that_passes_is_gone(self):
        _, result = self.kept("pass")
        self.assertEqual((result.status, result.findings, result.gone), (OK, [], [UAF]))

    def test_one_that_fails_otherwise_is_another(self):
        _, result = self.kept("race: data race: a | b")
        self.assertEqual((self.keys(result), result.gone), (["race: data race: a | b"], [UAF]))

    def test_one_that_was_gone_and_fails_has_come_back(self):
        _, entry = self.known_case(UAF)
        self.night.known.entries = {UAF: {**entry, "gone": "0"}}
        self.night.run([("kept-cases", night_steps.kept_cases())])
        self.night.finish()
        self.assertEqual(self.night.verdict(), NOT_GOOD)
        self.assertIn("came back", self.night.markdown())

    def test_a_damaged_case_is_set_aside_and_blocks_no_later_night(self):
        path, result = self.kept("damaged")
        self.assertEqual((result.status, result.gone), (OK, []))
        self.assertFalse(path.exists())
        self.assertIn("not a case file: no case. Set aside as kept.case.damaged-1", self.said[0])
        self.assertEqual(self.step(night_steps.kept_cases()).summary[:7], "0 cases")

    def test_one_that_the_tool_has_not_read_is_not_set_aside(self):
        for does in ("unread", "starved"):
            path, result = self.kept(does)
            self.assertEqual((result.status, result.gone), (UNUSABLE, []))
            self.assertTrue(path.exists())
        self.assertIn("killed by SIGKILL", result.summary)

    def test_what_no_campaign_has_kept_is_never_renamed(self):
        self.enterContext(unittest.mock.patch("night_known.ROOT", self.base))
        path = self.case("seed.case", "damaged", "corpus/seeds")
        _, entry = self.known_case("pass")
        self.night.known.entries = {UAF: {**entry, "case": "corpus/seeds/seed.case"},
                                    "b": {**entry, "signature": "b"}}
        result = self.step(night_steps.kept_cases())
        self.assertEqual((result.status, result.gone), (OK, ["b"]))
        self.assertTrue(path.exists())
        self.assertIn("not a case file: no case. It stays", self.said[0])

    def test_no_name_of_a_case_stops_a_night(self):
        _, entry = self.known_case("pass")
        self.night.known.entries = {name: {**entry, "signature": name, "case": name}
                                    for name in ("n" * 5000, "a\0b", "/", ".", "x/" * 3000)}
        self.night.run([("kept-cases", night_steps.kept_cases())])
        self.night.finish()
        self.assertEqual(self.night.result_of("kept-cases").summary[:7], "0 cases")

    def test_the_tool_s_own_trouble_says_nothing_of_it(self):
        _, result = self.kept("kills")
        self.assertEqual((result.status, result.findings, result.gone), (UNUSABLE, [], []))


class Scripts(Steps):
    """Steps that call a script: `code`, and what it writes to --json."""

    def script(self, code, content=None, output="the last line\n"):
        def call(_, command):
            if content is not None:
                path = Path(command[list(command).index("--json") + 1])
                path.write_text(json.dumps(content))
            return code, output
        self.night.call = call

    def found(self, does="pass", **more):
        path = self.case("f.case", does, "findings")
        return {"executions": 9, "corpus": 8, "findings": [
            {"signature": "channels: lost value", "oracle": "channels", "case": str(path),
             "minimised": "", "confirmed": True, **more}]}

    def fuzz(self, code, content=None):
        self.script(code, content)
        return self.step(night_steps.fuzz("address", 5, 1), "fuzz")

    def test_unconfirmed_inputs_are_told_apart(self):
        keys = [self.keys(self.fuzz(1, self.found(does, signature="unconfirmed", oracle="",
                                                  confirmed=False)))[0]
                for does in ("a", "b", "a")]
        self.assertEqual(keys[0], keys[2])
        self.assertNotEqual(keys[0], keys[1])

    def test_those_that_could_be_written_nowhere_are_told_apart_by_what_was_printed(self):
        results = [self.fuzz(1, self.found(case="", input=text)) for text in ("QQ==", "Qg==")]
        self.assertEqual(len({self.keys(result)[0] for result in results}), 2)
        self.assertIn("log", results[0].findings[0]["case"])

    def test_confirmed_ones_go_by_their_signature(self):
        self.assertEqual(self.keys(self.fuzz(1, self.found())), ["channels: lost value"])

    def test_whatever_script_has_died_it_has_judged_nothing(self):
        self.case("a.case", "some-mutant", "corpus/regress")
        self.patch("machine.check_able", lambda _: None)
        for action in (night_steps.fuzz("address", 5, 1), night_steps.stress("thread", 5),
                       night_steps.coverage(), night_steps.hunt_mutants(["a"]),
                       night_steps.own_mutants(["some-mutant"]),
                       night_steps.fresh_machine("trixie")):
            for code in (2, -9, -11, 134, 66):
                with self.subTest(action=action.__qualname__, code=code):
                    self.script(code)
                    result = self.step(action)
                    self.assertEqual((result.status, result.findings), (UNUSABLE, []))
                    self.assertIn("the last line", result.summary)
                    self.assertEqual("killed by" in result.summary, code < 0)

    def test_what_an_interrupted_attempt_had_written_counts(self):
        (self.base / "1" / "fuzz.json").write_text(json.dumps(self.found()))
        result = self.fuzz(0, {"executions": 1, "corpus": 1, "findings": []})
        self.assertEqual(self.keys(result), ["channels: lost value"])
        (self.base / "1" / "fuzz.json").write_text('{"findings": [1]}')
        result = self.fuzz(0, {"executions": 1, "corpus": 1, "findings": []})
        self.assertEqual((result.status, result.findings), (OK, []))

    def job(self, name="ring", failure="", **more):
        return {"job": name, "failures": 1 if failure else 0, "failure": failure, "program": "",
                "repeat": "stress_jobs --job ring", "goroutines": 1, "operations": 2,
                "stack_copies": 3, **more}

    def stress(self, code, *jobs):
        self.script(code, list(jobs))
        return self.step(night_steps.stress("thread", 5), "stress")

    def test_jobs_fail_in_their_own_words_without_the_numbers(self):
        first, second, third = (self.keys(self.stress(1, self.job(failure=words))) for words in (
            "3 of 9 values lost", "17 of 20 values lost", "race: data race: a | b"))
        self.assertEqual(first, ["stress ring in flavour thread: # of # values lost"])
        self.assertEqual(first, second)
        self.assertNotEqual(first, third)

    def test_a_job_s_failure_outlives_another_job_s_trouble(self):
        result = self.stress(2, self.job(failure="race: data race: a | b"))
        self.assertEqual((result.status, len(result.findings)), (UNUSABLE, 1))

    def coverage(self, code, *faults):
        self.script(code, {"lines": 98.5, "branches": 96.04, "faults": list(faults)})
        return self.step(night_steps.coverage(), "coverage")

    def test_what_is_not_covered_is_a_finding_by_its_text(self):
        result = self.coverage(0)
        self.assertEqual((result.status, result.findings), (OK, []))
        self.assertIn("98.5 % of the runtime's lines, 96.04 % of its branches", result.summary)
        first, second = (self.keys(self.coverage(
            1, f"a.cc: no input takes 'f: x: true' (line {lines}), and there is no reason"))
            for lines in ("7", "8, 19"))
        self.assertEqual(first, second)
        self.assertEqual(first, ["coverage: a.cc: no input takes 'f: x: true', and there is no "
                                 "reason"])

    def test_of_a_planted_tree_no_coverage_is_asked(self):
        self.assertIn("coverage", [name for name, _ in night_steps.steps_of(100, 1, 0)])
        self.assertNotIn("coverage", [name for name, _ in night_steps.steps_of(100, 1, 0, "a")])

    def row(self, *faults, **more):
        return {"mutant": "a", "engine": "afl", "flavour": "thread", "faults": list(faults),
                "failing_seeds": [], "kept": None, **more}

    def hunt(self, code, *rows):
        self.script(code, list(rows))
        return self.step(night_steps.hunt_mutants(["a"]), "mutants")

    def test_a_mutant_that_was_not_measured_is_not_missed(self):
        result = self.hunt(2, self.row(mutants.NOT_MEASURED))
        self.assertEqual((result.status, result.findings, result.tried), (UNUSABLE, [], []))
        result = self.hunt(1, self.row("MISSED"), self.row(mutants.NOT_MEASURED))
        self.assertEqual((result.status, len(result.findings)), (UNUSABLE, 1))

    def test_rows_with_the_same_fault_are_told_apart(self):
        one, two = (self.keys(self.hunt(1, self.row("SEEDS FAIL", failing_seeds=[seed])))
                    for seed in ("x", "y"))
        self.assertNotEqual(one, two)

    def test_regressions_are_named_with_what_they_did(self):
        path = self.case("a.case", "some-mutant", "corpus/regress")
        self.script(1, output=f"{path}: NOT AS EXPECTED: pass (expected: fail by race)\n")
        result = self.step(night_steps.own_mutants(["some-mutant"]))
        self.assertEqual(result.status, FINDING)
        self.assertEqual(result.findings[0]["signature"],
                         f"{path} on its mutant: pass, which is not expected")
        self.assertEqual(result.tried, [result.findings[0]["scope"]])


class FreshMachine(unittest.TestCase):
    """The step, with a stand-in for what runs the command."""
    HEAD = "| suite | user | command | exit code | s |\n| --- | --- | --- | ---: | ---: |\n"

    def step(self, code, output, able=None):
        self.enterContext(unittest.mock.patch.object(night_steps.machine, "check_able",
                                                     side_effect=able))
        night = unittest.mock.Mock()
        night.call.return_value = (code, output)
        return night_steps.fresh_machine("trixie")(night, "fresh-machine"), night

    def test_once_a_week_the_releases_in_turn(self):
        suites = [night_steps.fresh_suite(ordinal) for ordinal in range(14)]
        self.assertEqual(suites, ["bookworm"] + [""] * 6 + ["trixie"] + [""] * 6)

    def test_a_command_that_ends_badly_is_a_finding(self):
        result, _ = self.step(1, self.HEAD + "| trixie | root | scripts/fuzz | 0 | 9 |\n"
                                             "| trixie | root | scripts/test | 1 | 9 |\n")
        self.assertEqual(result.status, FINDING)
        self.assertEqual([found["signature"] for found in result.findings],
                         ["fresh trixie as root: scripts/test: exit code 1"])
        self.assertEqual((result.tried, result.findings[0]["scope"]),
                         (["fresh trixie"], "fresh trixie"))

    def test_other_tests_that_fail_are_another_finding(self):
        keys = []
        for log in ("\t  5 - fuzzers/input (Failed)\n9 s\n", "\t  6 - fuzzers/input (Failed)\n",
                    "\t  5 - tools/health (Failed)\n", "BUG      race: a | b\n"):
            with tempfile.TemporaryDirectory() as folder, \
                    unittest.mock.patch("night_steps.BUILD", Path(folder)):
                path = Path(folder) / "fresh-machine" / "logs" / "trixie-root-test.log"
                path.parent.mkdir(parents=True)
                path.write_text(log)
                row = "| trixie | root | scripts/test -R x | 1 | 9 |"
                result, _ = self.step(1, self.HEAD + row)
                keys.append(key_of(result.findings[0]))
        self.assertEqual(keys[0], keys[1])
        self.assertEqual(len(set(keys)), 3)

    def test_all_good(self):
        result, _ = self.step(0, self.HEAD + "| trixie | root | scripts/fuzz | 0 | 9 |\n")
        self.assertEqual((result.status, result.findings), (OK, []))

    def test_one_that_could_not_be_made_is_said_to_be(self):
        result, _ = self.step(2, "fresh-machine: debootstrap of trixie failed\n")
        self.assertEqual(result.status, UNUSABLE)
        self.assertIn("debootstrap", result.summary)

    def test_where_it_cannot_run_the_night_says_so(self):
        result, night = self.step(0, "", able=common.Unusable("needs root"))
        self.assertEqual((result.status, result.tried), (OK, []))
        self.assertIn("not run here: needs root", result.summary)
        night.call.assert_not_called()


class Callers(unittest.TestCase):
    """What calls scripts/nightly by the clock takes its exit code for its own."""

    def test_the_workflow(self):
        text = (common.ROOT / ".github" / "workflows" / "nightly.yml").read_text()
        command = next(line for line in text.splitlines() if "run: scripts/nightly" in line)
        self.assertNotRegex(re.sub(r"\$\{\{.*?\}\}", "", command), "[|;&]")
        self.assertNotIn("continue-on-error", text)
        after = text[text.index(command):].split("      - ")[1:]
        self.assertEqual(len(after), 2)  # what was learned, and the summary, of a bad night, too
        for step in after:
            self.assertIn("if: always()", step)

    def test_the_service(self):
        text = (common.ROOT / "scripts" / "systemd" / "concertina-nightly.service").read_text()
        settings = dict(line.split("=", 1) for line in text.splitlines()
                        if "=" in line and not line.startswith("#"))
        self.assertRegex(settings["ExecStart"], "^/")  # "-/..." would take every code for a success
        # Of a oneshot, and of no other type, an end by SIGTERM is a failure.
        self.assertEqual(settings["Type"], "oneshot")
        for name in ("SuccessExitStatus", "Restart", "RestartForceExitStatus"):
            self.assertNotIn(name, settings)


class Merge(unittest.TestCase):
    """The step, with a stand-in for scripts/fuzz --merge."""

    def step(self, code, said, findings=()):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

        def call(name, command):
            self.command = command
            (folder / f"{name}.json").write_text(json.dumps(
                {"executions": 0, "corpus": 0, "findings": list(findings),
                 "campaigns": [{"remarks": ["thread   corpus: 3 seeds", *said]}]}))
            return code, "no bug found\n"
        night = unittest.mock.Mock(folder=folder, call=call)
        return night_steps.merge("thread", 30)(night, "merge-thread")

    def test_says_what_was_pruned(self):
        words = "9 evolved inputs cover all, 5 pruned"
        result = self.step(0, [f"thread   merge: {words}"])
        self.assertEqual((result.status, result.summary), (OK, words))
        self.assertIn("--merge", self.command)

    def test_says_that_there_was_nothing_to_prune(self):
        self.assertEqual(self.step(0, []).summary, "nothing to merge")

    def test_an_input_that_fails_in_it_is_a_finding(self):
        found = {"signature": "stack: x", "oracle": "stack", "case": "/a.case", "confirmed": True}
        result = self.step(1, ["thread   merge: 9 evolved inputs cover all, 5 pruned"], [found])
        self.assertEqual((result.status, result.findings[0]["signature"]), (FINDING, "stack: x"))

    def test_each_fuzzed_flavour_has_one_after_its_campaign(self):
        names = [name for name, _ in night_steps.steps_of(100, 1, 0)]
        for flavour in ("address", "thread"):
            self.assertGreater(names.index(f"merge-{flavour}"), names.index(f"fuzz-{flavour}"))


if __name__ == "__main__":
    unittest.main()
