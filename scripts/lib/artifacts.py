"""Inputs that failed, as engines leave them: read into memory before anything is removed.

An engine writes the input of a crash as its last act. On a disk that is full, read-only or gone the
file is cut, empty or missing, and no engine says so. But what a worker runs is in its slot, too,
whose room was taken up before it began (fuzzers/targets/in_flight.cc). So an input is taken from
where it is whole:

1. the file, if its name's SHA-1 is its content's; AFL++'s names have none, and what is not empty is
   believed
2. else the slot, if what that has is what the file's name says, or begins with what the file holds;
   in the second case it is a guess
3. else it is lost; unless the file is there and cannot be read (its rights, the disk): then it must
   be read first, and stays

What is left of one that is lost, or a guess, is a finding only if it fails when it is replayed.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import files
from common import Unusable

IN_FLIGHT = "in-flight"
# By a clock on the wall, or by the memory of a whole campaign: the tool has to say so, too.
STARVED = ("timeout", "oom")
SHA1_NAME = re.compile(r"^[0-9a-f]{40}$")
NAME = re.compile(r"^(?P<worker>.+?)-(?P<kind>crash|timeout|oom|leak|in-flight)-(?P<sha1>\w+)$")
READ_MAX = 1 << 20  # more than any target takes


def sha1(content):
    return hashlib.sha1(content).hexdigest()


def is_whole(path):
    """Engines name corpus files by their content's SHA-1. One with another content was cut off."""
    return not SHA1_NAME.match(path.name) or sha1(path.read_bytes()) == path.name


@dataclass
class Artifact:
    """An input that failed, and what it took to find it."""
    path: Path  # the file that it is in, or should be in
    executions: int = 0
    seconds: float = 0.0
    content: bytes = None  # None: what `path` holds
    kind: str = ""  # "": what `path` is named
    copies: list = field(default_factory=list)  # other files that hold it; they go with it
    is_cut: bool = field(init=False)
    is_guess: bool = False
    is_removed: bool = False
    unread: str = ""  # why the file, which is there, could not be read

    def __post_init__(self):
        match = NAME.match(self.path.name)
        self.kind = self.kind or (match["kind"] if match else "crash")
        self.sha1 = match["sha1"] if match and SHA1_NAME.match(match["sha1"]) else ""
        if self.content is None:
            self.content = self.read()
        self.is_cut = sha1(self.content) != self.sha1 if self.sha1 else not self.content

    def read(self):
        """Until it is mended, a file that cannot be read is as good as an empty one."""
        try:
            return files.read_limited(self.path, READ_MAX, cut=True)
        except Unusable as reason:
            self.unread = str(reason) if self.path.is_file() else ""
            return b""

    def mended(self, slot):
        """Itself, whole if what is missing is in its worker's slot: its inputs, the likeliest
        first."""
        for content in slot:
            if self.sha1 and sha1(content) == self.sha1:
                self.content, self.is_cut = content, False
                break
            if not self.sha1 and len(content) > len(self.content) \
                    and content.startswith(self.content):
                self.content, self.is_cut, self.is_guess = content, False, True
                break
        return self

    @property
    def is_doubtful(self):
        """A finding only if it fails when it is replayed. (An empty file is what a full disk
        leaves, and what an engine saves of a worker that died before its first input.)"""
        return self.is_lost or self.kind in (IN_FLIGHT, *STARVED)

    @property
    def is_lost(self):
        """When what there is passes."""
        return self.is_cut or self.is_guess or not self.content

    def files(self):
        return [self.path, *self.copies]

    def remove(self):
        self.is_removed = True
        for path in self.files():
            path.unlink(missing_ok=True)

    def words(self):
        """What is there, of one that is cut or empty."""
        if self.is_guess:
            return f"{self.path.name} is empty or was cut"
        size = f"{len(self.content):,} bytes"
        return f"{self.path.name} " + (f"was cut to {size}" if self.content else "is empty")
