"""Files of scripts: written whole or not at all, and read with a reason when they cannot be.

write_whole() makes a temporary file, ".NAME.PID.partial", beside the file or in the folder `via`,
and renames it. A writer that is killed leaves it; the next writer of the same file removes it.
Where engines read every file (a campaign's corpus/ and artifacts/), `via` is the campaign's own
folder (rescue.py removes what is left there), so that no engine meets half of an input.
"""

import errno
import itertools
import json
import os
import stat
from pathlib import Path

from common import Unusable, relative

SUFFIX = ".partial"
NAME_MAX = 200  # of the file's own in the temporary's
INPUT_MAX = 1 << 20  # no program as text, with its schedule, comes near
JSON_MAX = 1 << 28
DESCRIPTORS = ("/dev/std", "/dev/fd/", "/proc/self/fd/")


def temporary(path, folder=None):
    """What the file is called while it is being written. The next writer removes what a killed one
    has left under such a name."""
    path = Path(path)
    return Path(folder or path.parent) / f".{path.name[:NAME_MAX]}.{os.getpid()}{SUFFIX}"


def remove_left_overs(folder, start="."):
    """Temporary files of writers that are no more."""
    for entry in os.scandir(folder):
        if entry.name.startswith(start) and entry.name.endswith(SUFFIX):
            pid = entry.name.removesuffix(SUFFIX).rpartition(".")[2]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                Path(entry.path).unlink(missing_ok=True)


def is_special(path):
    """A device, a pipe, /dev/stdout: it cannot be replaced, only be written to."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    # What a descriptor is open on may be a file.
    is_descriptor = os.path.abspath(path).startswith(DESCRIPTORS)
    return is_descriptor or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def target_of(path):
    """The file to be replaced: what a link leads to, and no folder."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return target


def write_whole(path, content, via=None):
    """A reader, or a rerun after SIGKILL, sees all of the file or none of it. `content`: text or
    bytes; `via`: a folder on the same file system."""
    content = content.encode() if isinstance(content, str) else content
    if is_special(path):
        write_in_place(path, content)
        return
    target = target_of(path)
    partial = temporary(target, via)
    try:
        remove_left_overs(partial.parent, f".{target.name[:NAME_MAX]}.")
        partial.write_bytes(content)
        os.replace(partial, target)
    except OSError as error:  # not of the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        partial.unlink(missing_ok=True)


def write_in_place(path, content):
    """For what cannot be replaced, or is not read before all of it is there."""
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError as error:  # write() does not know the name
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_special(path):
    """A named pipe is not opened: that would wait for its reader, and closing it be the reader's
    end."""
    if not stat.S_ISFIFO(os.stat(path).st_mode):
        open(path, "ab").close()  # pylint: disable=consider-using-with
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def check_writable(path, option):
    """Before hours of work: can what `option` names be written at the end?"""
    if not path:
        return
    try:
        if is_special(path):
            check_special(path)
            return
        probe = temporary(target_of(path))
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Unusable(f"{option}: cannot write {path}: {error.strerror}") from error


def read_limited(path, limit=INPUT_MAX, cut=False):
    """The bytes of a regular file; of nothing else, which might be endless. Of a larger one only
    the beginning, if `cut` allows that."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unusable(f"{relative(path)}: not a regular file")
            content = file.read(limit + 1)
    except IsADirectoryError as error:
        raise Unusable(f"{relative(path)}: a folder, not a file") from error
    except OSError as error:
        raise Unusable(f"{relative(path)}: {error.strerror}") from error
    except ValueError as error:  # a zero byte in its name
        raise Unusable(f"{relative(path)}: {error}") from error
    if len(content) > limit and not cut:
        raise Unusable(f"{relative(path)}: larger than {limit:,} bytes")
    return content[:limit]


def read_json(path, what):
    """`what` it should be, for the message when it is damaged: "the state of a night"."""
    try:
        return json.loads(read_limited(path, JSON_MAX).decode())
    except (ValueError, RecursionError) as error:  # the latter: a million opening brackets
        raise Unusable(f"{relative(path)} is damaged: {error}; it should be {what}: remove it to "
                       "start over") from error


def set_aside(path):
    """Moves what is in the way, whatever it is, to NAME.damaged-1, -2, ...; gives the new path."""
    path = Path(path)
    for number in itertools.count(1):
        target = path.with_name(f"{path.name}.damaged-{number}")
        if not os.path.lexists(target):
            os.rename(path, target)
            return target
    raise AssertionError("there is always another number")


def write_json(path, content):
    write_whole(path, json.dumps(content, indent=2) + "\n")


def write_rows(path, rows):
    """As JSON, one row per line."""
    write_whole(path, "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")


def listed(folder, pattern):
    """Sorted, without hidden ones: an editor's lock, ".#NAME", leads nowhere. Whatever else is no
    file is given, for its reader to name."""
    return sorted(path for path in Path(folder).glob(pattern) if not path.name.startswith("."))


def regular_files(folder, pattern="*"):
    """Sorted; a stray folder, pipe or dangling link is no file."""
    return sorted(path for path in Path(folder).glob(pattern) if path.is_file())
