#!/usr/bin/env python3
"""Writes a C++ file that says where the runtime's sites are.

    runtime_map.py SOURCE_ROOT OUTPUT.cc

A site's positions are the lines under runtime/ that say `Site::kName`, tests excepted, sorted by
file and line. The output depends on the source's text only, so a tree with a mutant in it gets a
map of its own.
"""

import re
import sys
from pathlib import Path

SITE = re.compile(r"\bSite::k(\w+)")
# The first line of a function at file scope; one of a class has no name here.
FUNCTION_HEAD = re.compile(r"^[A-Za-z][\w:<>,*& ]*?\b(\w+)\(")
NO_FUNCTION = ("namespace", "static_assert", "constexpr", "struct", "class", "using", "template")
ENUMERATORS = re.compile(r"^(?:RETIRED_)?SITE\(k(\w+),", re.MULTILINE)


def sources(root):
    for path in sorted((root / "runtime").rglob("*")):
        name = path.name
        if path.suffix in (".cc",
                           ".h") and not name.endswith("_test.cc") and not name.startswith("test"):
            yield path.relative_to(root / "runtime").as_posix(), path.read_text(encoding="utf-8")


def read(root):
    sites = ENUMERATORS.findall((root / "runtime/base/site.def").read_text(encoding="utf-8"))
    positions = {site: [] for site in sites}
    for name, text in sources(root):
        inside = ""
        for number, line in enumerate(text.splitlines(), 1):
            head = FUNCTION_HEAD.match(line)
            if line.startswith("}"):
                inside = ""
            elif head and not line.startswith(NO_FUNCTION):
                inside = head.group(1)
            for site in SITE.findall(line.partition("//")[0]):
                place = (f"{name}:{number}", inside)
                if site in positions and place not in positions[site]:
                    positions[site].append(place)
    return positions


def render(positions):
    rows = "\n".join(f'    {{Site::k{site}, "{place}", "{function}"}},'
                     for site, places in positions.items() for place, function in places)
    return f"""// Made by fuzzers/report/runtime_map.py from the runtime's source; not kept in git.
#include "report/runtime_map.h"

namespace concertina::fuzzers {{
namespace {{

constexpr SitePosition kPositions[] = {{
{rows}
}};

}}  // namespace

std::span<const SitePosition> site_positions() {{ return kPositions; }}

}}  // namespace concertina::fuzzers
"""


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root, output = Path(arguments[0]), Path(arguments[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(render(read(root)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
