"""Mutants: patches that put one known defect back, under fuzzers/mutants.

A patch opens with header lines `key: value` (a leading '#' is allowed) before its first hunk:

    title:    close does not wake senders that wait in a select
    bug:      golang/go 12345
    row:      M12                     which row of the table in fuzzers/mutants/README.md; or none
    go-tests: miss                    whether Go's own tests miss it or kill it; or not run
    oracles:  deadlock, channels      which oracles may name it
    flavours: address, thread         in which builds it is hunted (default: address)
    seeds:    show it                 some of corpus/seeds fail with it (default: none may)
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import files
import processes
from common import BUILD, FUZZ_FLAVOURS, ROOT, Unusable, git, last_lines

FOLDER = ROOT / "fuzzers" / "mutants"
NOT_MEASURED = "NOT MEASURED"  # a fault of a row: no campaign could be run
HEADER_LINE = re.compile(r"^#?\s*([A-Za-z][A-Za-z_-]*)\s*:\s*(.*)$")
PATCHED_FILE = re.compile(r"^(?:\+\+\+|---) (?:[ab]/)?(\S+)", re.MULTILINE)


@dataclass
class Mutant:
    name: str
    path: Path
    header: dict = field(default_factory=dict)

    def words(self, key):
        """Of a header field with commas."""
        return re.findall(r"[^,\s]+", self.header.get(key, ""))

    @property
    def oracles(self):
        return self.words("oracles")

    @property
    def flavours(self):
        words = [word for word in self.words("flavours") if word != "any"]
        unknown = [word for word in words if word not in FUZZ_FLAVOURS]
        if unknown:
            raise Unusable(f"{self.path.name}: unknown flavour '{unknown[0]}' in its header")
        return words or ["address"]

    @property
    def row(self):
        """Of the table in fuzzers/mutants/README.md: "M12", or "-"."""
        word = self.header.get("row", "none")
        return "-" if word == "none" else word

    @property
    def go_tests(self):
        return self.header.get("go-tests", "not run")

    @property
    def seeds_show_it(self):
        word = self.header.get("seeds", "hide it")
        if word not in ("hide it", "show it"):
            raise Unusable(f"{self.path.name}: its header says 'seeds: {word}', neither 'show it' "
                           "nor 'hide it'")
        return word == "show it"


def parse_header(text):
    header = {}
    for line in text.splitlines():
        if line.startswith(("---", "+++", "diff ", "Index: ")):
            break
        match = HEADER_LINE.match(line)
        if match:
            header.setdefault(match.group(1).lower(), match.group(2).strip())
    return header


def names(folder=FOLDER):
    return sorted(path.stem for path in folder.glob("*.patch"))


def find(name, folder=FOLDER):
    path = folder / f"{name.removesuffix('.patch')}.patch"
    if not path.is_file():
        known = ", ".join(names(folder)) or "none yet"
        raise Unusable(f"no mutant '{name}'; known mutants: {known}")
    return Mutant(path.stem, path, parse_header(path.read_text(errors="replace")))


def source_files(root=ROOT):
    """Tracked and untracked files, as git sees them, without what is ignored."""
    result = git("ls-files", "-co", "--exclude-standard", "-z", root=root)
    if result.returncode == 0:
        found = [name for name in result.stdout.decode().split("\0") if name]
    else:  # an unpacked archive has no git
        found = [path.relative_to(root).as_posix() for path in root.rglob("*")
                 if path.is_file() and path.relative_to(root).parts[0] not in ("build", ".git")]
    return sorted(name for name in set(found) if (root / name).is_file())


def patched_contents(mutant, root=ROOT):
    """The files that the patch touches, with their new content; None for a removed one."""
    text = mutant.path.read_text(errors="replace")
    touched = {name for name in PATCHED_FILE.findall(text) if name != "/dev/null"}
    if not touched:
        raise Unusable(f"mutant '{mutant.name}': the patch names no file")
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        for name in touched:
            if (root / name).is_file():
                (stage / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, stage / name)
        result = processes.run(
            ["patch", "-p1", "--batch", "--no-backup-if-mismatch", "-d", stage, "-i", mutant.path],
            capture_output=True, text=True)
        if result.returncode != 0:
            raise Unusable(f"mutant '{mutant.name}' does not apply to this tree:\n"
                           + last_lines(result.stdout + result.stderr, 20).rstrip())
        return {name: (stage / name).read_bytes() if (stage / name).is_file() else None
                for name in touched}


def write_if_changed(path, content):
    """Keeps the time stamp of an equal file, so that ninja rebuilds only what differs."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, content)


def prepare_source(mutant, target, root=ROOT):
    """Makes `target` a copy of the tree with the mutant in it; the tree itself is only read."""
    contents = patched_contents(mutant, root)
    wanted = set()
    for name in sorted({*source_files(root), *contents}):
        content = contents[name] if name in contents else (root / name).read_bytes()
        if content is not None:
            wanted.add(name)
            write_if_changed(target / name, content)
            if (root / name).is_file():
                shutil.copymode(root / name, target / name)
    for folder, _, found in os.walk(target):
        for name in found:
            path = Path(folder) / name
            if path.relative_to(target).as_posix() not in wanted:
                path.unlink()


def folder_of(name):
    return BUILD / "mutants" / name
