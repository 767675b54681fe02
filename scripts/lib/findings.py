"""Findings: replayed in processes of their own until they are believed, and kept where that works.

A confirmed finding is known by its signature, and one case of it is kept. One that is not confirmed
is known by its content: all are kept. Replays read memory, so that none depends on a disk that has
failed.
"""

import base64
import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import concertina
import keeping
from artifacts import sha1
from common import Unusable, relative, slug

CONFIRM_TIMES = 3
DIGEST = 10  # digits of an input's SHA-1 in a name


@dataclass
class Finding:
    signature: str
    oracle: str
    case: str  # "" when it could be written nowhere
    executions: int
    seconds: float
    confirmed: bool = True
    engine: str = ""
    left_over: bool = False  # by a campaign that was killed
    minimised: str = ""  # its minimised case, once there is one
    input: str = ""  # in base64, when there is no case
    remarks: list = field(default_factory=list)  # why it is not where it should be


@contextlib.contextmanager
def held(content):
    """A file in memory, by a name that other processes can open as long as this one has it."""
    handle = os.memfd_create("concertina-input")
    try:
        with open(handle, "wb", closefd=False) as file:
            file.write(content)
        yield Path(f"/proc/{os.getpid()}/fd/{handle}")
    finally:
        os.close(handle)


def replay(tool, artifact, times=1):
    with held(artifact.content) as path:
        return concertina.replay(tool, path, times, as_bytes=True)


def fails(tool, artifact):
    """Whether one that is doubtful does. What the tool takes for no input does not."""
    try:
        return replay(tool, artifact)["failures"] > 0
    except Unusable:
        if artifact.is_lost:
            return False
        raise


def replay_command(path, flavour, mutant=""):
    return f"scripts/replay {relative(path)} --flavour {flavour}" + (
        f" --mutant {mutant}" if mutant else "")


class Findings:
    """Those of one campaign, in `folder`."""

    def __init__(self, tree, flavour, tool, folder):
        self.tree = tree
        self.flavour = flavour
        self.tool = tool
        self.folder = folder
        self.all = []
        self.seen = {}  # by signature or content: whether it is kept in the folder
        self.settled = []  # artifacts that are no longer needed
        self.unsettled = []  # those whose input is not where it belongs
        self.dismissed = []  # those that were doubtful, and pass

    def examine(self, artifacts, left_over=False):
        """`artifacts` with their engines. Of workers that met one bug at once, the smaller
        input."""
        for engine, artifact in sorted(artifacts, key=lambda item: len(item[1].content)):
            answer = self.confirm(artifact)
            if artifact.is_doubtful and not answer["failures"] and "trouble" not in answer:
                self.dismissed.append(artifact)
                continue
            confirmed = answer["failures"] == CONFIRM_TIMES and answer["agree"]
            key = answer["signature"] if confirmed else artifact.content
            if key not in self.seen:
                finding = self.keep(artifact, answer, confirmed)
                finding.engine, finding.left_over = engine, left_over
                self.all.append(finding)
                self.seen[key] = bool(finding.case) and Path(finding.case).parent == self.folder
            (self.settled if self.seen[key] else self.unsettled).append(artifact)

    def confirm(self, artifact):
        """What replays of it come to; "trouble": why there were none."""
        none = {"failures": 0, "agree": False, "signature": "", "oracle": ""}
        try:
            return replay(self.tool, artifact, CONFIRM_TIMES)
        except Unusable as reason:
            return none if artifact.is_lost else {**none, "trouble": str(reason)}

    def keep(self, artifact, answer, confirmed):
        digest = sha1(artifact.content)[:DIGEST]
        signature = answer["signature"] if answer["failures"] else f"unconfirmed {digest}"
        words = answer["signature"] if answer["failures"] else "unconfirmed"
        content, suffix, remarks = self.content_of(artifact, answer, words)
        name = f"{slug(words)}-{digest}{suffix}"
        path, reasons = keeping.keep(content, name, self.folder)
        return Finding(signature, answer["oracle"], str(path or ""), artifact.executions,
                       round(artifact.seconds, 3), confirmed, remarks=remarks + reasons,
                       input="" if path else base64.b64encode(artifact.content).decode())

    def content_of(self, artifact, answer, words):
        """As a case, whose header says what must be seen; as it is, when that cannot be had."""
        died = answer.get("died", True)
        header = {
            "title": f"found by fuzz_sim: {words}",
            "bug": self.tree.mutant,
            "oracle": answer["oracle"],
            # What only a sanitizer's report shows needs that flavour; the oracles work in all.
            "flavour": self.flavour if died else "any",
            "expect": "fail" if answer["failures"] else "pass",
        }
        remarks = [answer["trouble"]] if "trouble" in answer else []
        try:
            with held(artifact.content) as path:
                return concertina.text(self.tool, path, header, as_bytes=True), ".case", remarks
        except Unusable as reason:
            return artifact.content, ".bytes", [*remarks, str(reason)]

    def settle(self):
        """What has been reported, and is kept, need not be examined by the next campaign."""
        needed = {path for artifact in self.unsettled for path in artifact.files()}
        for artifact in self.settled:
            with contextlib.suppress(OSError):  # read-only, or gone with its folder
                if not needed.intersection(artifact.files()):
                    artifact.remove()
