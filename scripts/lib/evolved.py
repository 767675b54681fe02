"""The evolved corpus of a campaign's folder. What a start loads is bounded; nothing is thrown away
before a merge (merging.py) has shown that what is kept covers it.

    corpus/      what a start loads and engines write to: the core and the newest other entries
    core         names of the entries that the last merge kept, one per line; they stay in corpus/
    waiting/N/   older entries, which wait to be merged

An entry is named by the SHA-1 of its content. It is in one of these folders at any moment, as it is
only ever renamed: SIGKILL and a full disk lose none.
"""

import contextlib
import itertools
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import files
from artifacts import sha1
from common import Unusable, relative

# AFL++ takes two seconds for that many, under ASan; the core has fewer (fuzzers/README.md).
LOADED_MAX = 2000
# However large the core is, what the last campaign has found is loaded, too.
NEWEST_MIN = 500
# An engine may still be writing a younger one, and the others have not read it yet.
UNTOUCHED_S = 60


@dataclass
class Counts:
    loaded: int = 0
    waiting: int = 0

    def words(self):
        waits = f" ({self.waiting:,} wait to be merged)" if self.waiting else ""
        return f"{self.loaded:,} evolved inputs{waits}"


def entries_of(folder):
    """Regular files as os.DirEntry, in no order; of a folder that is not there, none."""
    try:
        with os.scandir(folder) as found:
            yield from (entry for entry in found if entry.is_file(follow_symlinks=False))
    except FileNotFoundError:
        return


class Evolved:
    """Only the holder of the campaign's lock may change it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.corpus = self.folder / "corpus"
        self.waiting = self.folder / "waiting"
        self.core_file = self.folder / "core"

    def core(self):
        """Names; of a file that is missing or damaged, those that can be read."""
        try:
            return set(self.core_file.read_text(errors="replace").split())
        except OSError:
            return set()

    def write_core(self, names):
        files.write_whole(self.core_file, "".join(f"{name}\n" for name in sorted(names)))

    def groups(self):
        """The folders in waiting/, oldest first."""
        try:
            numbers = sorted(int(name) for name in os.listdir(self.waiting) if name.isdecimal())
        except FileNotFoundError:
            return []
        return [self.waiting / str(number) for number in numbers]

    def waiting_entries(self):
        return itertools.chain.from_iterable(map(entries_of, self.groups()))

    def counts(self):
        return Counts(sum(1 for _ in entries_of(self.corpus)),
                      sum(1 for _ in self.waiting_entries()))

    def check_place(self):
        """Entries are renamed from one folder to the other."""
        for path in (self.corpus, self.waiting):
            if path.is_symlink() or \
                    path.exists() and path.stat().st_dev != self.folder.stat().st_dev:
                raise Unusable(f"{relative(path)} is a link, or on another file system than the "
                               f"folder that it is in; make {relative(self.folder)} that instead")

    def open(self):
        """At a start: corpus/ has no more then than is loaded."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.set_aside(self.surplus())

    def surplus(self):
        """What is in corpus/ and need not be loaded."""
        entries = list(entries_of(self.corpus))
        if len(entries) <= LOADED_MAX:
            return []
        core = self.core()
        others = sorted((entry for entry in entries if entry.name not in core),
                        key=lambda entry: (-modified(entry), entry.name))  # newest first
        return others[max(LOADED_MAX - (len(entries) - len(others)), NEWEST_MIN):]

    def trim(self):
        """While engines run, which take what is gone for an entry that is no more."""
        untouched = time.time() - UNTOUCHED_S
        self.set_aside([entry for entry in self.surplus() if modified(entry) < untouched])

    def set_aside(self, entries):
        if entries:
            group = (self.groups() or [self.waiting / "1"])[-1]
            group.mkdir(parents=True, exist_ok=True)
            for entry in entries:
                self.move(entry.path, group)

    def move(self, path, folder):
        """Renames an entry into another folder; what has its name there, and differs, stays."""
        target = folder / os.path.basename(path)
        # The engine that wrote it may have replaced it by a smaller one meanwhile.
        with contextlib.suppress(FileNotFoundError):
            if target.exists():
                content = Path(path).read_bytes()
                if content == target.read_bytes():
                    os.unlink(path)
                    return
                target = folder / sha1(content)
            os.rename(path, target)

    def where(self, name):
        """The entry's path, or None."""
        for folder in (self.corpus, *self.groups()):
            if (folder / name).is_file():
                return folder / name
        return None

    def remove_empty_groups(self):
        for group in self.groups():
            with contextlib.suppress(OSError):  # it has entries
                group.rmdir()

    def discard(self):
        """All of it, of a campaign with --empty."""
        for path in (self.corpus, self.waiting):
            shutil.rmtree(path, ignore_errors=True)
        self.core_file.unlink(missing_ok=True)


def modified(entry):
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0.0
