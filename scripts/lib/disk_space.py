"""Whether a campaign's folder still takes what its workers write: engines do not say when it does
not."""

import contextlib
import os

import files
from common import relative
from engine import INPUT_BYTES_MAX

LOOK_S = 1.0
# What workers write to.
PARTS = ("corpus", "artifacts", "in-flight", "logs")


class DiskSpace:
    def __init__(self, folder):
        self.folder = folder
        self.next_at = 0.0
        self.seen = ""  # the first trouble: a disk that is no longer full has cut files, too

    def trouble(self):
        """The reason, once there has been one; "" while all is well."""
        self.seen = self.seen or self.look()
        return self.seen

    def trouble_now_and_then(self, now):
        if now >= self.next_at:
            self.next_at = now + LOOK_S
            self.trouble()
        return self.seen

    def look(self):
        for part in PARTS:
            if not (self.folder / part).is_dir():
                return f"{relative(self.folder / part)} was removed"
            # A probe in there would be an input to engines.
            if not os.access(self.folder / part, os.W_OK | os.X_OK):
                return f"{relative(self.folder / part)} takes no files"
        probe = files.temporary(self.folder / "room")
        try:
            probe.write_bytes(bytes(INPUT_BYTES_MAX))
        except OSError as error:
            return f"{relative(self.folder)}: {error.strerror}"
        finally:
            with contextlib.suppress(OSError):
                probe.unlink(missing_ok=True)
        return ""
