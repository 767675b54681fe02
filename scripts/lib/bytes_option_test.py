"""--bytes of the doors that take inputs of both forms: each call of the tool says it, too."""

import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import building
import common
import fakes
from run_door import load

# Keeps a line for each call, and shows a header without anything in it.
TOOL = "import sys\nopen(__file__ + '.calls', 'a').write(' '.join(sys.argv[1:]) + '\\n')"


class BytesOption(unittest.TestCase):
    def calls(self, name, *words):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        tool = fakes.write_program(folder / "concertina", TOOL)
        tree = types.SimpleNamespace(tool=lambda _: tool, mutant="")
        module = load(name)
        (folder / "input").write_bytes(b"x")
        with mock.patch.multiple(building, build=mock.DEFAULT, clean_tree=lambda: tree,
                                 tree=lambda _: tree), \
                mock.patch("sys.argv", [name, *words, str(folder / "input")]):
            self.assertEqual(module.main(module.parse_options()), common.EXIT_OK)
        return (folder / "concertina.calls").read_text().splitlines()

    def test_every_call_has_it_or_none(self):
        for words in (("replay", "--neighbours", "3"), ("minimize",)):
            with_it = self.calls(*words, "--bytes")
            without = self.calls(*words)
            self.assertEqual(len(with_it), len(without))
            self.assertGreater(len(with_it), 1)
            for line in with_it:
                self.assertIn(" --bytes ", line)
            for line in without:
                self.assertNotIn("--bytes", line)


if __name__ == "__main__":
    unittest.main()
