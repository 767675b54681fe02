"""Is enough of the runtime covered, and why no input takes the other branches:
fuzzers/uncovered.toml, held against what was measured.

A table for each file below runtime/, whose keys are as little as says what is meant: "FUNCTION",
"FUNCTION: CONDITION" or "FUNCTION: CONDITION: true". What a key means must all be uncovered, and
what is uncovered must have a key: so the list is neither too long nor too short. A reason that
begins with "rare: " is for a branch that may be covered or not.
"""

import tomllib
from dataclasses import dataclass, field

import files
from common import ROOT, Unusable, relative
from coverage_report import total

PATH = ROOT / "fuzzers" / "uncovered.toml"
LINES_MIN = 98.0  # percent
BRANCHES_MIN = 95.0
RARE = "rare: "  # a reason for what chance decides
LEFT_OUT = "files that are not counted"


@dataclass
class Judged:
    rows: list = field(default_factory=list)  # file, way, reason
    faults: list = field(default_factory=list)


def read(path=PATH):
    """Two tables: of files that are not counted, and file -> key -> reason."""
    try:
        tables = tomllib.loads(files.read_limited(path).decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Unusable(f"{relative(path)}: {error}") from error
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(
                isinstance(reason, str) and reason.strip() for reason in table.values()):
            raise Unusable(f"{relative(path)}: in '{name}' not every key has a reason")
    return tables.pop(LEFT_OUT, {}), tables


def keys_of(way):
    """From the least to the most."""
    return str(way), f"{way.function}: {way.condition}", way.function


def judge(lines, branches, reasons):
    """File -> FileLines, FileBranches, and key -> reason."""
    judged = Judged()
    for parts, least, what in ((lines, LINES_MIN, "lines"), (branches, BRANCHES_MIN, "branches")):
        if total(parts.values()).share < least:
            judged.faults.append(f"less than {least:g} % of the {what} of runtime/ are reached")
    for name in sorted({*branches, *reasons}):
        if name not in branches:
            judged.faults.append(f"{name}: it has reasons, but no branches that are counted")
            continue
        judge_file(judged, name, branches[name].ways, reasons.get(name, {}))
    return judged


def judge_file(judged, name, ways, reasons):
    used = set()
    for way, lines in ways.items():
        key = next((key for key in keys_of(way) if key in reasons), None)
        used.add(key)
        if lines and key is None:
            where = ", ".join(map(str, lines))
            judged.faults.append(f"{name}: no input takes '{way}' (line {where}), and there is no "
                                 "reason")
        elif lines:
            judged.rows.append([name, str(way), " ".join(reasons[key].split())])
        elif key is not None and not reasons[key].startswith(RARE):
            judged.faults.append(f"{name}: there is a reason for '{key}', but an input takes "
                                 f"'{way}'")
    for key in reasons:
        if key not in used:
            judged.faults.append(f"{name}: there is a reason for '{key}', and no such branch")
