"""Python looks a name up when it comes to the line: what a module no longer has is found here, and
not by a night that comes there after hours."""

import ast
import importlib
import sys
import unittest

from common import ROOT

LIB = ROOT / "scripts" / "lib"
DOORS = ROOT / "scripts" / "doors"
LAB = ROOT / "scripts" / "lab"
OWN = {path.stem for folder in (LIB, LAB) for path in folder.glob("*.py")}


def own_modules(tree):
    """The modules of ours that a file knows, by the name that it has for them."""
    return {alias.asname or alias.name: alias.name for node in ast.walk(tree)
            if isinstance(node, ast.Import) for alias in node.names if alias.name in OWN}


def assigned(tree):
    """Names that a file uses for something else, too, and attributes that it gives to modules."""
    return {node.id for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del))} | {
                node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def missing(text):
    """"line: module.name" of each name that is looked up in a module of ours and is not there."""
    tree = ast.parse(text)
    modules = own_modules(tree)
    for name in assigned(tree):
        modules.pop(name, None)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) \
                and node.value.id in modules and isinstance(node.ctx, ast.Load):
            module = importlib.import_module(modules[node.value.id])
            if not hasattr(module, node.attr):
                found.append(f"{node.lineno}: {node.value.id}.{node.attr}")
        if isinstance(node, ast.ImportFrom) and node.module in OWN:
            module = importlib.import_module(node.module)
            found += [f"{node.lineno}: {node.module}.{alias.name}" for alias in node.names
                      if not hasattr(module, alias.name)]
    return found


class Names(unittest.TestCase):
    def test_what_is_looked_up_in_a_module_is_there(self):
        for path in sorted([*LIB.glob("*.py"), *LAB.glob("*.py"), *DOORS.glob("*.py")]):
            with self.subTest(path.name):
                self.assertEqual(missing(path.read_text()), [])

    def test_what_is_not_there_is_seen(self):
        self.assertEqual(missing("import common\nprint(common.ROOT, common.nothing)\n"),
                         ["2: common.nothing"])
        self.assertEqual(missing("from common import ROOT, nothing\n"), ["1: common.nothing"])
        self.assertEqual(missing("import common\ndef f(common):\n    common.nothing()\n"), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
