"""Checks how the source is written: all of it, or FILE...

clang-format-19, clang-tidy-19 (the checks in .clang-tidy, on the sources of what is built, without
tests and stress/lab; headers with the sources that include them), pyflakes3 and pycodestyle, lines
of at most 100 columns, and scripts/check_includes. A problem is a line `FILE:LINE: what [rule]`.
`--self-test` plants one violation of each rule and demands that each is reported.
"""

import argparse
import tempfile
from pathlib import Path

import arguments
import building
import linting
import mutants
import needs
from common import BUILD, EXIT_FAILED, EXIT_OK, ROOT, say

NEEDS = needs.LINT

# What the self-test plants: file, content, and a piece of the report.
PLANTED = [
    ("runtime/layout.cc", "int  f() { return 1; }\n", "clang-format"),
    ("runtime/layout.h", "#pragma once\nint\tg();\n", "clang-format"),
    ("runtime/long.cc", f"// {'x' * linting.COLUMNS_MAX}\n", "columns, at most"),
    ("scripts/cmake/long.cmake", f"# {'x' * linting.COLUMNS_MAX}\n", "columns, at most"),
    ("scripts/unused.py", "import os\n", "'os' imported but unused"),
    ("scripts/style.py", "x = 1\ny=2\n", "E225"),
    ("runtime/long_function.cc", "void f(int* x) {\n" + "  ++*x;\n" * 61 + "}\n",
     "readability-function-size"),
    ("runtime/moved.cc", "#include <string>\n#include <utility>\n\nvoid take(std::string text);\n"
     "void f(std::string text) {\n  take(std::move(text));\n  take(text);\n}\n",
     "bugprone-use-after-move"),
    ("runtime/header.cc", '#include "header.h"\n\nint f(const A& a) { return a.size(); }\n', None),
    ("runtime/header.h", "#pragma once\n\nstruct A {\n  virtual ~A() = default;\n"
     "  virtual int size() const { return 0; }\n};\nstruct B : A {\n"
     "  virtual int size() const { return 1; }\n};\n", "modernize-use-override"),
    # Of two sources with one unnamed name, which are no bundle, each is seen.
    ("runtime/twin_a.cc", "namespace {\nint* twin() { return 0; }\n}  // namespace\n\n"
     "int* a() { return twin(); }\n", "modernize-use-nullptr"),
    ("runtime/twin_b.cc", "namespace {\nint* twin() { return 0; }\n}  // namespace\n\n"
     "int* b() { return twin(); }\n", "modernize-use-nullptr"),
]


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for name in (".clang-format", ".clang-tidy"):
            (root / name).write_bytes((ROOT / name).read_bytes())
        for name, content, _ in PLANTED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        names = [name for name, _, _ in PLANTED]
        database = [{"file": str(root / name), "command": f"c++ -std=c++20 -I{root}/runtime"}
                    for name in names if name.endswith(".cc")]
        found = linting.findings(root, names, database)
    missed = [(name, expected) for name, _, expected in PLANTED if expected
              and not any(each.path == name and expected in each.text for each in found)]
    strange = [each for each in found if not any(
        each.path == name and expected and expected in each.text for name, _, expected in PLANTED)]
    for name, expected in missed:
        say(f"{name}: not reported: {expected}")
    for each in strange:
        say(f"{each.path}:{each.line}: reported, too: {each.text}")
    say(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} planted files judged rightly")
    return EXIT_FAILED if missed or strange else EXIT_OK


def tree_file(text):
    """A path as the tree names it."""
    path = Path(arguments.existing(text)).resolve()
    if not path.is_relative_to(ROOT) or not path.is_file():
        raise argparse.ArgumentTypeError(f"'{text}' is no file of this tree")
    return path.relative_to(ROOT).as_posix()


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("files", nargs="*", type=tree_file, metavar="FILE")
    parser.add_argument("--self-test", action="store_true", help="check the checker")
    return parser.parse_args()


def main(options):
    if options.self_test:
        return self_test()
    database = building.compile_commands(building.clean_tree(), "none")
    found = linting.findings(ROOT, options.files or mutants.source_files(), database,
                             BUILD / "lint" / "clean.json")
    found |= linting.includes(ROOT, options.files)
    for each in sorted(found):
        say(f"{each.path}:{each.line}: {each.text}")
    say(f"{len(found)} problems")
    return EXIT_FAILED if found else EXIT_OK
