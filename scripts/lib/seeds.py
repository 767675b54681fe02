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
from common import Unusable, relative
from engine import INPUT_BYTES_MAX, sha1

# Arguments of one call of the tool: the kernel takes two megabytes.
FILES_A_CALL = 2000
COMPLAINT = re.compile(r"^(\d+)(?:\.case)?:(.*)$")


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
    """All but hidden ones, in order; links to folders are followed, each folder is read once. A folder
    that cannot be read is added to `unread`."""
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


def convert(tool, paths, staging):
    """Has the tool write each as bytes: the bytes, or why not, by path. The files have numbers for
    names there, so that no two are the same and what the tool says can be told apart."""
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "out").mkdir(parents=True)
    links = []
    for i, path in enumerate(paths):
        links.append(f"{i}.case" if path.suffix == ".case" else str(i))
        os.symlink(os.path.abspath(path), staging / links[-1])
    what = f"read {len(paths)} inputs"
    result = concertina.run(concertina.command(tool, "show", "--as", "bytes", "-o", "out",
                                               files=links), what, cwd=staging)
    if result.returncode not in (0, 2):
        raise Unusable(f"cannot {what}: {concertina.reason_of(result)}")
    reasons = {int(found[1]): found[2] for found in map(COMPLAINT.match, result.stderr.splitlines())
               if found}
    for i, path in enumerate(paths):
        written = staging / "out" / str(i)
        is_written = written.is_file()
        if not is_written and i not in reasons:  # a full disk
            raise Unusable(f"cannot {what}: {concertina.reason_of(result)}")
        yield path, written if is_written else None, reasons.get(i, "")


def gather(tool, folders, target):
    """Fills the folder `target` anew from `folders`, each as the caller names it."""
    seeds = Seeds(target)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    staging = target.with_name("seeds-read")
    for folder in folders:
        paths = list(files_below(folder, seeds.unread))
        if not paths:
            seeds.without.append(relative(folder))
        for i in range(0, len(paths), FILES_A_CALL):
            for path, written, why in convert(tool, paths[i:i + FILES_A_CALL], staging):
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
