"""The findings that nights have reported: a night is bad when it has another one.

Two findings are one when they have the same key: the signature, and where that is coarse (an input
that fails only now and then, a crash without frames, a mutant's row) a fingerprint of what was
found.

A known finding is gone when its kept case passes, or, without a case, when a step that could have
seen it has ended and has not. Gone, and seen again, it is new: it has come back.
"""

import hashlib
import os

import files
import night_store
from common import ROOT

FINGERPRINT_LENGTH = 12


def fingerprint(*parts):
    """Of texts or bytes; equal in every night."""
    digest = hashlib.sha1()
    for part in parts:
        part = part if isinstance(part, bytes) else str(part).encode(errors="surrogatepass")
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:FINGERPRINT_LENGTH]


def key_of(finding):
    extra = finding.get("fingerprint", "")
    return finding["signature"] + (f" [{extra}]" if extra else "")


def has_case(entry):
    # os.path's: no name, however long or odd, is an error.
    return bool(entry.get("case") and entry.get("flavour")) and os.path.isfile(ROOT / entry["case"])


class Known:
    def __init__(self, path):
        self.path = path
        content, note = night_store.load(path, night_store.check_known,
                                         "the findings that nights have reported")
        self.entries = content["findings"] if content else {}
        self.note = f"{note}: every finding counts as new" if note else ""

    def news(self, finding, night):
        """Why it is new in this night; empty when it is known. Called again for a night that has
        been remembered, and whose state was lost, it says so again."""
        entry = self.entries.get(key_of(finding))
        if entry is None or entry["first"] == night:
            return "new"
        if not entry["gone"] and entry["returned"] != night:
            return ""
        gone = f", gone in night {entry['gone']}" if entry["gone"] else ""
        return f"came back: first reported by night {entry['first']}{gone}"

    def to_replay(self):
        """Those with a kept case that can be asked, gone or not: it says when one has come back."""
        return {key: entry for key, entry in self.entries.items() if has_case(entry)}

    def remember(self, night, findings, passing, tried):
        """At a night's end. `passing`: keys whose kept case passes; `tried`: the scopes that have
        been looked into."""
        seen = {key_of(finding): finding for finding in findings}
        for key, finding in seen.items():
            self.note_seen(key, finding, night)
        for key, entry in self.entries.items():
            if key in seen or entry["gone"]:
                continue
            if key in passing or (entry["scope"] in tried and not has_case(entry)):
                entry["gone"] = night
        self.save()

    def note_seen(self, key, finding, night):
        entry = self.entries.setdefault(key, {
            "signature": finding["signature"], "first": night, "gone": "", "returned": ""})
        if entry["gone"]:
            entry["gone"], entry["returned"] = "", night
        entry["last"] = night
        entry["scope"] = finding.get("scope", "")
        for name in ("case", "flavour", "fingerprint"):
            if finding.get(name):
                entry[name] = finding[name]

    def save(self):
        files.write_json(self.path, {"version": night_store.VERSION, "findings": self.entries})
