"""What a result that outlives its process is of: which source, which inputs, which options.

A row that an interrupted measurement has left is worth taking up again only if it would be measured
alike now. So each row has, under "provenance", all that it depends on; rows of anything else are
left out, with the reason.

The source is a hash of the files that the tool and the targets are built of, and of the mutant's
patch. A commit would not do: what is measured need not be committed, and a README changes nothing.
"""

import hashlib
import os
import platform
from collections import Counter

import files
import mutants
from common import ROOT, git, relative, say

# Another number for whatever changes what scripts measure, or how.
FORMAT = 2
KEY = "provenance"  # in a row
DIGITS = 16
FILES = ("source", "inputs")
BUILT = ("runtime/", "fuzzers/", "sanitizers/", "stress/", "scripts/cmake/", "CMakeLists.txt",
         "CMakePresets.json")
NOT_BUILT = ("_test.cc", ".md", ".patch", ".case", ".json", ".svg", ".toml")


def hash_of(contents):
    """Of names and bytes, so that no two lists run into each other."""
    total = hashlib.sha256()
    for name, content in contents:
        total.update(f"{len(name)} {name} {len(content)} ".encode(errors="surrogateescape"))
        total.update(content)
    return total.hexdigest()[:DIGITS]


def source(mutant="", root=ROOT):
    names = [name for name in mutants.source_files(root)
             if name.startswith(BUILT) and not name.endswith(NOT_BUILT)]
    if mutant:
        names.append(mutants.find(mutant).path.relative_to(ROOT).as_posix())
    return hash_of((name, (root / name).read_bytes()) for name in names)


def of(mutant="", inputs=(), **options):
    """Everything that a result depends on. `inputs`: files; `options`: what JSON can hold."""
    return {"format": FORMAT, "source": source(mutant),
            "inputs": hash_of((path.name, files.read_limited(path)) for path in sorted(inputs)),
            "options": options}


def commit():
    """For a reader; what the machine goes by is the source."""
    return git("describe", "--always", "--dirty", text=True).stdout.strip() or "unknown"


def machine():
    return f"{platform.machine()}, {os.cpu_count()} processors"


def labelled(row, identity):
    """The row with what it is of."""
    if KEY in row:
        raise KeyError(f"a row has a '{KEY}' of its own")
    return {**row, KEY: identity}


def flat(identity):
    """Of an identity, or of its line(), what it depends on by name."""
    if isinstance(identity, str):
        return {key: value for key, _, value in (part.partition(" ")
                                                 for part in identity.split(", "))}
    parts = dict(identity) if isinstance(identity, dict) else {}
    options = parts.pop("options", {})
    return {**parts, **options}


def differences(stored, now):
    """In words; nothing when a result of `stored` is one of `now`: identities, or lines of such."""
    old, new = flat(stored), flat(now)
    if old.get("format") != new["format"]:
        return ["another format"]
    return [f"another {key}" if key in FILES else
            f"{key} {old.get(key, 'unknown')}, now {new.get(key, 'unknown')}"
            for key in dict.fromkeys([*FILES, *sorted({*old, *new})])
            if old.get(key) != new.get(key)]


def line(identity):
    """As one line, for what keeps plain text, and for a reader."""
    return ", ".join(f"{key} {str(value).replace(',', ';')}"
                     for key, value in flat(identity).items())


def of_night(options):
    """What the results of a night's steps are of (the options of scripts/nightly)."""
    return of(options.plant, files.listed(ROOT / "corpus", "**/*.case"), seconds=options.seconds,
              mutants=options.mutants, ordinal=options.ordinal)


def take_up(path, rows, now_of):
    """The rows of a file that would be measured alike now; of the others it says why not. `now_of`:
    what a row would be of, or None for one that is not asked for."""
    reasons = Counter()
    taken = []
    for row in rows:
        now = now_of(row)
        if now is None:
            continue
        words = differences(row.get(KEY), now)
        if words:
            reasons["; ".join(words)] += 1
        else:
            taken.append(row)
    for reason, count in reasons.items():
        say(f"{relative(path)}: not kept, measured again: {count} rows ({reason})")
    return taken


def with_others(rows, old_rows, key):
    """What goes into the file: the rows, and the old ones that none of them replaces."""
    new = {key(row) for row in rows}
    return rows + [row for row in old_rows if key(row) not in new]
