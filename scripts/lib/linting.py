"""The checks of scripts/lint. Each takes files, as paths from the root, and gives findings.

clang-tidy reads the sources of a folder as one: most of its time goes into the standard library's
headers, and those are read once for all. A source that does not compile with the others, as when
both have one name in their unnamed namespaces, is looked at apart. What was clean is not looked at
again until the linter, its configuration, the source's flags, or a file that it includes, has
changed.
"""

import hashlib
import json
import re
import shlex
import tempfile
from collections import namedtuple
from pathlib import Path

import common
import files
import processes

COLUMNS_MAX = 100
SOURCES = (".cc", ".h")
NOT_PRODUCT = "stress/lab/"
SAMPLES = "/testdata/"  # other people's reports, and what made them
HAVE_COLUMNS = (*SOURCES, ".py", ".cmake", "CMakeLists.txt")

REPORT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+)(?::\d+)?:? (?P<text>.*)$", re.M)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"\n]+)"', re.M)

Finding = namedtuple("Finding", "path line text")
Flags = namedtuple("Flags", "defines folders")


def chosen(names, suffixes):
    return [name for name in names if name.endswith(suffixes) and SAMPLES not in name]


def output_of(root, command):
    """What a linter says, of which exit code 1 is only a summary."""
    result = processes.run(command, cwd=root, capture_output=True, text=True, errors="replace")
    if result.returncode not in (0, 1, 123):
        raise common.Unusable(f"{command[0]}: {processes.end_words(result.returncode)}: "
                              f"{common.last_lines(result.stderr, 3).strip()}")
    return result.stdout + result.stderr


def reported(root, text):
    """The lines of a linter that are about a place in the tree."""
    found = set()
    for match in REPORT.finditer(text):
        path = Path(root, match["path"])
        if path.is_relative_to(root):
            found.add(Finding(path.relative_to(root).as_posix(), int(match["line"]), match["text"]))
    return found


def columns(root, names):
    found = set()
    for name in chosen(names, HAVE_COLUMNS):
        lines = (root / name).read_text(encoding="utf-8", errors="replace").splitlines()
        found |= {Finding(name, number, f"{len(line)} columns, at most {COLUMNS_MAX}")
                  for number, line in enumerate(lines, 1) if len(line) > COLUMNS_MAX}
    return found


def formatted(root, names):
    sources = chosen(names, SOURCES)
    return reported(root, output_of(root, ["clang-format-19", "--dry-run", *sources])) \
        if sources else set()


def python(root, names):
    scripts = chosen(names, ".py")
    if not scripts:
        return set()
    # Imports that follow a changed sys.path; the rest is what the two leave to taste.
    style = ["pycodestyle", f"--max-line-length={COLUMNS_MAX}", "--ignore=E129,E402,W503,W504"]
    return reported(root, output_of(root, ["pyflakes3", *scripts])) \
        | reported(root, output_of(root, [*style, *scripts]))


class Tree:
    """Sources with what decides what clang-tidy says of them. `database`: the entries of
    compile_commands.json, of which a source's first one counts."""

    def __init__(self, root, database):
        self.root = root
        self.flags = {}
        for entry in database:
            path = Path(entry["file"])
            if path.is_relative_to(root):
                self.flags.setdefault(path.relative_to(root).as_posix(),
                                      flags_of(shlex.split(entry["command"])))
        self.texts, self.closures = {}, {}

    def text(self, name):
        if name not in self.texts:
            self.texts[name] = (self.root / name).read_text(encoding="utf-8", errors="replace")
        return self.texts[name]

    def included(self, name, folders):
        """Files of the tree that it includes itself."""
        for header in INCLUDE.findall(self.text(name)):
            for folder in (self.root / Path(name).parent, *map(Path, folders)):
                path = (folder / header).resolve()
                if path.is_file() and path.is_relative_to(self.root):
                    yield path.relative_to(self.root).as_posix()
                    break

    def closure(self, name):
        """The source and all of the tree that it includes."""
        if name not in self.closures:
            found, rest = {name}, [name]
            while rest:
                more = set(self.included(rest.pop(), self.flags[name].folders)) - found
                found |= more
                rest += more
            self.closures[name] = sorted(found)
        return self.closures[name]

    def key(self, name, linter):
        total = hashlib.sha256(f"{linter} {self.flags[name]}".encode())
        for part in self.closure(name):
            total.update(f"{part} {len(self.text(part))} {self.text(part)}".encode())
        return total.hexdigest()


def flags_of(words):
    """Of a compiler's command, what a source's meaning depends on."""
    return Flags(tuple(sorted(word for word in words if word.startswith(("-D", "-std=")))),
                 tuple(word[2:] for word in words if word.startswith("-I")))


def tidy_as_one(root, flags, names):
    """Of sources that do not compile together, those with an error are looked at apart."""
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as file:
        file.write("".join(f'#include "{root / name}"\n' for name in names))
        file.flush()
        text = output_of(root, ["clang-tidy-19", "--quiet", f"--config-file={root / '.clang-tidy'}",
                                file.name, "--", *flags.defines,
                                *(f"-I{folder}" for folder in flags.folders)])
    # Notes belong to the warning above them, and are about other lines.
    found = {finding for finding in reported(root, text) if not finding.text.startswith("note:")}
    broken = {finding.path for finding in found if "[clang-diagnostic-error]" in finding.text}
    if not broken or len(names) == 1:
        return found
    apart = broken.intersection(names) or set(names)  # where only a header has the error
    together = [name for name in names if name not in apart]
    return set().union(*(tidy_as_one(root, flags, [name]) for name in apart),
                       tidy_as_one(root, flags, together) if together else ())


def read_keys(path):
    """What was clean at the last look; nothing when that is not known."""
    try:
        keys = json.loads(path.read_text())
        return keys if isinstance(keys, dict) else {}
    except (OSError, ValueError):
        return {}


def tidy(root, names, database, kept=None):
    """`kept`: a file that remembers what was clean."""
    tree = Tree(root, database)
    linter = "".join((output_of(root, ["clang-tidy-19", "--version"]), Path(__file__).read_text(),
                      (root / ".clang-tidy").read_text()))
    sources = [name for name in chosen(names, ".cc") if name in tree.flags
               and not name.endswith("_test.cc") and not name.startswith(NOT_PRODUCT)]
    keys = {name: tree.key(name, linter) for name in sources}
    clean = read_keys(kept) if kept else {}
    groups = {}
    for name in sources:
        if clean.get(name) != keys[name]:
            groups.setdefault((tree.flags[name], Path(name).parent), []).append(name)
    found = set()
    with processes.pool(common.cores()) as pool:
        jobs = [(group, pool.submit(tidy_as_one, root, flags, group))
                for (flags, _), group in groups.items()]
        for group, job in jobs:
            problems = job.result()
            found |= problems
            if kept and not problems:
                clean.update({name: keys[name] for name in group})
                kept.parent.mkdir(parents=True, exist_ok=True)
                files.write_json(kept, clean)
    return found


def includes(root, names):
    """Who includes whom, and the house limits: one look at the whole tree, of which `names` are
    wanted, if there are any."""
    found = reported(root, output_of(root, [root / "scripts" / "check_includes", "--no-setup"]))
    return {finding for finding in found if not names or finding.path in names}


def findings(root, names, database, kept=None):
    return columns(root, names) | formatted(root, names) | python(root, names) \
        | tidy(root, names, database, kept)
