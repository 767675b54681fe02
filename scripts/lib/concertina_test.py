import os
import tempfile
import unittest
from pathlib import Path

import concertina
import fakes
from common import Unusable

ECHO = "import json, sys\nprint(json.dumps({'said': sys.argv[1:]}))"


class ConcertinaTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def tool(self, text):
        return fakes.write_program(self.folder / "concertina", f"import sys\n{text}")

    def test_a_file_whose_name_begins_with_a_dash_is_no_option(self):
        for ask in (concertina.replay, lambda tool, path: concertina.verify(tool, path, 2),
                    lambda tool, path: concertina.depth(tool, path, 1, 1),
                    lambda tool, path: concertina.minimize(tool, path, "-out"),
                    lambda tool, path: concertina.explore(tool, path)[0][0]):
            said = ask(self.tool(ECHO), "-x.case")["said"]
            self.assertIn("./-x.case", said)
            self.assertNotIn("-x.case", said)
            self.assertNotIn("-out", said)

    def test_what_is_an_engines_input_is_called_so(self):
        tool = self.tool(ECHO)
        self.assertNotIn("--bytes", concertina.replay(tool, "a")["said"])
        said = concertina.replay(tool, "-a", as_bytes=True)["said"]
        self.assertEqual(said[-2:], ["--bytes", "./-a"])
        shows = self.tool("print('said: ' + ' '.join(sys.argv))")
        self.assertTrue(concertina.header(shows, "a", as_bytes=True)["said"].endswith(" --bytes a"))
        target = self.folder / "a.case"
        concertina.write_text(shows, "a", target, {"title": "t"}, as_bytes=True)
        self.assertTrue(target.read_text().endswith("--set title=t --bytes a\n"))
        counts = self.tool("import json\nprint(json.dumps({'failures': sys.argv.count('--bytes'), "
                           "'first_signature': ''}))")
        self.assertEqual(concertina.neighbours(counts, "a", 3, as_bytes=True), (1, ""))

    def test_names_of_files_come_back_whatever_their_bytes(self):
        answer = {"file": "/x/" + "\u00c3\u00a4\u00ff"}  # as JsonObject::quote writes them
        self.assertEqual(os.fsencode(concertina.file_of(answer)), b"/x/\xc3\xa4\xff")

    def test_a_signature_is_asked_with_how_the_process_ended(self):
        tool = self.tool("import json\nprint(json.dumps({'signature': ' '.join(sys.argv[3:5])}))")
        self.assertEqual(concertina.signature(tool, "log", -6), "--signal 6")
        self.assertEqual(concertina.signature(tool, "log", 66), "--exit-status 66")

    def test_without_an_answer_the_reason_is_what_the_tool_says(self):
        for script in ("sys.exit('bad input')", "print('no json'); sys.exit('bad input')",
                       "print(5); sys.exit('bad input')"):
            with self.assertRaisesRegex(Unusable, "cannot replay a.case: bad input"):
                concertina.replay(self.tool(script), "a.case")

    def test_or_how_it_ended(self):
        tool = self.tool("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        with self.assertRaisesRegex(Unusable, "killed by SIGKILL"):
            concertina.replay(tool, "a.case")
        with self.assertRaisesRegex(Unusable, "a.case:1:1: the tool: killed by SIGKILL"):
            concertina.header(tool, "a.case")

    def test_a_tool_that_does_not_answer_is_given_up(self):
        tool = self.tool("import time\ntime.sleep(600)")
        with self.assertRaisesRegex(Unusable, "no answer within 0.3 s"):
            concertina.replay(tool, "a.case", limit_s=0.3)

    def test_a_tool_that_is_not_there(self):
        with self.assertRaisesRegex(Unusable, "none: No such file"):
            concertina.replay(self.folder / "none", "a.case")

    def test_a_header_is_read_and_a_case_written_whole(self):
        tool = self.tool("print('bug: x: y\\nflavour: none')")
        self.assertEqual(concertina.header(tool, "a"), {"bug": "x: y", "flavour": "none"})
        target = self.folder / "a.case"
        target.write_text("old")
        with self.assertRaisesRegex(Unusable, "no space"):
            concertina.write_text(self.tool("print('ha'); sys.exit('no space')"), "a", target, {})
        self.assertEqual(target.read_text(), "old")
        concertina.write_text(self.tool("print(sys.argv[4:])"), "a", target, {"title": "t"})
        self.assertEqual(target.read_text(), "['--set', 'title=t', 'a']\n")

    def test_searches_are_read_line_by_line(self):
        runs, _ = concertina.explore(self.tool("print('{\"a\": 1}\\n{\"a\": 2}')"), "a.case")
        self.assertEqual(runs, [{"a": 1}, {"a": 2}])


if __name__ == "__main__":
    unittest.main()
