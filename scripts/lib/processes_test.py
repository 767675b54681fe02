"""Real processes, three deep, ended with real signals. Each says by a file that it is there, so
that no test needs luck; and each is found again by a mark that only this test's processes have."""

import contextlib
import io
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import fakes
import guardian
import processes

HERE = str(Path(__file__).resolve().parent)
MARK = "CONCERTINA_TEST_MARK"
# A script: it starts a shell, which starts two Pythons, one of them in a session of its own, with a
# child of its own that has lost its parent.
SCRIPT = f"""
import sys
sys.path.insert(0, {HERE!r})
import processes
processes.run(["sh", "-c", sys.argv[1] + " & setsid " + sys.argv[2] + " & wait"])
"""
SLEEPER = """
import os, sys, time
if len(sys.argv) > 2 and os.fork():
    os._exit(0)
open(sys.argv[1], "w").close()
time.sleep(600)
"""


class EnvironmentTest(unittest.TestCase):
    def test_nobodys_sanitizer_options_reach_a_program_but_what_a_script_sets(self):
        given = {name: "color=always" for name in processes.OPTIONS_OF_SANITIZERS}
        says = (f"import sys; sys.path.insert(0, {HERE!r}); import os, processes\n"
                "words = ['sh', '-c', 'echo $ASAN_OPTIONS:$TSAN_OPTIONS:$UBSAN_OPTIONS:'"
                "'$LSAN_OPTIONS']\n"
                "processes.run(words)\n"
                "processes.run(words, env={**os.environ, 'TSAN_OPTIONS': 'own'})")
        result = subprocess.run([sys.executable, "-B", "-c", says], env={**os.environ, **given},
                                stdout=subprocess.PIPE, text=True, check=True)
        self.assertEqual(result.stdout, ":::\n:own::\n")


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.mark = f"{MARK}={secrets.token_hex(8)}"
        name, value = self.mark.split("=")
        self.env = {**os.environ, name: value}
        sleeper = fakes.write_program(self.folder / "sleeper", SLEEPER)
        self.ready = [self.folder / "child", self.folder / "orphan"]
        self.command = [sys.executable, "-B", "-c", SCRIPT, f"{sleeper} {self.ready[0]}",
                        f"{sleeper} {self.ready[1]} orphan"]
        self.addCleanup(guardian.kill_carriers, self.mark)

    def start(self, **options):
        process = subprocess.Popen(self.command, env=self.env, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        fakes.poll_until(lambda: all(path.exists() for path in self.ready))
        return process

    def assert_none_left(self):
        fakes.poll_until(lambda: not guardian.carriers(self.mark))

    def test_nothing_outlives_a_script_that_is_killed(self):
        script = self.start()
        self.assertGreaterEqual(len(guardian.carriers(self.mark)), 5)  # with the guardian
        script.kill()
        script.wait()
        self.assert_none_left()

    def test_nor_one_whose_whole_group_is_killed(self):
        script = self.start(start_new_session=True)
        os.killpg(script.pid, signal.SIGKILL)
        script.wait()
        self.assert_none_left()

    def test_nor_one_that_ends_in_good_order(self):
        until = self.folder / "until"
        self.command[3] = SCRIPT.replace(
            '" & wait"', f'" & while [ ! -e {until} ]; do sleep 0.01; done"')
        script = self.start()
        until.touch()
        self.assertEqual(script.wait(), 0)
        self.assert_none_left()

    def test_the_inner_script_dies_with_the_outer_one_and_so_does_what_it_started(self):
        outer = ("import sys\n"
                 f"sys.path.insert(0, {HERE!r})\n"
                 "import processes\n"
                 "processes.run(sys.argv[1:])\n")
        self.command = [sys.executable, "-B", "-c", outer, *self.command]
        script = self.start()
        script.kill()
        script.wait()
        self.assert_none_left()

    def test_after_the_time_limit_nothing_of_the_command_is_left(self):
        def run_out(*_, **__):
            fakes.poll_until(lambda: all(path.exists() for path in self.ready))
            raise subprocess.TimeoutExpired("sh", 1)

        command = ["sh", "-c", f"{self.command[4]} & setsid {self.command[5]} & wait"]
        with mock.patch.object(processes.Process, "communicate", run_out), \
                self.assertRaises(subprocess.TimeoutExpired):
            processes.run(command, env=self.env, timeout=1)
        self.assertEqual(guardian.carriers(self.mark), [])

    def test_an_installer_is_left_to_end(self):
        done = self.folder / "done"
        installer = fakes.write_program(
            self.folder / "installer",
            f"import time\nopen({str(self.ready[0])!r}, 'w').close()\n"
            f"while not __import__('os').path.exists({str(self.ready[1])!r}):\n    "
            f"time.sleep(0.01)\n"
            f"open({str(done)!r}, 'w').close()\n")
        script = (f"import sys\nsys.path.insert(0, {HERE!r})\nimport processes\n"
                  "processes.run(['true'])\n"
                  f"processes.run_to_its_end([{str(installer)!r}])\n")
        with subprocess.Popen([sys.executable, "-B", "-c", script], env=self.env) as process:
            fakes.poll_until(self.ready[0].exists)
            process.kill()
        # The guardian has done its work when it is no more.
        fakes.poll_until(lambda: len(guardian.carriers(self.mark)) == 1)
        self.ready[1].touch()
        fakes.poll_until(done.exists)


class ProcessTest(unittest.TestCase):
    def test_one_that_has_not_begun_its_program_is_found_when_it_has(self):
        """The script is killed while its child is between fork and exec."""
        begun = Path(self.enterContext(tempfile.TemporaryDirectory())) / "begun"
        script = (f"import sys, os, time\nsys.path.insert(0, {HERE!r})\nimport processes\n"
                  "def wait():\n"
                  "    print(os.getpid(), flush=True)\n"
                  f"    while not os.path.exists({str(begun)!r}):\n"
                  "        time.sleep(0.01)\n"
                  "processes.Process(['sleep', '600'], preexec_fn=wait)\n")
        with subprocess.Popen([sys.executable, "-B", "-c", script], stdout=subprocess.PIPE,
                              text=True) as process:
            pid = int(process.stdout.readline())
            process.kill()
        self.assertFalse(fakes.has_ended(pid))
        begun.touch()
        fakes.poll_until(lambda: fakes.has_ended(pid))

    def test_end_reaches_only_the_one_command(self):
        first = processes.Process(["sleep", "600"])
        others = [processes.Process(["sleep", "600"]) for _ in range(12)]  # .1/ is not .12/
        first.end()
        self.assertEqual(first.returncode, -signal.SIGKILL)
        self.assertEqual([process.poll() for process in others], [None] * 12)
        for process in others:
            process.end()

    def test_a_pool_that_fails_ends_what_runs_and_begins_no_more(self):
        begun = time.monotonic()
        with self.assertRaises(ZeroDivisionError):
            with processes.pool(2) as pool:
                futures = [pool.submit(processes.run, ["sleep", "600"]) for _ in range(4)]
                fakes.poll_until(lambda: sum(future.running() for future in futures) == 2)
                raise ZeroDivisionError
        self.assertTrue(all(future.done() for future in futures))
        self.assertLess(time.monotonic() - begun, 600)
        self.assertEqual(processes.run(["true"]).returncode, 0)

    def test_it_says_how_it_ended(self):
        self.assertEqual(processes.end_words(3), "exit code 3")
        self.assertEqual(processes.end_words(-9), "killed by SIGKILL")
        self.assertEqual(processes.end_words(-77), "killed by signal 77")

    def test_output_is_kept_as_subprocess_does(self):
        result = processes.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True,
                               text=True)
        self.assertEqual((result.stdout, result.stderr, result.returncode), ("out\n", "err\n", 3))

    def test_what_is_shown_is_kept_and_an_interrupt_leaves_nothing(self):
        with tempfile.TemporaryFile() as log:
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                code = processes.run_shown(["sh", "-c", "echo one; echo two >&2; exit 66"], log)
            self.assertEqual((code, output.getvalue()), (66, "one\ntwo\n"))
            log.seek(0)
            self.assertEqual(log.read(), b"one\ntwo\n")
            stop = mock.patch.object(processes, "print", create=True, side_effect=KeyboardInterrupt)
            with stop, self.assertRaises(KeyboardInterrupt):
                processes.run_shown(["sh", "-c", "echo $$; exec sleep 600"], log)
            log.seek(8)
            pid = int(log.read())
            fakes.poll_until(lambda: fakes.has_ended(pid))


class SourceTest(unittest.TestCase):
    def test_no_script_starts_a_process_in_another_way(self):
        starts = ("subprocess.run(", "subprocess.Popen(", "subprocess.call(", "subprocess.check_",
                  "os.system(", "os.fork(", "os.posix_spawn", "os.spawn", "ThreadPoolExecutor(")
        root = Path(HERE).parent.parent
        for path in sorted(root.rglob("*.py")):
            name = path.relative_to(root)
            if name.parts[0] == "build" or path.name in ("processes.py", "fakes.py",
                                                         "kill_trials.py") \
                    or path.name.endswith("_test.py"):
                continue
            text = path.read_text(encoding="utf-8")
            self.assertEqual([start for start in starts if start in text], [], name)


if __name__ == "__main__":
    unittest.main()
