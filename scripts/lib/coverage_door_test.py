"""scripts/coverage with stand-ins for the tool and for llvm's: what it makes of what they say."""

import contextlib
import io
import json
import os
import tempfile
import types
import unittest
import unittest.mock
from pathlib import Path

import building
import coverage_reasons
import fakes
import results
from common import ROOT
from run_door import load

HEADER = ROOT / "runtime" / "base" / "hash.h"
TOOL = """
import os, sys
with open(os.environ['LLVM_PROFILE_FILE'].replace('%c%m-%p', str(os.getpid())), 'w') as file:
    file.write(' '.join(a for a in sys.argv[1:] if not a.startswith('/')) + '\\n')
"""
PROFDATA = """
import sys
with open(sys.argv[sys.argv.index('-o') + 1], 'w') as merged:
    merged.writelines(open(path).read() for path in sys.argv if path.endswith('.profraw'))
"""
COV = f"""
import json, sys
if '-format=lcov' in sys.argv:
    print('SF:{HEADER}\\nDA:1,1\\nDA:2,LINE\\nend_of_record')
    print('SF:/elsewhere\\nDA:1,0\\nend_of_record')
else:
    print(json.dumps(dict(data=[dict(functions=[dict(
        name='f', filenames=['{HEADER}'], regions=[[1, 1, 9, 1, 1, 0, 0, 0]],
        branches=[[1, 1, 1, 3, 1, TAKEN, 0, 0, 4]])])])))
"""


class Coverage(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.reasons = self.folder / "reasons.toml"
        self.reasons.write_text("")
        self.tree = unittest.mock.Mock()
        self.tree.tool.return_value = fakes.write_program(self.folder / "concertina", TOOL)
        fakes.write_program(self.folder / "llvm-profdata-19", PROFDATA)
        fakes.write_program(self.folder / "llvm-cxxfilt-19", "import sys\nprint(sys.stdin.read())")

    def run_door(self, line=1, taken=1, **options):
        """The exit code, what was said, and what was written to --json."""
        fakes.write_program(self.folder / "llvm-cov-19",
                            COV.replace("LINE", str(line)).replace("TAKEN", str(taken)))
        path = f"{self.folder}:{os.environ['PATH']}"
        output, out = io.StringIO(), self.folder / "out.json"
        patch = unittest.mock.patch.object
        with patch(building, "clean_tree", lambda: self.tree), \
                patch(building, "build", lambda *_: self.folder), \
                patch(coverage_reasons.read, "__defaults__", (self.reasons,)), \
                patch(results, "FOLDER", self.folder), \
                unittest.mock.patch.dict(os.environ, PATH=path), \
                contextlib.redirect_stdout(output):
            given = {"corpus": None, "seconds": 0, "tests": False, "write": False, **options}
            code = load("coverage").main(types.SimpleNamespace(json=str(out), **given))
        return code, output.getvalue(), json.loads(out.read_text())

    def test_all_is_covered(self):
        code, said, answer = self.run_door()
        self.assertEqual((code, answer), (0, {"lines": 100.0, "branches": 100.0, "faults": []}))
        self.assertIn("100.0 %      2/2     lines of runtime/", said)

    def test_too_few_lines(self):
        code, said, answer = self.run_door(line=0)
        self.assertEqual((code, answer["lines"]), (1, 50.0))
        self.assertIn("coverage: less than 98 % of the lines", said)
        self.assertIn("not reached: 2", said)

    def test_a_branch_needs_a_reason_and_more_of_them_are_too_many(self):
        code, said, answer = self.run_door(taken=0)
        self.assertEqual((code, len(answer["faults"])), (1, 2))
        self.assertIn("less than 95 % of the branches", said)
        self.assertIn("base/hash.h: no input takes 'f: //: false' (line 1)", said)
        self.reasons.write_text('["base/hash.h"]\n"f" = "why"\n')
        self.assertEqual(len(self.run_door(taken=0)[2]["faults"]), 2)
        self.reasons.write_text('["base/hash.h"]\n"f: //: false" = "why"\n')
        self.assertEqual(len(self.run_door(taken=0)[2]["faults"]), 1)

    def test_of_other_inputs_nothing_is_judged(self):
        code, _, answer = self.run_door(line=0, corpus=[self.folder])
        self.assertEqual((code, answer["faults"]), (0, []))

    def test_what_is_run(self):
        self.run_door()
        said = (self.folder / "coverage.profdata").read_text()
        for words in ("run", "verify --bound 1", "replay", "health --count 10000"):
            self.assertIn(f"{words}\n", said)

    def test_a_page(self):
        self.reasons.write_text('["base/hash.h"]\n"f: //: false" = "why"\n')
        self.run_door(taken=0, write=True)
        page = (self.folder / "coverage.md").read_text()
        self.assertIn("| `base/hash.h` | 2 | 2 | 100.0 % | 1 | 2 | 50.0 % |", page)
        self.assertIn("| `base/hash.h` | `f: //: false` | why |", page)
        self.assertIn("Not as it should be: less than 95 % of the branches", page)


if __name__ == "__main__":
    unittest.main()
