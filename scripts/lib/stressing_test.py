import contextlib
import io
import stat
import sys
import tempfile
import types
import unittest
from pathlib import Path

import common
import stressing

# stress_jobs: BEHAVIOUR is Python with `report`, the path given by --json.
JOBS = """
import json, os, sys
report = sys.argv[sys.argv.index('--json') + 1]
figures = {'job': 'ring', 'seconds': 1.5, 'batches': 3, 'goroutines': 4, 'operations': 5,
           'stack_copies': 6, 'copies_under_lock_taken': 1, 'copies_under_lock_held': 2, 'scans': 7,
           'shrinks': 8, 'failures': 0, 'repeat': '', 'program': ''}
open(report + '.batch', 'w').write(json.dumps({'repeat': 'again', 'program': 'PROGRAM'}))
BEHAVIOUR
"""
# concertina: generates two empty files; neighbours fails for a file with `bug` in it.
TOOL = """
import json, os, sys
if sys.argv[1] == 'generate':
    folder = sys.argv[sys.argv.index('--output') + 1]
    os.makedirs(folder)
    for i in range(int(sys.argv[sys.argv.index('--count') + 1])):
        open(os.path.join(folder, f'{i}.bytes'), 'w')
elif sys.argv[1] == 'signature':
    log = open(sys.argv[-1]).read()
    print(json.dumps({'signature': 'race: a | b' if 'WARNING' in log else ' '.join(sys.argv[3:5])}))
elif b'stuck' in open(sys.argv[-1], 'rb').read():
    sys.exit(2)
elif b'bug' in open(sys.argv[-1], 'rb').read():
    print('x: 2 of 9 neighbouring schedules fail')
    print('the first that fails (number 4): locals: torn\\nCASE')
    sys.exit(1)
else:
    print('x: 0 of 9 neighbouring schedules fail')
"""
PASSES = "json.dump(figures, open(report, 'w'))"


class Stressing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.saved = stressing.FOLDER, stressing.PROGRAMS
        self.addCleanup(self.restore)
        stressing.FOLDER, stressing.PROGRAMS = self.folder / "stress", 2
        self.options = types.SimpleNamespace(workers=2, seed=1, scale=4, hang_seconds=9,
                                             neighbours=9, job="ring", seconds=5, sanitizer="none",
                                             mutant="", generator=self.folder / "concertina",
                                             build_tool=lambda _: self.folder / "concertina")
        self.program("concertina", TOOL)
        self.said = ""

    def restore(self):
        stressing.FOLDER, stressing.PROGRAMS = self.saved

    def program(self, name, text):
        path = self.folder / name
        path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    # A tree, as run_job sees it.
    def binary(self, _flavour, name):
        return self.folder / name

    def run_job(self, behaviour, job="ring", program="", note=lambda _: None):
        self.program("stress_jobs",
                     JOBS.replace("BEHAVIOUR", behaviour).replace("PROGRAM", str(program)))
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            try:
                return stressing.run_job(self, "none", job, 1, self.options, note)
            finally:
                self.said = output.getvalue()

    def test_figures_of_a_job_that_passes(self):
        result = self.run_job(PASSES)
        self.assertEqual(result["failures"], 0)
        self.assertEqual(result["copies_under_lock"], 3)
        self.assertEqual(result["flavour"], "none")

    def test_death_in_a_batch_is_a_failure_with_its_command(self):
        result = self.run_job("os.abort()")
        self.assertEqual(result["failures"], 1)
        self.assertEqual(result["repeat"], "again")
        self.assertIn("died, killed by SIGABRT", self.said)
        self.assertEqual(result["failure"], "--signal 6")

    def test_a_sanitizer_s_death_is_named_as_what_it_is(self):
        result = self.run_job("sys.stderr.write('WARNING: a race\\n'); sys.exit(66)")
        self.assertEqual(result["failure"], "race: a | b")
        self.assertIn("WARNING: a race", self.said)  # it is shown all the same

    def test_a_job_that_is_killed_from_outside_is_no_failure(self):
        with self.assertRaisesRegex(common.Unusable, "killed by SIGKILL"):
            self.run_job("os.kill(os.getpid(), 9)")

    def test_a_failure_is_noted_before_the_simulator_has_its_say(self):
        noted = []
        program = self.folder / "p1"
        program.write_bytes(b"a bug")
        self.run_job("os.abort()", "programs", program, lambda result: noted.append(dict(result)))
        self.assertEqual([result["failures"] for result in noted], [1])
        self.assertNotIn("reproduction", noted[0])

    def test_a_simulator_that_could_not_look_has_not_found_nothing(self):
        program = self.folder / "p1"
        program.write_bytes(b"stuck")
        result = self.run_job("os.abort()", "programs", program)
        self.assertEqual(result["reproduction"], "could not be tried")

    def test_old_reports_do_not_count(self):
        self.run_job(PASSES)
        self.assertEqual(self.run_job("sys.exit(1)")["failures"], 1)

    def test_what_could_not_run_is_unusable(self):
        with self.assertRaises(common.Unusable):
            self.run_job("sys.exit(2)")

    def test_failing_program_is_handed_to_the_simulator(self):
        program = self.folder / "p1.bytes"
        program.write_bytes(b"a bug")
        result = self.run_job("os.abort()", "programs", program)
        self.assertEqual(result["reproduction"], "locals: torn")
        findings = stressing.FOLDER / "findings"
        self.assertEqual((findings / "p1-none.bytes").read_bytes(), b"a bug")
        self.assertEqual((findings / "p1-none.case").read_text(encoding="utf-8"), "CASE\n")

    def test_simulator_may_find_nothing(self):
        program = self.folder / "p1.bytes"
        program.write_bytes(b"fine")
        self.assertEqual(self.run_job("os.abort()", "programs", program)["reproduction"],
                         "none found")

    def test_programs_are_generated_once(self):
        folder = stressing.generate(self.options.generator, 3)
        kept = folder / "0.bytes"
        kept.write_bytes(b"kept")
        stressing.generate(self.options.generator, 3)
        self.assertEqual(kept.read_bytes(), b"kept")

    def test_programs_without_their_suffix_are_generated_again(self):
        folder = stressing.generate(self.options.generator, 3)
        for path in folder.iterdir():
            path.rename(path.with_suffix(""))
        again = stressing.generate(self.options.generator, 3)
        self.assertEqual(sorted(path.name for path in again.iterdir()), ["0.bytes", "1.bytes"])

    def test_repeat_command_has_what_matters(self):
        self.assertEqual(stressing.repeat_command(self.options),
                         "scripts/stress --job ring --seconds 5 --sanitizer none --workers 2 "
                         "--seed 1 --scale 4")

    def test_table_adds_up(self):
        result = self.run_job(PASSES)
        lines = stressing.table([result, result])
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(lines[-1].split(),
                         ["all", "3", "8", "10", "12", "6", "14", "16", "6", "0"])


if __name__ == "__main__":
    unittest.main()
