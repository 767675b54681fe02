"""Seeds of a campaign: the inputs in the folders that it is given, as engines read them.

A folder is read with its subfolders; what begins with a dot is not. A file is a case or engine
bytes, which the tool decides; the engines get the tool's bytes, each input once, in a folder of
their own. A file that is no input is counted, and the first one named with the reason.
"""

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import concertina
from artifacts import sha1
from common import Unusable, relative
from engine import INPUT_BYTES_MAX

# Arguments of one call of the tool: the kernel takes two megabytes.
FILES_A_CALL = 2000
NAME_MAX = 200
COMPLAINT = re.compile(r"^(\d+)/.*?:(\d+:\d+: .*)$")


@dataclass
class Seeds:
    folder: Path
    count: int = 0
    unread: list = field(default_factory=list)  # "FILE:LINE:COLUMN: REASON"
    without: list = field(default_factory=list)  # folders that hold no file

    def words(self):
        notes = []
        if self.unread:
            notes.append(f"{len(self.unread):,} not read: {self.unread[0]}"
                         + ("; ..." if len(self.unread) > 1 else ""))
        notes += [f"no files in {folder}" for folder in self.without]
        return f"{self.count:,} seeds" + (f" ({'; '.join(notes)})" if notes else "")


def files_below(folder, unread):
    """All but hidden ones, in order; links to folders are followed, each folder is read once. A
    folder that cannot be read is added to `unread`."""
    def complain(error):
        unread.append(f"{relative(error.filename)}: {error.strerror}")
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=complain):
        status = os.stat(place)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def link_name(path):
    """What the tool is shown of a name: its ends, by which it tells what a file is. The output's
    name is longer than the input's, and a name has at most 255 bytes."""
    name = os.fsencode(path.name)
    kept = name if len(name) <= NAME_MAX else name[:NAME_MAX // 2] + name[-NAME_MAX // 2:]
    return Path(os.fsdecode(kept))


def calls(paths):
    """Lists of files whose bytes have different names in one folder: the tool writes NAME, or
    NAME.bytes, without what was the extension."""
    rest = paths
    while rest:
        call, later, used = [], [], set()
        for path in rest:
            stem = link_name(path).stem
            names = {stem, f"{stem}.bytes"}
            if len(call) < FILES_A_CALL and not names & used:
                call.append(path)
                used |= names
            else:
                later.append(path)
        yield call
        rest = later


def convert(tool, paths, staging):
    """Has the tool write each as bytes: gives path, bytes as a file or None, and why there are
    none. What a file is called tells the tool what it is; so each has a link of its name, in a
    folder whose number tells what the tool says of which."""
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "out").mkdir(parents=True)
    links = []
    for i, path in enumerate(paths):
        links.append(f"{i}/{link_name(path)}")
        (staging / str(i)).mkdir()
        os.symlink(os.path.abspath(path), staging / links[-1])
    what = f"read {len(paths)} inputs"
    result = concertina.run(concertina.command(tool, "show", "--as", "bytes", "-o", "out",
                                               files=links), what, cwd=staging)
    if result.returncode not in (0, 2):
        raise Unusable(f"cannot {what}: {concertina.reason_of(result)}")
    reasons = {int(found[1]): found[2] for found in map(COMPLAINT.match, result.stderr.splitlines())
               if found}
    for i, path in enumerate(paths):
        stem = link_name(path).stem
        written = next((out for out in (staging / "out" / f"{stem}.bytes",
                                        staging / "out" / stem) if out.is_file()), None)
        if written is None and i not in reasons:  # a full disk
            raise Unusable(f"cannot {what}: {concertina.reason_of(result)}")
        yield path, written, reasons.get(i, "")


def gather(tool, folders, target):
    """Empties the folder `target` and fills it from `folders`, each as the caller names it."""
    seeds = Seeds(target)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    staging = target.with_name("seeds-read")
    for folder in folders:
        paths = list(files_below(folder, seeds.unread))
        if not paths:
            seeds.without.append(relative(folder))
        for call in calls(paths):
            for path, written, why in convert(tool, call, staging):
                take(seeds, path, written, why)
    shutil.rmtree(staging, ignore_errors=True)
    seeds.count = sum(1 for _ in target.iterdir())
    return seeds


def take(seeds, path, written, why):
    size = written.stat().st_size if written is not None else 0
    if written is None:
        seeds.unread.append(f"{relative(path)}:{why}")
    elif path.stat().st_size == 0:
        seeds.unread.append(f"{relative(path)}: it is empty")
    elif size > INPUT_BYTES_MAX:
        seeds.unread.append(f"{relative(path)}: it takes {size:,} bytes, engines read at most "
                            f"{INPUT_BYTES_MAX:,}")
    else:
        os.replace(written, seeds.folder / sha1(written.read_bytes()))
