"""Scripts that end in every way, as processes of their own: exit code, and what a person reads."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import fakes

LIMIT_S = 120
LIB = Path(__file__).resolve().parent
# MAIN is the body of main().
SCRIPT = """
import os, signal, sys, time
sys.path.insert(0, {lib!r})
import common, ending
from pathlib import Path
ending.LOGS = Path({logs!r})
ending.LATER_S = 0.2
say, ready = common.say, lambda: common.say("ready")

def main():
{body}

ending.run("door", main)
"""


def obey_signals():
    """Tests may be run by a shell's background job, which has SIGINT ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class EndingTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.logs = self.folder / "build" / "logs"

    def start(self, body, **options):
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        text = SCRIPT.format(lib=str(LIB), logs=str(self.logs), body=lines)
        return subprocess.Popen([sys.executable, "-B", "-c", text], text=True, **{
            "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": obey_signals,
            **options})

    def end_of(self, body, **options):
        with self.start(body, **options) as process:
            _, complaint = process.communicate()
        return process.returncode, complaint

    def assert_ends(self, body, code, complaint, **options):
        found, said = self.end_of(body, **options)
        self.assertEqual(found, code, said)
        self.assertRegex(said, complaint)
        self.assertNotIn("Traceback", said)
        self.assertLessEqual(len(said.splitlines()), 1)

    def test_what_main_returns_is_the_code(self):
        for code in (0, 1, 2):
            self.assert_ends(f"return {code}", code, "^$")

    def test_a_reason_not_to_run_is_one_line(self):
        self.assert_ends("raise common.Unusable('no such case')", 2, "^door: no such case$")

    def test_a_file_is_named_with_what_was_wrong(self):
        self.assert_ends("open('/none/x')", 2, "^door: /none/x: No such file or directory$")
        self.assert_ends("os.rename('/none/x', '/none/y')", 2,
                         "^door: /none/x and /none/y: No such")
        self.assert_ends("open('/dev/full', 'w').write('x' * 99999)", 2, "No space left on device")

    def test_what_nobody_expected_keeps_its_traceback_in_a_file(self):
        for body in ("return 1 / 0", "import no_such_module",
                     "return float('inf').as_integer_ratio()",
                     "raise OSError(5, 'of no file')", "raise ValueError('two\\nlines')"):
            with self.subTest(body=body):
                self.assert_ends(body, 2,
                                 "^door: unexpected [A-Za-z]+Error: .*; its traceback is in ")
        logs = sorted(self.logs.iterdir())
        self.assertEqual(len(logs), 5)
        self.assertIn("Traceback", logs[0].read_text())

    def test_without_a_place_for_that_file_it_is_on_stderr(self):
        self.logs.parent.touch()
        code, said = self.end_of("return 1 / 0")
        self.assertEqual(code, 2)
        self.assertRegex(said, "(?s)Traceback.*unexpected ZeroDivisionError.*traceback is above")

    def test_what_is_printed_must_get_out(self):
        for body in ("say('x')", "print('x')", "print('x' * 99999)", "print('x')\nreturn 1",
                     "import arguments\narguments.parser('x').parse_args(['--help'])"):
            for sink in ("/dev/full", "a closed pipe"):
                with self.subTest(body=body, sink=sink):
                    if sink == "/dev/full":
                        stdout = os.open(sink, os.O_WRONLY)
                    else:
                        reading, stdout = os.pipe()
                        os.close(reading)
                    self.assert_ends(body, 2, "^door: standard output: ", stdout=stdout)
                    os.close(stdout)

    def test_standard_files_that_are_closed(self):
        self.assert_ends("print('x')", 2, "^door: standard output is closed$",
                         preexec_fn=lambda: os.close(1))
        file = self.folder / "file"
        body = f"file = open({str(file)!r}, 'w')\nprint('x', file=sys.stderr)\nfile.write('whole')"
        code, _ = self.end_of(body, preexec_fn=lambda: (os.close(0), os.close(2)))
        self.assertEqual((code, file.read_text()), (0, "whole"))

    def end(self, process):
        """One that takes no notice of signals fails its test, and is not waited for."""
        try:
            return process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()

    def signalled(self, body, *numbers):
        with self.start(body) as process:
            for number in numbers:
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
            rest, said = self.end(process)
        self.assertNotIn("Traceback", said)
        return process.returncode, rest, said

    def test_a_signal_ends_it_when_it_has_cleaned_up(self):
        body = "try:\n    ready()\n    time.sleep(600)\nfinally:\n    say('cleaned up')"
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.assertEqual(self.signalled(body, number),
                             (-number, "cleaned up\n", "door: interrupted\n"))

    def test_no_handler_of_errors_takes_a_signal_for_one(self):
        body = "try:\n    ready()\n    time.sleep(600)\nexcept Exception:\n    return 0"
        self.assertEqual(self.signalled(body, signal.SIGTERM)[0], -signal.SIGTERM)

    def test_a_second_signal_does_not_wait_for_the_cleaning_up(self):
        body = ("try:\n    ready()\n    time.sleep(600)\nfinally:\n"
                "    time.sleep(0.3)\n    ready()\n    time.sleep(600)")
        self.assertEqual(self.signalled(body, signal.SIGINT, signal.SIGINT),
                         (-signal.SIGINT, "", ""))

    def test_but_the_same_one_twice_at_once_does(self):
        body = ("ending.LATER_S = 600\n"
                "try:\n    ready()\n    time.sleep(600)\nfinally:\n"
                "    ready()\n    time.sleep(0.3)\n    say('cleaned up')")
        self.assertEqual(self.signalled(body, signal.SIGTERM, signal.SIGTERM),
                         (-signal.SIGTERM, "cleaned up\n", "door: interrupted\n"))

    def test_a_signal_in_a_destructor_is_not_lost(self):
        body = ("class Slow:\n    def __del__(self):\n        ready()\n        time.sleep(0.3)\n"
                "slow = Slow()\ndel slow\ntime.sleep(600)")
        self.assertEqual(self.signalled(body, signal.SIGINT)[0], -signal.SIGINT)

    def test_after_main_and_before_it_a_signal_ends_it_at_once(self):
        body = ("import atexit\n"
                "atexit.register(lambda: (ready(), time.sleep(600)))")
        self.assertEqual(self.signalled(body, signal.SIGINT), (-signal.SIGINT, "", ""))

    def test_who_starts_it_with_a_signal_ignored_means_it(self):
        with self.start("ready()\nsys.stdin.readline()\nsay('not disturbed')",
                        stdin=subprocess.PIPE,
                        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as process:
            process.stdout.readline()
            process.send_signal(signal.SIGHUP)
            self.assertEqual(process.communicate("\n")[0], "not disturbed\n")


class DoorTest(unittest.TestCase):
    """run_door.py, with a door of its own in a copy of the scripts."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.door = self.folder / "scripts" / "doors" / "some.py"
        self.door.parent.mkdir(parents=True)
        (self.folder / "scripts" / "lib").symlink_to(LIB)

    def run_door(self, text, number=None):
        self.door.write_text(text)
        command = [sys.executable, "-B", "-c",
                   "import runpy, sys; from pathlib import Path\n"
                   "Path.resolve = Path.absolute\n"  # the copy's door, though lib is a link
                   f"sys.argv = [{str(self.folder / 'scripts/lib/run_door.py')!r}, 'some']\n"
                   f"sys.path[0] = {str(LIB)!r}\n"
                   "runpy.run_path(sys.argv[0], run_name='__main__')\n"]

        def begin():
            obey_signals()
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # as lib/door does

        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=begin) as process:
            if number:
                self.assertEqual(process.stdout.readline(), "ready\n")
                process.send_signal(number)
            _, said = process.communicate()
        return process.returncode, said

    def test_a_door_that_cannot_be_loaded_could_not_run(self):
        code, said = self.run_door("import no_such_module\n")
        self.assertEqual(code, 2)
        self.assertIn("unexpected ModuleNotFoundError", said)
        for log in (LIB.parent.parent / "build" / "logs").glob("some-*"):
            log.unlink()

    def test_python_begins_with_ctrl_c_held_back(self):
        """It would print a traceback, and end with the code of a bug."""
        fakes.write_program(self.folder / "python3",
                            "import signal\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))")
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run([LIB / "door", "some"], env={**os.environ, "PATH": path}, text=True,
                                check=False, stdout=subprocess.PIPE)
        self.assertIn("SIGINT", result.stdout)

    def test_ctrl_c_while_it_is_loaded(self):
        code, said = self.run_door("import time\nprint('ready', flush=True)\ntime.sleep(600)\n",
                                   signal.SIGINT)
        self.assertEqual(code, -signal.SIGINT)
        self.assertNotIn("Traceback", said)


if __name__ == "__main__":
    unittest.main()
