"""A night's work: steps that are done one after another, kept on disk as they end.

A night may be killed at any moment. What a step found is written, whole, before the next one
begins; the next call for the same night skips the steps that have ended, tries those again that
could not run, and repeats the interrupted one, which loses nothing, because each step keeps its own
findings (scripts/fuzz, scripts/stress).

    build/nightly/NIGHT/state.json     the steps that are planned, the results of those that ended
    build/nightly/NIGHT/logs/STEP.log  what the step printed
    build/nightly/NIGHT/summary.md, summary.json
                                       written at the beginning, after each step and at the end:
                                       what is there after a SIGKILL says that it is not finished
    build/nightly/known.json           findings that nights have reported (night_known.py)

The form of both is in night_store.py; README.md says how a night ends.
"""

import json
import subprocess
import time
from dataclasses import asdict, dataclass, field

import ending
import files
import night_store
import processes
import provenance
from common import EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE, Unusable, verdict_of
from night_known import Known, key_of
from night_store import FINDING, OK, UNUSABLE

STATUS_OF_CODE = {EXIT_OK: OK, EXIT_FAILED: FINDING, EXIT_UNUSABLE: UNUSABLE}
GOOD, NOT_GOOD, NOT_FINISHED, COULD_NOT_RUN = "good", "NOT GOOD", "NOT FINISHED", "COULD NOT RUN"
CODE_OF = {GOOD: EXIT_OK, NOT_GOOD: EXIT_FAILED, NOT_FINISHED: EXIT_UNUSABLE,
           COULD_NOT_RUN: EXIT_UNUSABLE}
UNNAMED = "a failure that the step does not name"


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def json_lines(text):
    """The answers, and whether none is cut off."""
    answers, is_whole = [], True
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                answers.append(json.loads(line))
            except ValueError:
                is_whole = False
    return answers, is_whole


def status_of(code):
    """A script's exit code. One that has died of a signal has judged nothing."""
    return STATUS_OF_CODE[verdict_of(code)]


def plain(text):
    """As text that can be kept: names of files may be any bytes."""
    return text.encode(errors="backslashreplace").decode()


def worst(statuses):
    return max(statuses, key=night_store.STATUSES.index, default=OK)


def merged(findings, more):
    """Each once."""
    found = {key_of(finding) for finding in findings}
    return findings + [finding for finding in more if key_of(finding) not in found]


@dataclass
class Result:
    step: str
    status: str
    seconds: float = 0.0
    summary: str = ""  # one line
    # Texts: "signature", and perhaps "fingerprint", "scope" (what has to be tried to see it; the
    # step's name if there is none), "case", "flavour" (in which the case fails), "replay". The
    # night adds "news" (Known.news): what was new when it was found stays new.
    findings: list = field(default_factory=list)
    tried: list = field(default_factory=list)  # scopes, besides the step's name
    gone: list = field(default_factory=list)  # keys of known findings whose kept case passes
    numbers: dict = field(default_factory=dict)


class Night:
    """run(steps), finish(), then the verdict. A step is a name and a function of this night that
    gives a Result."""

    def __init__(self, folder, known_path, facts=None, say=lambda _: None):
        self.folder = folder
        self.facts = facts or {}
        self.say = say
        self.known = Known(known_path)
        self.state_path = folder / "state.json"
        self.planned = []
        self.is_over = False  # every planned step has been seen to
        content, note = night_store.load(self.state_path, night_store.check_state,
                                         "the state of a night")
        self.take_up(content)
        self.remark(note and f"{note}: the night starts over")
        self.remark(self.known.note)

    def take_up(self, content):
        """What an earlier call for this night has left. A result of another source, corpus or
        option (provenance.py) is repeated, as if its step could not have run; what it found
        stays."""
        self.results = [Result(**entry) for entry in content["results"]] if content else []
        self.notes = list(content["notes"]) if content else []
        self.is_remembered = bool(content) and content["remembered"] and not self.known.note
        outdated = provenance.differences(
            str(content["facts"].get(provenance.KEY, "")), self.facts[provenance.KEY]) \
            if self.results and provenance.KEY in self.facts else []
        if outdated:
            words = f"what was done before is repeated: {'; '.join(outdated)}"
            self.remark(words)
            for result in self.results:
                result.status, result.summary = UNUSABLE, words

    def remark(self, note):
        """A line that the summary tells, too."""
        if note:
            self.say(note)
            self.notes.append(note)

    def logged(self, step, command, stdout=None):
        """Runs a command. How it ended, and what it has said into the step's log: all, or all but
        what goes to `stdout`, which is added at the end."""
        path = self.folder / "logs" / f"{step}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            offset = path.stat().st_size
            ended = processes.run(command, stdout=stdout or log, stderr=log,
                                  stdin=subprocess.DEVNULL, text=True, errors="replace")
            said = path.read_bytes()[offset:].decode(errors="replace")
            log.write(ended.stdout or "")
        return ended, said

    def call(self, step, command):
        """Runs a command. The exit code, and the output."""
        ended, said = self.logged(step, command)
        return ended.returncode, said

    def answers(self, step, command):
        """Runs a command whose answers are lines of JSON, which must not be mixed up with what it
        complains. The exit code, the answers, and why there may be fewer than there should be."""
        ended, complaint = self.logged(step, command, subprocess.PIPE)
        answers, is_whole = json_lines(ended.stdout)
        reason = last_line(complaint) or processes.end_words(ended.returncode)
        return ended.returncode if is_whole else EXIT_UNUSABLE, answers, reason

    def run(self, steps):
        self.planned = [name for name, _ in steps]
        self.save()
        for name, action in steps:
            before = self.result_of(name)
            if before and before.status != UNUSABLE:
                self.say(f"{name}: done already, {before.status}")
                continue
            self.say(f"{name} ..." + (" once more" if before else ""))
            self.is_remembered = False
            self.take(before, self.attempt(name, action))

    def finish(self, remembers=True):
        """After run(): what the nights to come must know first, as without it this one is not over.
        An old night that is called again has nothing to add."""
        if remembers and not self.is_remembered:
            self.remember()
            self.is_remembered = True
        self.is_over = True
        try:
            self.save()
        except BaseException:
            self.is_over = False
            raise

    def attempt(self, name, action):
        """The step's result. What goes wrong in it is its own end, not the night's."""
        begin = time.monotonic()
        try:
            result = action(self, name)
        except (Unusable, OSError) as error:
            result = Result(name, UNUSABLE, summary=ending.words_of(error))
        except Exception as error:  # pylint: disable=broad-exception-caught
            kept = ending.keep_traceback("nightly", error)
            words = f"unexpected {type(error).__name__}: {error}; {kept}"
            result = Result(name, UNUSABLE, summary=words)
        result.seconds = round(time.monotonic() - begin, 1)
        return result

    def take(self, before, result):
        """Keeps it in the place of an earlier attempt, whose findings stay."""
        result.summary = plain(" ".join(result.summary.split()))
        result.findings = [{field: plain(value) for field, value in finding.items()}
                           for finding in result.findings]
        if before:
            result.findings = merged(result.findings, before.findings)
        for finding in result.findings:
            finding.setdefault("scope", result.step)
            finding.setdefault("news", self.known.news(finding, self.folder.name))
        if result.findings and result.status == OK:
            result.status = FINDING
        place = self.results.index(before) if before else len(self.results)
        self.results[place:place + 1] = [result]
        self.save()
        self.say(f"{result.step}: {result.status}: {result.summary}")

    def result_of(self, name):
        return next((result for result in self.results if result.step == name), None)

    def require(self, step):
        """For a step that uses what another one makes."""
        result = self.result_of(step)
        if result is None or result.status != OK:
            raise Unusable(f"it needs step {step}, which "
                           + ("has not been done" if result is None else "could not run"))

    def save(self):
        files.write_json(self.state_path, {
            "version": night_store.VERSION, "facts": self.facts, "planned": self.planned,
            "notes": self.notes, "remembered": self.is_remembered,
            "results": [asdict(result) for result in self.results]})
        self.write_summary()

    def remember(self):
        """For the nights to come; when this one is over."""
        ran = [result for result in self.results if result.status != UNUSABLE]
        self.known.remember(
            self.folder.name,
            [finding for result in self.results for finding in result.findings],
            {key for result in ran for key in result.gone},
            {scope for result in ran for scope in (result.step, *result.tried)})

    def not_done(self):
        """Planned steps without a result, or with one that says that it could not run."""
        done = {result.step for result in self.results if result.status != UNUSABLE}
        return [name for name in self.planned if name not in done]

    def new_findings(self):
        """Those that no earlier night has reported, or that had gone. A step that failed without
        saying how is always new."""
        return [(result, finding) for result in self.results for finding in result.findings
                if finding["news"]] + \
            [(result, {"signature": UNNAMED, "news": "new", "case": f"see logs/{result.step}.log"})
             for result in self.results if result.status == FINDING and not result.findings]

    def verdict(self):
        if not self.is_over:
            return NOT_FINISHED
        if self.new_findings():
            return NOT_GOOD
        return COULD_NOT_RUN if self.not_done() else GOOD

    def code(self):
        return CODE_OF[self.verdict()]

    def write_summary(self):
        paths = [self.folder / "summary.md", self.folder / "summary.json"]
        try:
            files.write_whole(paths[0], self.markdown())
            files.write_json(paths[1], {
                **self.facts, "good": self.verdict() == GOOD, "verdict": self.verdict().lower(),
                "not_done": self.not_done(), "notes": self.notes,
                "new_findings": [finding for _, finding in self.new_findings()],
                "steps": [asdict(result) for result in self.results]})
        except OSError:
            for path in paths:  # neither an old verdict nor half of a new one
                path.unlink(missing_ok=True)
            raise

    def markdown(self):
        lines = [f"# Night {self.folder.name}: {self.verdict()}", ""]
        lines += [f"- {key}: {value}" for key, value in self.facts.items()]
        lines += [f"- {note}" for note in self.notes]
        lines += ["", "| step | status | what | s |", "|---|---|---|---|"]
        # Those that are planned, and what an earlier call had planned besides.
        names = dict.fromkeys([*self.planned, *(result.step for result in self.results)])
        return "\n".join([*lines, *map(self.row, names), *self.finding_lines()]) + "\n"

    def row(self, name):
        result = self.result_of(name)
        if result is None:
            return f"| {name} | not done | | |"
        what = result.summary.replace("|", "\\|")
        return f"| {result.step} | {result.status} | {what} | {result.seconds:.0f} |"

    def finding_lines(self):
        new = self.new_findings()
        lines = ["", f"## New findings: {len(new)}", ""]
        for result, finding in new:
            back = f", {finding['news']}" if finding["news"] != "new" else ""
            lines.append(f"- `{finding['signature']}` in step {result.step}{back}")
            lines += [f"  - {key}: `{finding[key]}`" for key in ("case", "replay")
                      if finding.get(key)]
        known = sum(not finding["news"] for result in self.results for finding in result.findings)
        return lines + (["", f"{known} more that earlier nights have reported."] if known else [])
