"""Prunes the evolved corpus (evolved.py): of what waits, entries whose features others cover, go.

The work is done in pieces. A piece is the core, what campaigns have found since, and some of what
waits; those of its entries that are kept are the new core:

 M1. the piece's entries, smallest first, are listed in a control file, written whole
 M2. the target runs them, by the inner step of libFuzzer's own -merge, and appends for each
     "STARTED" before its run, and "FT" with the features that are new in this process after it
 M3. when all have been run: an entry is kept if it has a feature that no entry before it has
 M4. kept entries are renamed into corpus/
 M5. their names become the core
 M6. the others are removed
 M7. the control file is removed

The time may be up, or all be killed, at any moment: the next merge continues after the last "FT".
It does so only with the same build, and only if what is kept, or still to be run, is all there;
else it starts a piece over.

An entry that the target dies of is covered by none: it becomes an artifact, to be examined like the
inputs that engines save. (libFuzzer's outer step, -merge=1, would pass over it, write what is kept
again, and not see that a disk is full.)
"""

import itertools
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import files
import processes
from artifacts import sha1
from common import Unusable, last_lines
from engine import INPUT_BYTES_MAX, RUN_TIMEOUT_S
from engine_libfuzzer import RSS_LIMIT_MB
from evolved import entries_of

SHARE = 0.1  # of a campaign's time, at its end and in a step of a night
PIECE_MAX = 10000  # entries beside the core; fewer when there is little time
PIECE_MIN = 1000
PIECE_A_SECOND = 1000
# Less than this, and nothing that waits, is not worth a merge: a start reads it in no time.
WORTH_IT = 500
# Entries that the target dies of, in one merge. Each is examined, which takes seconds.
FAILING_MAX = 5
KINDS = {70: "timeout", 71: "oom"}  # by libFuzzer's exit codes; others are crashes
LOG_LINES = 30


@dataclass
class Merged:
    """What a merge has come to."""
    run: int = 0
    kept: int = 0  # the core, when pieces > 0
    pruned: int = 0
    pieces: int = 0
    waiting: int = 0
    is_done: bool = False  # nothing is left to be merged
    failing: list = field(default_factory=list)  # artifacts
    seconds: float = 0.0

    def words(self):
        waits = f", {self.waiting:,} wait" if self.waiting else ""
        if not self.pieces and self.is_done:
            return "nothing to merge"
        if not self.pieces:
            return f"{self.run:,} evolved inputs run; the next merge continues there{waits}"
        return f"{self.kept:,} evolved inputs cover all, {self.pruned:,} pruned{waits}"


@dataclass
class Control:
    """A control file: the entries of a piece by name, and the features of those that have run."""
    names: list
    started: int = 0  # how many have been begun
    features: dict = field(default_factory=dict)  # by place

    def is_complete(self):
        return self.started == len(self.names)

    def kept(self):
        """Places of the entries that have a feature which no earlier one has."""
        seen, result = set(), []
        for place in range(self.started):
            new = self.features.get(place, set()) - seen
            if new:
                result.append(place)
                seen |= new
        return result

    def read_results(self, lines):
        """What libFuzzer has written. False: it is damaged from some line on, which is as good as
        what it had written before."""
        for line in lines:
            words = line.split()
            if len(words) < 2 or not all(word.isdecimal() for word in words[1:]):
                return False
            place = int(words[1])
            if words[0] == "STARTED" and place == self.started < len(self.names):
                self.started += 1
            elif words[0] == "FT" and place == self.started - 1:
                self.features[place] = frozenset(map(int, words[2:]))
            elif words[0] != "COV" or place != self.started - 1:
                return False
        return True

    def text(self, paths):
        """As libFuzzer reads it; `paths` by place."""
        lines = [str(len(self.names)), "0", *map(str, paths)]
        for place in range(self.started):
            lines.append(f"STARTED {place} 0")
            if place in self.features:
                lines.append(" ".join(map(str, ("FT", place, *sorted(self.features[place])))))
        return "".join(line + "\n" for line in lines)


def parse(content):
    """The control file that these bytes are; None if even its list is damaged. A last line that has
    no end was cut off."""
    lines = content.decode(errors="replace").split("\n")[:-1]
    if len(lines) < 2 or not lines[0].isdecimal() or len(lines) < 2 + int(lines[0]):
        return None
    count = int(lines[0])
    control = Control([os.path.basename(line) for line in lines[2:2 + count]])
    control.read_results(lines[2 + count:])
    return control


class Merge:
    """run() for `seconds`, which count from when the first piece is listed, so that each call
    comes to something. `binary` is the libFuzzer target, `evolved` the campaign's corpus."""

    def __init__(self, binary, evolved, say=lambda _: None):
        self.binary = Path(binary).absolute()
        self.evolved = evolved
        self.say = say
        self.folder = evolved.folder
        build = self.binary.stat()  # the numbers of features depend on it
        words = f"{build.st_size} {build.st_mtime_ns}"
        self.path = self.folder / f"merging-{sha1(words.encode())[:12]}"
        self.log = self.folder / "logs" / "merge.log"
        self.merged = Merged()
        self.seconds = 0.0
        self.deadline = None

    def is_worth_it(self):
        unmerged = self.unmerged()
        return self.path.exists() or next(self.evolved.waiting_entries(), None) is not None \
            or sum(1 for _ in itertools.islice(unmerged, WORTH_IT)) == WORTH_IT

    def unmerged(self):
        core = self.evolved.core()
        return (entry for entry in entries_of(self.evolved.corpus) if entry.name not in core)

    def run(self, seconds):
        begin = time.monotonic()
        self.seconds = seconds
        self.folder.joinpath("artifacts").mkdir(exist_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        for other in self.folder.glob("merging-*"):
            if other != self.path:
                other.unlink()
        while len(self.merged.failing) < FAILING_MAX and self.run_piece():
            self.say(self.merged)
        self.merged.waiting = self.evolved.counts().waiting
        self.merged.seconds = round(time.monotonic() - begin, 3)
        return self.merged

    def run_piece(self):
        """False when there is nothing more to do, or the time is up."""
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return False
        control = self.resumed() or self.begun()
        if control is None:
            self.merged.is_done = True
            return False
        if self.deadline is None:
            self.deadline = time.monotonic() + self.seconds
        while not control.is_complete():
            if len(self.merged.failing) >= FAILING_MAX or not self.run_some(control):
                return False
        self.end_piece(control)
        return True

    def resumed(self):
        """The control file of a merge that was ended, if it still fits what is there."""
        try:
            control = parse(self.path.read_bytes())
        except FileNotFoundError:
            return None
        if control is not None:
            last = control.started - 1
            if last >= 0 and last not in control.features \
                    and self.evolved.where(control.names[last]) is not None:
                control.started = last  # it was being run, and is no artifact
            needed = [*control.kept(), *range(control.started, len(control.names))]
            if all(self.evolved.where(control.names[place]) for place in needed):
                return control
        self.path.unlink()
        return None

    def begun(self):
        """M1. None: nothing has come since the last merge."""
        count = min(PIECE_MAX, max(PIECE_MIN, int(self.seconds * PIECE_A_SECOND)))
        new = itertools.chain(self.unmerged(), self.evolved.waiting_entries())
        entries = list(itertools.islice(new, count))
        if not entries:
            return None
        core = self.evolved.core()
        old = [entry for entry in entries_of(self.evolved.corpus) if entry.name in core]
        sizes, listed = {}, {}
        for entry in old + entries:
            self.list_entry(entry, sizes, listed)
        control = Control(sorted(sizes, key=lambda name: (sizes[name], name)))
        self.write(control)
        return control

    def list_entry(self, entry, sizes, listed):
        """By its content's name. A file that was cut off is an input, too: that which it holds. A
        second copy goes: an engine has found again what was waiting."""
        path = Path(entry.path)
        content = path.read_bytes()
        name = sha1(content)
        target = path.with_name(name)
        if not content or listed.get(name, target) != target:
            path.unlink()
            return
        if name != entry.name:
            os.rename(path, target)
        sizes[name], listed[name] = len(content), target

    def write(self, control):
        paths = [self.evolved.where(name) or self.evolved.corpus / name for name in control.names]
        files.write_whole(self.path, control.text(paths))

    def run_some(self, control):
        """M2, until the target ends. False: the time is up."""
        self.write(control)
        before = control.started
        code = self.run_target()
        after = parse(self.path.read_bytes())
        if after is None or after.names != control.names:
            raise Unusable(f"{self.path}: damaged while the target wrote it")
        control.started, control.features = after.started, after.features
        last = control.started - 1
        is_in_run = last >= 0 and last not in control.features
        if code is None and is_in_run:
            control.started = last
        self.merged.run += control.started - before
        if code is None:
            return False
        if code != 0 and is_in_run:
            name = control.names[last]
            target = self.folder / "artifacts" / f"merge-{KINDS.get(code, 'crash')}-{name}"
            os.rename(self.evolved.where(name), target)
            self.merged.failing.append(target)
        elif code != 0 or not control.is_complete():
            raise Unusable(f"merging: {self.binary.name} has not run all inputs, but ended with "
                           f"{processes.end_words(code)}; its log ends:\n"
                           + last_lines(self.log.read_text(errors="replace"), LOG_LINES))
        return True

    def run_target(self):
        """Its exit code; None when it was ended because the time is up."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            return None
        with open(self.log, "wb") as log:
            try:
                return processes.run(
                    [self.binary, "-merge_inner=1", f"-merge_control_file={self.path}",
                     f"-max_len={INPUT_BYTES_MAX}", f"-timeout={RUN_TIMEOUT_S}",
                     f"-rss_limit_mb={RSS_LIMIT_MB}", "-detect_leaks=0",
                     "-exact_artifact_path=/dev/null"],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                    timeout=left).returncode
            except subprocess.TimeoutExpired:
                return None

    def end_piece(self, control):
        kept = {control.names[place] for place in control.kept()}
        for name in kept:  # M4
            path = self.evolved.where(name)
            if path.parent != self.evolved.corpus:
                self.evolved.move(path, self.evolved.corpus)
        self.evolved.write_core(kept)  # M5
        for name in {control.names[place] for place in control.features} - kept:  # M6
            path = self.evolved.where(name)
            if path is not None:
                path.unlink()
                self.merged.pruned += 1
        self.path.unlink()  # M7
        self.evolved.remove_empty_groups()
        self.merged.kept = len(kept)
        self.merged.pieces += 1
