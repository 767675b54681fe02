"""Two doors that build at once, and what they show. cmake is a stand-in that works until it may
end."""

import io
import os
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import building
import common
import fakes
import locks
import progress

# It says when it works beside another one, and works until "go" is there.
CMAKE = """
import os, sys, time
folder = os.environ['FOLDER']
if '--build' in sys.argv:
    try:
        os.mkdir(folder + '/busy')
    except FileExistsError:
        open(folder + '/clash', 'w').close()
    open(folder + f'/began-{os.getppid()}', 'w').close()
    while not os.path.exists(folder + '/go'):
        time.sleep(0.01)
    os.rmdir(folder + '/busy')
"""
BUILDER = """
import sys
sys.argv = [sys.argv[1]]
from pathlib import Path
import building
folder = Path(FOLDER)
building.build(building.Tree(folder, folder / 'build'), 'none')
"""
SLOT = """
import sys
from pathlib import Path
import building, mutants
mutants.folder_of = lambda name: Path(FOLDER) / name
print(building.take_slot('slot').name, flush=True)
sys.stdin.read()
"""


class Doors(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "bin").mkdir()
        fakes.write_program(self.folder / "bin" / "cmake", CMAKE)
        self.environment = {**os.environ, "FOLDER": str(self.folder),
                            "PYTHONPATH": str(Path(building.__file__).parent),
                            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def start(self, script, name="door"):
        errors = self.enterContext(tempfile.TemporaryFile("w+"))
        process = subprocess.Popen(  # pylint: disable=consider-using-with
            [sys.executable, "-B", "-c", script.replace("FOLDER", repr(str(self.folder))), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True,
            env=self.environment)
        process.errors = errors
        self.addCleanup(self.end, process)
        return process

    def first_error(self, process):
        """The line on standard error that must come while the process works."""
        def read():
            process.errors.seek(0)
            text = process.errors.read()
            return text if text.endswith("\n") else ""
        return fakes.poll_until(read)

    @staticmethod
    def end(process):
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            stream.close()

    def began(self, process):
        fakes.poll_until((self.folder / f"began-{process.pid}").exists)


class TwoBuilders(Doors):
    def test_the_second_waits_and_says_for_whom(self):
        first = self.start(BUILDER, "fuzz")
        self.began(first)
        second = self.start(BUILDER, "replay")
        self.assertEqual(self.first_error(second),
                         f"waiting for the build of another scripts/fuzz (pid {first.pid})\n")
        (self.folder / "go").touch()
        self.assertEqual((first.wait(), second.wait()), (0, 0))
        self.began(second)
        self.assertFalse((self.folder / "clash").exists())

    def test_a_killed_one_leaves_no_lock_behind(self):
        first = self.start(BUILDER)
        self.began(first)
        first.kill()
        first.wait()
        # What it had started dies with it, and the lock with the last of them.
        os.close(fakes.poll_until(lambda: locks.take(self.folder / "build" / building.LOCK)))
        (self.folder / "busy").rmdir()
        (self.folder / "go").touch()
        self.assertEqual(self.start(BUILDER).wait(), 0)
        self.assertFalse((self.folder / "clash").exists())

    def test_an_interrupted_one_ends_its_build(self):
        first = self.start("import ending\nending.run('x', lambda: exec(" + repr(BUILDER) + "))")
        self.began(first)
        first.send_signal(signal.SIGTERM)
        self.assertNotEqual(first.wait(), 0)
        lock = fakes.poll_until(lambda: locks.take(self.folder / "build" / building.LOCK))
        os.close(lock)


class Slots(Doors):
    def test_a_slot_belongs_to_one_door_until_it_ends(self):
        first, second = self.start(SLOT), self.start(SLOT)
        names = [process.stdout.readline().strip() for process in (first, second)]
        self.assertEqual(sorted(names), ["slot", "slot-2"])
        for process in (first, second):
            process.communicate()
        third = self.start(SLOT)
        self.assertEqual(third.stdout.readline().strip(), "slot")

    def test_one_door_keeps_its_slot(self):
        script = SLOT.replace("sys.stdin.read()", "print(building.take_slot('slot').name)")
        process = self.start(script)
        self.assertEqual(process.communicate()[0], "slot\nslot\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


class ProgressTest(unittest.TestCase):
    def setUp(self):
        self.enterContext(unittest.mock.patch.dict(os.environ, TERM="xterm"))

    def test_a_terminal_sees_one_line_that_is_rewritten(self):
        stream = Terminal()
        shown = progress.Progress("building x", stream)
        shown.step(1, 20)
        shown.step(2, 20)
        shown.line.clear()
        self.assertEqual(stream.getvalue().count("\n"), 0)
        self.assertIn("building x [2/20]", stream.getvalue())
        self.assertTrue(stream.getvalue().endswith("\r\x1b[K"))

    def test_the_line_is_cut_where_the_terminal_ends(self):
        stream = Terminal()  # it does not say how wide it is: 80
        progress.Progress("building " + 100 * "x", stream).step(1, 20)
        line = stream.getvalue().rpartition("\x1b[K")[2]
        self.assertEqual(len(line), 79)
        self.assertTrue(line.endswith("x [1/20]"))

    def test_a_terminal_that_knows_no_escapes_is_none(self):
        os.environ["TERM"] = "dumb"
        stream = Terminal()
        progress.Progress("building x", stream).step(1, 20)
        self.assertEqual(stream.getvalue(), "")

    def test_a_log_gets_a_line_now_and_then(self):
        stream = io.StringIO()
        clock = self.enterContext(unittest.mock.patch.object(progress.time, "monotonic"))
        clock.return_value = 0.0
        shown = progress.Progress("building x", stream)
        for second in range(25):
            clock.return_value = float(second)
            shown.step(second, 30)
        shown.line.clear()
        self.assertEqual(stream.getvalue(), "building x [10/30]\nbuilding x [20/30]\n")

    def test_a_failed_build_shows_what_the_compiler_said(self):
        script = "print('[1/2] CXX a.o\\nFAILED: b.o\\nb.cc:7: error: no such thing'); exit(1)"
        stream = self.enterContext(unittest.mock.patch.object(sys, "stderr", io.StringIO()))
        with self.assertRaisesRegex(common.Unusable, "the build failed: exit code 1"):
            progress.run([sys.executable, "-c", script], "the build", progress.Progress("it"))
        self.assertIn("b.cc:7: error: no such thing", stream.getvalue())
        self.assertNotIn("CXX a.o", stream.getvalue())


class Knowing(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.packages = self.folder / "status"
        self.packages.touch()
        self.enterContext(unittest.mock.patch.object(building, "PACKAGES", self.packages))
        (self.folder / "build.ninja").write_text("x\nbuild fuzz_sim: phony\n")

    def test_a_target_that_is_there(self):
        self.assertTrue(building.knows(self.folder, ["fuzz_sim"]))
        self.assertFalse(building.knows(self.folder, ["fuzz_sim_afl"]))

    def test_not_what_was_configured_before_packages_came(self):
        os.utime(self.folder / "build.ninja", (1, 1))
        self.assertFalse(building.knows(self.folder, []))


class WhoseBuild(unittest.TestCase):
    """A build folder that came from elsewhere: what it makes is not this tree's."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.source = self.folder / "source"
        self.source.mkdir()
        self.tree = building.Tree(self.source, self.folder / "build")
        self.build = self.tree.build_folder("none")
        self.build.mkdir(parents=True)
        (self.build / "build.ninja").write_text("x\nbuild concertina: phony\n")
        self.configured = []
        self.enterContext(unittest.mock.patch.object(building, "PACKAGES", self.folder / "none"))
        self.enterContext(unittest.mock.patch.object(
            building, "call", lambda command, *_, **__: self.configured.append(command)))
        self.enterContext(unittest.mock.patch.object(building.progress, "run"))

    def cache(self, source=None, folder=None, flavour="none"):
        (self.build / "CMakeCache.txt").write_text(
            f"CONCERTINA_FLAVOUR:STRING={flavour}\n"
            f"CMAKE_CACHEFILE_DIR:INTERNAL={folder or self.build}\n"
            f"CMAKE_HOME_DIRECTORY:INTERNAL={source or self.source}\n")

    def is_made_again(self):
        self.configured.clear()
        building.build(self.tree, "none", ["concertina"])
        return ["--fresh" in command for command in self.configured]

    def test_its_own_is_gone_on_with(self):
        self.cache()
        self.assertEqual(self.is_made_again(), [])

    def test_one_that_builds_another_tree_is_made_again(self):
        for change in ({"source": "/elsewhere"}, {"folder": "/elsewhere/build/none"},
                       {"flavour": "address"}):
            with self.subTest(change):
                self.cache(**change)
                self.assertEqual(self.is_made_again(), [True])

    def test_one_without_a_cache_is_made_again(self):
        self.assertEqual(self.is_made_again(), [True])


if __name__ == "__main__":
    unittest.main()
