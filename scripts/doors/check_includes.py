"""Checks which room includes which, and the limits of files and lines, over the sources.

The table in doors/check_includes.py is the only place that says which room may include which.
`--self-test` plants one violation of each rule in a scratch tree and demands that each is reported.
"""

import re
import tempfile
from pathlib import Path, PurePosixPath

import arguments
from common import say

NEEDS = ()

# Rooms that a room may include besides itself. A path with a dot is one header, not a room.
RUNTIME = ["runtime/base", "runtime/platform", "runtime/heap", "runtime/stack", "runtime/sched",
           "runtime/chan", "runtime/scan", "runtime"]
MAY_INCLUDE = {
    "runtime/base": [],
    "runtime/platform": ["runtime/base"],
    "runtime/heap": ["runtime/base", "runtime/platform"],
    "runtime/stack": ["runtime/base", "runtime/platform", "runtime/heap"],
    "runtime/sched": ["runtime/base", "runtime/platform", "runtime/heap", "runtime/stack"],
    "runtime/chan": ["runtime/base", "runtime/platform", "runtime/heap", "runtime/stack",
                     "runtime/sched"],
    "runtime/scan": ["runtime/base", "runtime/platform", "runtime/heap", "runtime/stack",
                     "runtime/sched", "runtime/chan"],
    "runtime": RUNTIME,  # go.h, the public face
    # Files, processes, exit codes: what is asked of the operating system.
    "fuzzers/host": ["runtime/base/check.h"],
    "fuzzers/program": ["runtime/base"],
    "fuzzers/trace": ["runtime/base"],
    "fuzzers/schedule": ["runtime/base", "runtime/platform/sim/chooser.h",
                         "runtime/platform/sim/run_log.h"],
    "fuzzers/input": ["fuzzers/host", "fuzzers/program", "fuzzers/schedule", "runtime/base"],
    "fuzzers/mutate": ["fuzzers/input", "fuzzers/program", "fuzzers/schedule", "runtime/base"],
    "fuzzers/minimize": ["fuzzers/input", "fuzzers/program", "fuzzers/schedule", "fuzzers/mutate",
                         "runtime/base"],
    # It stands beside the world, as its chooser, and ends runs from there.
    "fuzzers/verify": ["fuzzers/schedule", "fuzzers/trace", "runtime/base", "runtime/platform"],
    "fuzzers/oracle": ["fuzzers/trace", "fuzzers/program", "fuzzers/input", "runtime/base"],
    "fuzzers/report": ["fuzzers/trace", "fuzzers/program", "fuzzers/input", "fuzzers/oracle",
                       "fuzzers/host/filled.h", "fuzzers/host/wrapped.h", "runtime/base"],
    "fuzzers/interp": ["fuzzers/program", "fuzzers/trace"] + RUNTIME,
    "fuzzers": ["fuzzers/program", "fuzzers/trace", "fuzzers/schedule", "fuzzers/input",
                "fuzzers/oracle", "fuzzers/report", "fuzzers/interp"] + RUNTIME,
    "fuzzers/targets": ["fuzzers/pipeline.h", "fuzzers/host", "fuzzers/mutate", "fuzzers/oracle"],
    "fuzzers/tools": ["fuzzers/pipeline.h", "fuzzers/report", "fuzzers/mutate",
                      "fuzzers/minimize", "fuzzers/verify", "fuzzers/host", "fuzzers/input",
                      "fuzzers/schedule", "fuzzers/oracle", "runtime/base"],
    # Random programs come as files that the tool generates; reading them takes fuzzers/input.
    "stress": ["fuzzers/program", "fuzzers/interp", "fuzzers/oracle", "fuzzers/trace",
               "fuzzers/host", "fuzzers/input"] + RUNTIME,
    # Programs for the simulator's virtual threads, without the runtime.
    "stress/lab/yardstick": ["fuzzers/host", "fuzzers/schedule", "runtime/base",
                             "runtime/platform"],
}
# A test, or its testing.h, may also include the pipeline and all that the pipeline is made of.
TEST_ALSO = ["fuzzers/pipeline.h"] + MAY_INCLUDE["fuzzers"]
# Runtime tests need their own room and the simulator, never the harness.
RUNTIME_TEST_ALSO = ["runtime/base", "runtime/platform"]

# Where a preprocessor branch on the platform or on a sanitizer may stand.
MAY_BRANCH = ("runtime/platform/", "runtime/base/sanitizer.h")
BRANCH = re.compile(
    r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*"
    r"(?:sanitizer|SANITIZE|TSAN|ASAN|UBSAN|__has_feature|__linux__|__APPLE__|_WIN32|PLATFORM"
    r"|__x86_64__|__aarch64__|__clang__|__GNUC__)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
# Spelled so that this file does not contain the words itself.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
LINES_MAX = 600
SOURCE_SUFFIXES = (".h", ".cc", ".def")


def room_of(path):
    """The longest room of the table that holds the file; None outside all rooms."""
    folders = map(str, PurePosixPath(path).parents)
    return next((folder for folder in folders if folder in MAY_INCLUDE), None)


def resolve(root, including, name):
    """An include as a path from the root, or None for a header from outside the project."""
    is_on_threads = room_of(including) == "stress"
    selected = f"runtime/platform/{'threads' if is_on_threads else 'sim'}/selected"
    for base in (PurePosixPath(including).parent, ".", "runtime", "fuzzers", selected):
        candidate = (root / base / name).resolve()
        if candidate.is_file() and root.resolve() in candidate.parents:
            return candidate.relative_to(root.resolve()).as_posix()
    return None


def is_allowed(path, target):
    room, target_room = room_of(path), room_of(target)
    if room is None or target_room is None or room == target_room:
        return True
    allowed = list(MAY_INCLUDE[room])
    if path.endswith(("_test.cc", "testing.h")):
        allowed += {"runtime": RUNTIME_TEST_ALSO, "fuzzers": TEST_ALSO}.get(room.split("/")[0], [])
    return target_room in allowed or target in allowed


def check_line(root, path, number, line):
    if UNFINISHED.search(line):
        yield f"{path}:{number}: a mark of unfinished work"
    if BRANCH.match(line) and not path.startswith(MAY_BRANCH):
        yield f"{path}:{number}: branches on the platform or a sanitizer; only {MAY_BRANCH} may"
    match = INCLUDE.match(line)
    if not match:
        return
    target = resolve(root, path, match.group(1))
    if target is None:
        yield f"{path}:{number}: no such header in the project: {match.group(1)}"
    elif not is_allowed(path, target):
        yield f"{path}:{number}: {room_of(path)} may not include {target}"


def check_file(root, path):
    lines = (root / path).read_text(encoding="utf-8", errors="replace").splitlines()
    # event.def and site.def are tables; a row is one line.
    if not path.endswith(".def") and len(lines) > LINES_MAX:
        yield f"{path}:{len(lines)}: {len(lines)} lines, at most {LINES_MAX}"
    for number, line in enumerate(lines, 1):
        yield from check_line(root, path, number, line)


def check_tree(root):
    problems = []
    for top in ("runtime", "fuzzers", "stress"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SOURCE_SUFFIXES and file.is_file():
                path = file.relative_to(root).as_posix()
                if room_of(path) is None:
                    problems.append(f"{path}:1: the table has no such room")
                problems.extend(check_file(root, path))
    return problems


# What the self-test plants: file, content, and a piece of the expected report; None must be silent.
PLANTED = [
    ("runtime/chan/up.cc", '#include "scan/scanner.h"\n', "runtime/chan may not include"),
    ("runtime/base/up.cc", '#include "stack/stack.h"\n', "runtime/base may not include"),
    ("runtime/heap/up.cc", '#include "stack/stack.h"\n', "runtime/heap may not include"),
    ("runtime/sched/fuzz.cc", '#include "program/program.h"\n', "runtime/sched may not include"),
    ("runtime/sched/x_test.cc", '#include "program/program.h"\n', "runtime/sched may not include"),
    ("fuzzers/oracle/rt.cc", '#include "stack/stack.h"\n', "fuzzers/oracle may not include"),
    ("fuzzers/schedule/w.cc", '#include "platform/sim/world.h"\n',
     "fuzzers/schedule may not include"),
    ("fuzzers/targets/t.cc", '#include "program/program.h"\n', "fuzzers/targets may not include"),
    ("fuzzers/program/missing.cc", '#include "program/none.h"\n', "no such header"),
    ("fuzzers/program/branch.cc", "#ifdef __SANITIZE_THREAD__\n#endif\n", "branches on"),
    ("fuzzers/program/mark.cc", "// TO" "DO: later\n", "unfinished"),
    ("fuzzers/program/long.cc", "\n" * (LINES_MAX + 1), "lines, at most"),
    ("runtime/platform/sim/ok.cc", "#ifdef __SANITIZE_THREAD__\n#endif\n", None),
    ("fuzzers/schedule/ok.cc", '#include "platform/sim/chooser.h"\n', None),
    ("fuzzers/oracle/ok_test.cc", '#include "pipeline.h"\n', None),
    ("fuzzers/oracle/testing.h", '#include "pipeline.h"\n', None),
    ("runtime/scan/ok.cc", '#include "stack/stack.h"\n', None),
    ("stress/jobs/up.cc", '#include "mutate/generate.h"\n', "stress may not include"),
    ("stress/jobs/ok.cc", '#include "stack/stack.h"\n#include "program/program.h"\n', None),
    ("stress/lab/yardstick/up.cc", '#include "stack/stack.h"\n',
     "stress/lab/yardstick may not include"),
    ("stress/lab/yardstick/programs/ok.cc", '#include "schedule/pct.h"\n', None),
    ("stress/jobs/schedule.cc", '#include "schedule/pct.h"\n', "stress may not include"),
    ("fuzzers/targets/ok.cc", '#include <vector>\n#include "pipeline.h"\n', None),
]
SELF_TEST_HEADERS = ["runtime/stack/stack.h", "runtime/scan/scanner.h", "fuzzers/pipeline.h",
                     "fuzzers/program/program.h", "runtime/platform/sim/world.h",
                     "runtime/platform/sim/chooser.h", "fuzzers/mutate/generate.h",
                     "fuzzers/schedule/pct.h"]


def self_test():
    """One scratch tree a planted file, so that each report can only come from that file."""
    missed = []
    for path, content, expected in PLANTED:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for header in SELF_TEST_HEADERS:
                (root / header).parent.mkdir(parents=True, exist_ok=True)
                (root / header).write_text("#pragma once\n")
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
            problems = check_tree(root)
            seen = any(expected in p and p.startswith(path) for p in problems) if expected else \
                not problems
            if not seen:
                missed.append(f"{path}: expected {expected!r}, got {problems}")
    for line in missed:
        say(line)
    say(f"{len(PLANTED) - len(missed)} of {len(PLANTED)} planted files judged correctly")
    return 1 if missed else 0


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--self-test", action="store_true", help="check the checker")
    return parser.parse_args()


def main(options):
    if options.self_test:
        return self_test()
    problems = check_tree(Path(__file__).resolve().parent.parent.parent)
    for problem in problems:
        say(problem)
    say(f"{len(problems)} problems")
    return 1 if problems else 0
