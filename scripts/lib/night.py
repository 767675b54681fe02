"""A night's work: steps that are done one after another, kept on disk as they end.

A night may be killed at any moment. What a step found is written, whole, before the next one begins;
the next call for the same night skips the steps that have ended and does the interrupted one again,
which loses nothing, because each step keeps its own findings (scripts/fuzz, scripts/stress).

    build/nightly/NIGHT/state.json     steps that have ended, with their results
    build/nightly/NIGHT/logs/STEP.log  what the step printed
    build/nightly/NIGHT/summary.md, summary.json
    build/nightly/known.json           signatures that an earlier night has reported
"""

import subprocess
import time
from dataclasses import asdict, dataclass, field

import files
import processes
from common import Unusable, relative

OK, FINDING, UNUSABLE = "ok", "finding", "could not run"
STATUS_OF_CODE = {0: OK, 1: FINDING}


@dataclass
class Result:
    step: str
    status: str
    seconds: float = 0.0
    summary: str = ""  # one line
    findings: list = field(default_factory=list)  # {"signature", "case", "replay"}
    command: str = ""
    numbers: dict = field(default_factory=dict)


class Night:
    """run(steps), then summary(). A step is a name and a function of this night that gives a Result."""

    def __init__(self, folder, known_path):
        self.folder = folder
        self.known_path = known_path
        self.known = files.read_json(known_path, "signatures that nights have reported") \
            if known_path.is_file() else {}
        self.state_path = folder / "state.json"
        self.results = []
        if self.state_path.is_file():
            self.results = self.stored()

    def stored(self):
        try:
            return [Result(**entry) for entry in
                    files.read_json(self.state_path, "the steps of a night that have ended")]
        except TypeError as error:
            raise Unusable(f"{relative(self.state_path)}: no steps of a night: {error}") from error

    def has(self, step):
        return any(result.step == step for result in self.results)

    def call(self, step, command, limit_s=None):
        """Runs a command; its output goes to the step's log. The exit code, and the output."""
        log_path = self.folder / "logs" / f"{step}.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with open(log_path, "a", errors="replace") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            offset = log_path.stat().st_size
            try:
                code = processes.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                     timeout=limit_s).returncode
            except subprocess.TimeoutExpired:
                log.write(f"no end within {limit_s} s\n")
                code = 2
        return code, log_path.read_bytes()[offset:].decode(errors="replace")

    def run(self, steps, say):
        for name, action in steps:
            if self.has(name):
                say(f"{name}: done already, {self.result_of(name).status}")
                continue
            say(f"{name} ...")
            begin = time.monotonic()
            result = action(self, name)
            result.seconds = round(time.monotonic() - begin, 1)
            self.results.append(result)
            self.save()
            say(f"{name}: {result.status}: {result.summary}")

    def result_of(self, name):
        return next(result for result in self.results if result.step == name)

    def save(self):
        files.write_json(self.state_path, [asdict(result) for result in self.results])

    def new_findings(self):
        """Those that no earlier night has reported. A finding without a signature is always new."""
        return [(result, finding) for result in self.results for finding in result.findings
                if self.known.get(finding.get("signature")) in (None, self.folder.name)]

    def is_good(self):
        return not self.new_findings() and all(
            result.status == OK or (result.status == FINDING and result.findings)
            for result in self.results)

    def remember(self):
        for result in self.results:
            for finding in result.findings:
                self.known.setdefault(finding.get("signature"), self.folder.name)
        files.write_json(self.known_path, self.known)

    def as_dict(self, facts):
        return {**facts, "good": self.is_good(),
                "new_findings": [finding for _, finding in self.new_findings()],
                "steps": [asdict(result) for result in self.results]}

    def markdown(self, facts):
        new = self.new_findings()
        lines = [f"# Night {self.folder.name}: " + ("good" if self.is_good() else "NOT GOOD"), ""]
        lines += [f"- {key}: {value}" for key, value in facts.items()]
        lines += ["", "| step | status | what | s |", "|---|---|---|---|"]
        for result in self.results:
            what = result.summary.replace("|", "\\|")
            lines.append(f"| {result.step} | {result.status} | {what} | {result.seconds:.0f} |")
        lines += ["", f"## New findings: {len(new)}", ""]
        for result, finding in new:
            lines.append(f"- `{finding.get('signature')}` in step {result.step}")
            for key in ("case", "replay"):
                if finding.get(key):
                    lines.append(f"  - {key}: `{finding[key]}`")
        known = sum(len(result.findings) for result in self.results) - len(new)
        if known:
            lines += ["", f"{known} more that earlier nights have reported."]
        return "\n".join(lines) + "\n"
