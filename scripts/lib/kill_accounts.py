"""The books of the kill trials: what was there before a kill, what is there after the next call,
what of it is lost, and what was claimed that is not so.

Nothing here knows where campaigns keep things: an input is known by its content, wherever in the
campaign's folder it is, a finding by its content or its name; of a night, steps and known findings
by their names.
"""

import contextlib
import json
import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import files
from artifacts import SHA1_NAME, sha1
from engine_afl import FIRST_INPUT

OF_A_QUEUE = re.compile("id:[0-9]+(?!.*,(?:orig|sync):)")


@dataclass
class Account:
    """Of one kill, or of one kind of what it may lose."""
    before: int = 0
    after: int = 0
    lost: list = field(default_factory=list)  # in words
    false_claims: list = field(default_factory=list)
    pruned: int = 0  # neither there nor lost: what is there has all that they had

    def __add__(self, other):
        return Account(self.before + other.before, self.after + other.after, self.lost + other.lost,
                       self.false_claims + other.false_claims, self.pruned + other.pruned)

    def numbers(self):
        """Of a table: kills, before, after, pruned, lost, false claims."""
        return (1, self.before, self.after, self.pruned, len(self.lost), len(self.false_claims))

    def faults(self):
        return [f"lost: {words}" for words in self.lost] + \
            [f"false claim: {words}" for words in self.false_claims]


def of_sets(kind, before, after, false_claims=(), pruned=frozenset()):
    """`before`, `after`: what can be lost, by whatever it is known by."""
    lost = [f"{kind} {name}" for name in sorted(before - after - pruned)]
    return Account(len(before), len(after & before), lost, list(false_claims),
                   len((before & pruned) - after))


# Campaigns.

def walk(folder):
    for path in sorted(folder.rglob("*")):
        with contextlib.suppress(OSError):  # an engine of another campaign may have removed it
            if path.is_file():
                yield path, path.read_bytes()


def entries(folder):
    """Evolved inputs that are whole: named by their content, or found by AFL++ and in its queue,
    into which it writes an entry by one call. Contents, by their SHA-1."""
    found = {}
    for path, content in walk(folder):
        name = sha1(content)
        is_queued = path.parent.name == "queue" and OF_A_QUEUE.match(path.name) and content
        if path.name == name or is_queued:
            found[name] = content
    found.pop(sha1(FIRST_INPUT), None)  # which was not found
    return found


def contents(folder):
    """All that is there, by content."""
    return {sha1(content) for _, content in walk(folder)}


def pruned(missing, kept, features):
    """Of the missing entries those that a merge may have dropped: all, when what is kept has every
    feature that both have together; else none. `features` counts those of a folder."""
    if not missing:
        return set()
    with tempfile.TemporaryDirectory() as name:
        for digest, content in kept.items():
            (Path(name) / digest).write_bytes(content)
        alone = features(name)
        for digest, content in missing.items():
            (Path(name) / digest).write_bytes(content)
        return set(missing) if alone is not None and alone == features(name) else set()


def cut_entries(folder):
    return [f"{path.name} is cut" for path, content in walk(folder)
            if SHA1_NAME.match(path.name) and path.name != sha1(content)]


def cases(folder):
    """Findings: content by name."""
    return {path.name: sha1(content) for path, content in walk(folder) if path.suffix == ".case"}


def lost_cases(before, folder):
    """A finding is there as long as its content is, or a case of its name (it was minimised)."""
    now, names = contents(folder), set(cases(folder))
    return {name for name, content in before.items() if content not in now and name not in names}


def claims_of_campaign(code, report, has_bug, artifacts=()):
    """What a campaign must not have said. `has_bug`: of its tree; `artifacts`: crashes that a
    killed one had saved."""
    found = (report or {}).get("findings", [])
    if code == 0 and (found or has_bug or artifacts):
        yield f"no bug, with {len(found)} findings and {len(artifacts)} saved crashes"
    if code == 1 and not found:
        yield "a bug, and none is reported"
    if code == 1 and not has_bug:
        yield f"a bug of a tree that has none: {[finding.get('signature') for finding in found]}"


# Verifications.

def begun_bound(state):
    """Of a verification's state: the bound that it was in; None without one."""
    found = re.search(r"^begun bound (\d+) ", state, re.M)
    return int(found[1]) if found else None


def judge_verification(reference, answer, begun, killed_output=""):
    """`reference`: the answer of an undisturbed verification; `answer`: of the one that went on
    after a kill, from a state in the bound `begun`. What was seen before a kill is not known after
    it, so that bound may have more schedules; no other one may differ, and none may have fewer."""
    account = Account()
    now = {bound["bound"]: bound for bound in answer["bounds"]}
    for bound in reference["bounds"]:
        number, wanted = bound["bound"], bound["schedules"]
        account.before += wanted
        done = now.get(number, {"schedules": 0, "complete": False})
        account.after += min(done["schedules"], wanted)
        if done["schedules"] < wanted:
            account.lost.append(f"{wanted - done['schedules']} schedules of bound {number}")
        if done["schedules"] > wanted and number != begun:
            account.false_claims.append(f"bound {number} has {done['schedules']} schedules, of "
                                        f"{wanted} that there are")
        if bound["complete"] and not done["complete"] and answer["end"] == "complete":
            account.false_claims.append(f"complete, and bound {number} is not")
    if answer["end"] != reference["end"]:
        account.false_claims.append(f"it ends as {answer['end']}, undisturbed as "
                                    f"{reference['end']}")
    if '"end": "complete"' in killed_output:
        account.false_claims.append("it was complete, and was killed in the middle")
    return account


# Nights.

@dataclass
class NightSeen:
    """What a night has on disk at one moment."""
    steps: set = field(default_factory=set)  # that need not be done again
    known: set = field(default_factory=set)  # findings
    is_good: bool = False


def read_or(path, default):
    """Whatever it is after a kill: a file that is cut is a fault of its own."""
    try:
        return json.loads(files.read_limited(path, files.JSON_MAX))
    except Exception:  # pylint: disable=broad-exception-caught
        return default


def see_night(folder, known_path):
    results = read_or(folder / "state.json", {}).get("results", [])
    return NightSeen({result["step"] for result in results if result["status"] != "could not run"},
                     set(read_or(known_path, {}).get("findings", {})),
                     bool(read_or(folder / "summary.json", {}).get("good")))


def judge_night(before, killed, after):
    """`killed`: right after the kill; `after`: when the night has been resumed to its end."""
    def names(steps, known):
        return {f"step {name}" for name in steps} | {f"known finding {name}" for name in known}

    claims = []
    if killed.is_good and killed.steps != after.steps:
        claims.append(f"good, with {len(killed.steps)} of {len(after.steps)} steps done")
    return of_sets("the", names(before.steps | killed.steps, before.known | killed.known),
                   names(after.steps, after.known), claims)
