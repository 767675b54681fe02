"""A file that must not be lost, kept where that works: where it belongs, else in a folder of its
own elsewhere, else in what is printed."""

import base64
import contextlib
import os
import tempfile
from pathlib import Path

import files
from common import relative

FOLDER = "findings"
PREFIX = "concertina-finding-"
PROBE_BYTES = 1 << 16


def elsewhere():
    """Where temporary files go, on other file systems perhaps."""
    places = (os.environ.get("TMPDIR"), "/tmp", "/var/tmp", os.environ.get("HOME"))
    return [Path(place) for place in dict.fromkeys(places) if place and os.path.isabs(place)]


def keep(content, name, folder):
    """The path, or None, and for each place that did not work the reason."""
    reasons = []
    for place in (folder, *elsewhere()):
        own = None
        try:
            if place == folder:
                place.mkdir(parents=True, exist_ok=True)
            else:
                place = own = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
            files.write_whole(place / name, content)
            return place / name, reasons
        except OSError as error:
            reasons.append(f"it cannot be kept in {relative(own.parent if own else place)}: "
                           f"{error.strerror}")
            if own:
                with contextlib.suppress(OSError):
                    own.rmdir()
    return None, reasons


def is_kept(path):
    """Whether it lies where findings are kept. Files elsewhere are not ours."""
    name = Path(path).parent.name
    return name == FOLDER or name.startswith(PREFIX)


def place_for(folder):
    """A folder in which a program can write its output: `folder`, else a new one elsewhere; None,
    with the reasons, when there is none."""
    path, reasons = keep(bytes(PROBE_BYTES), files.temporary("room").name, folder)
    if path is None:
        return None, reasons
    path.unlink()
    return path.parent, reasons


def printed(content, name):
    """Lines that a shell makes the file of."""
    text = base64.encodebytes(content).decode().splitlines()
    return [f"base64 -d > {name} <<'END'", *text, "END"]
