"""The steps of scripts/nightly, each of them one of the other scripts, read by its JSON or lines.

A finding's identity is its signature; where that is coarse it has a fingerprint, too
(night_known.py).
"""

import re
from pathlib import PurePath

import artifacts
import building
import concertina
import files
import keeping
import machine
import merging
import mutants
import processes
from common import BUILD, FUZZ_FLAVOURS, ROOT, Unusable, batches, relative
from findings import replay_command
from night import FINDING, OK, UNUSABLE, Result, last_line, merged, status_of, worst
from night_known import fingerprint

SCRIPTS = ROOT / "scripts"
FILES_PER_CALL = 300
CONTENT_MAX = 1 << 26  # of an input, or of a log
REPLAYS_OF_KEPT = 3
# Their words say how a process ended and not where: many bugs share them.
COARSE_ORACLES = ("crash", "progress")


def step(function):
    """Makes a function of the night, the step's name and options one of the options alone, which
    gives what a night does."""
    return lambda *options: lambda night, name: function(night, name, *options)


@step
def build(_, name, flavour):
    building.build_for_engine(building.clean_tree(), flavour, "all")
    return Result(name, OK, summary=f"flavour {flavour}")


def tool_of(night, flavour):
    """As this night has built it: an older one would answer for another tree."""
    night.require(f"build-{flavour}")
    return building.clean_tree().tool(flavour)


def corpus_files(flavour):
    """Everything that there is to replay: committed cases, and what campaigns have evolved. Files
    that a kill has cut are the next campaign's to mend."""
    cases = files.listed(ROOT / "corpus", "**/*.case")
    evolved = building.clean_tree().fuzz_folder(flavour) / "corpus"
    return cases, sorted(path for path in evolved.glob("*")
                         if path.is_file() and artifacts.is_whole(path))


def content_of(path):
    """What tells inputs with one coarse name apart; of a file that is gone, its name."""
    try:
        return files.read_limited(path, CONTENT_MAX)
    except Unusable:
        return str(path)


def failure_of(signature, oracle, path, flavour, confirmed=True):
    """A finding that has a case, which `replay` can ask again."""
    finding = {"signature": signature, "case": relative(path), "flavour": flavour,
               "replay": replay_command(path, flavour)}
    if oracle in COARSE_ORACLES or not confirmed:
        finding["fingerprint"] = fingerprint(content_of(path))
    return finding


def unexpected_of(answer, flavour):
    """A committed case whose verdict is not the header's."""
    path = concertina.file_of(answer)
    differ = "" if answer["agree"] else ", and replays differ"
    return {"signature": f"{relative(path)}: {answer['signature']}, which is not expected{differ}",
            "case": relative(path), "replay": replay_command(path, flavour)}


def differing_of(answer, tool, flavour):
    """An input whose two runs were not equal: they differed, or there was no second one."""
    path = concertina.file_of(answer)
    if answer["oracle"] != "determinism":
        return failure_of(answer["signature"], answer["oracle"], path, flavour)
    return {"signature": answer["signature"], "case": relative(path),
            "fingerprint": fingerprint(content_of(path), answer["kind"]),
            "replay": f"{relative(tool)} determinism {relative(path)}"}


@step
def replay(night, name, flavour):
    """Every file twice: verdicts as expected, and both runs' trace hashes equal."""
    tool = tool_of(night, flavour)
    cases, evolved = corpus_files(flavour)
    result = Result(name, OK, numbers={"cases": len(cases), "evolved": len(evolved)},
                    summary=f"{len(cases)} cases and {len(evolved)} evolved inputs, twice each")
    statuses = []

    def ask(words, paths, is_finding, finding_of):
        command = concertina.command(tool, *words, files=paths)
        code, answers, reason = night.answers(name, command)
        found = [finding_of(answer) for answer in answers if is_finding(answer)]
        result.findings = merged(result.findings, found)
        is_judged = status_of(code) == (FINDING if found else OK)
        statuses.append(status_of(code) if is_judged else UNUSABLE)
        if not is_judged:
            result.summary = f"{words[0]}: {reason}"

    for paths in batches(cases, FILES_PER_CALL):
        ask(("replay", "--json", "--expect-from-header", "--skip-unseen", "--times", 2), paths,
            lambda answer: not answer["expected"],
            lambda answer: unexpected_of(answer, flavour))
    for paths in batches(cases + evolved, FILES_PER_CALL):
        ask(("determinism", "--json"), paths, lambda answer: answer["signature"] != "pass",
            lambda answer: differing_of(answer, tool, flavour))
    result.status = worst(statuses)
    return result


def ask_kept(night, entry):
    """What the case of a known finding shows now, or None when it can be asked no more."""
    path = ROOT / entry["case"]
    tool = tool_of(night, entry["flavour"])
    try:
        concertina.header(tool, path)
    except concertina.NoCase as reason:
        fate = f"Set aside as {files.set_aside(path).name}" if keeping.is_kept(path) \
            else "It stays as it is, as no campaign has kept it there"
        night.remark(f"{reason}: no case. {fate}")
        return None
    return concertina.replay(tool, path, REPLAYS_OF_KEPT)


@step
def kept_cases(night, name):
    """The cases of known findings: what passes is gone, what fails after that has come back."""
    result = Result(name, OK)
    reasons = []
    kept = night.known.to_replay()
    for key, entry in sorted(kept.items()):
        try:
            answer = ask_kept(night, entry)
        except Unusable as reason:
            reasons.append(str(reason))
            continue
        if answer is None:
            continue
        # That of one that is not confirmed is no oracle's words (findings.py).
        same = entry["signature"] == answer["signature"] \
            or entry["signature"].startswith("unconfirmed")
        if answer["failures"] and same:
            result.findings.append({field: entry[field] for field in (
                "signature", "fingerprint", "scope", "case", "flavour") if entry.get(field)})
            continue
        result.gone.append(key)
        if answer["failures"]:
            result.findings.append(failure_of(answer["signature"], answer["oracle"],
                                              ROOT / entry["case"], entry["flavour"]))
    result.status = UNUSABLE if reasons else OK
    result.summary = reasons[0] if reasons else (
        f"{len(kept)} cases of known findings, {len(result.findings)} fail")
    return result


def left_over(out, findings_of):
    """What an attempt that was interrupted had found, when its script had come to write that.
    Removes it: what is there afterwards is this attempt's."""
    findings = []
    if out.is_file():
        try:
            findings = findings_of(files.read_json(out, "an earlier attempt's result"))
        except (Unusable, AttributeError, KeyError, TypeError):
            pass  # of another version, perhaps: it is measured again
        out.unlink()
    return findings


def ask_script(night, name, findings_of, script, *words):
    """Calls a script that writes what it has found to --json: that, and what the step has come to
    as far as findings go. Those of an attempt that was interrupted count."""
    out = night.folder / f"{name}.json"
    earlier = left_over(out, findings_of)
    code, output = night.call(name, [SCRIPTS / script, *words, "--json", out])
    answer = files.read_json(out, f"the result of scripts/{script}") if out.is_file() else None
    result = Result(name, status_of(code) if answer else UNUSABLE,
                    findings=merged(findings_of(answer) if answer else [], earlier))
    if result.status == UNUSABLE:
        result.summary = ended_words(code, output)
    return answer, result


@step
def fuzz(night, name, flavour, seconds, seed, mutant="", *more):
    def finding_of(found):
        if not found["case"]:  # it could be written nowhere
            return {"signature": found["signature"], "case": "printed in the step's log",
                    "fingerprint": fingerprint(found.get("input", ""))}
        case = found.get("minimised") or found["case"]
        finding = failure_of(found["signature"], found["oracle"], ROOT / found["case"], flavour,
                             found["confirmed"])
        finding.update(case=relative(case), replay=replay_command(case, flavour, mutant))
        return finding

    def findings_of(answer):
        return [finding_of(found) for found in answer["findings"]]

    answer, result = ask_script(
        night, name, findings_of, "fuzz", "--engine", "all", "--sanitizer", flavour, "--seconds",
        seconds, "--seed", seed, *more, *(["--mutant", mutant] if mutant else []))
    if result.status != UNUSABLE:
        result.numbers = {key: answer[key] for key in ("executions", "corpus")}
        result.summary = (f"{answer['executions']:,} programs, corpus {answer['corpus']}, "
                          f"{len(result.findings)} findings")
    return result


def ended_words(code, output):
    """Why a script could not run: its own words, or the signal that it died of."""
    said = last_line(output)
    return f"{processes.end_words(code)}: {said}" if code < 0 else said or processes.end_words(code)


@step
def merge(night, name, flavour, seconds, mutant=""):
    """What campaigns have evolved, pruned without loss of coverage. An input that fails in that is
    a finding."""
    result = fuzz(flavour, seconds, 1, mutant, "--merge")(night, name)
    if result.status != UNUSABLE:
        answer = files.read_json(night.folder / f"{name}.json", "the result of scripts/fuzz")
        said = [remark for campaign in answer["campaigns"] for remark in campaign["remarks"]
                if " merge: " in remark]
        result.summary = said[-1].partition(" merge: ")[2] if said else "nothing to merge"
    return result


@step
def coverage(night, name):
    """Is the runtime reached by what is hunted from, but for branches that have a reason?"""
    def findings_of(answer):
        return [{"signature": "coverage: " + re.sub(r" \(line [\d, ]+\)", "", fault),
                 "case": f"see logs/{name}.log", "replay": "scripts/coverage"}
                for fault in answer["faults"]]

    answer, result = ask_script(night, name, findings_of, "coverage")
    if result.status != UNUSABLE:
        result.numbers = {key: answer[key] for key in ("lines", "branches")}
        result.summary = (f"{answer['lines']} % of the runtime's lines, {answer['branches']} % of "
                          f"its branches, {len(result.findings)} findings")
    return result


@step
def stress(night, name, sanitizer, seconds):
    def findings_of(jobs):
        # The job's own words, without the numbers, of which each night has others.
        return [{"signature": f"stress {job['job']} in flavour {sanitizer}: "
                              + re.sub(r"\d+", "#", job["failure"]),
                 "case": job["program"] or f"see logs/{name}.log", "replay": job["repeat"]}
                for job in jobs if job["failures"]]

    jobs, result = ask_script(night, name, findings_of, "stress", "--sanitizer", sanitizer,
                              "--seconds", seconds)
    if result.status != UNUSABLE:
        result.numbers = sums = {key: sum(job[key] for job in jobs) for key in (
            "goroutines", "operations", "stack_copies", "failures")}
        result.summary = (f"{len(jobs)} jobs, {sums['operations']:,} operations of "
                          f"{sums['goroutines']:,} goroutines, {sums['stack_copies']:,} stack "
                          f"copies, {sums['failures']} failures")
    return result


def rotation(ordinal, count):
    """`count` mutants, others each night, all of them in turn."""
    names = mutants.names()
    begin = ordinal * count % len(names)
    return [names[(begin + i) % len(names)] for i in range(min(count, len(names)))]


def row_finding(row):
    """A row that is not good; None for one that was not measured."""
    faults = [fault for fault in row["faults"] if fault != mutants.NOT_MEASURED]
    if not faults:
        return None
    kept = row["kept"] or {}
    return {"signature": f"mutant {row['mutant']}: {'; '.join(faults)} "
                         f"({row['engine']}, {row['flavour']})",
            "scope": f"mutant {row['mutant']}",
            "fingerprint": fingerprint(*row["failing_seeds"], kept.get("signature_without", ""))}


@step
def hunt_mutants(night, name, names):
    """A known bug that is no longer found is a finding about the harness."""
    out = night.folder / f"{name}.json"
    code, output = night.call(name, [SCRIPTS / "mutants", "--names", ",".join(names), "--engine",
                                     "all", "--json", out, "--resume"])
    rows = files.read_json(out, "the rows of scripts/mutants") if out.is_file() else []
    rows = [row for row in rows if row["mutant"] in names]
    findings = [finding for finding in map(row_finding, rows) if finding]
    measured = [row for row in rows if mutants.NOT_MEASURED not in row["faults"]]
    status = status_of(code) if len(measured) == len(rows) else UNUSABLE
    return Result(name, status, findings=findings,
                  tried=sorted({f"mutant {row['mutant']}" for row in measured}),
                  summary=f"{', '.join(names)}: {ended_words(code, output)}")


NOT_AS_EXPECTED = re.compile(r"^(.+?): NOT AS EXPECTED: (.+) \(expected: ")


@step
def own_mutants(night, name, names):
    """Regressions of these mutants still fail on them."""
    tool = tool_of(night, FUZZ_FLAVOURS[0])
    paths = [path for path in files.listed(ROOT / "corpus" / "regress", "*.case")
             if concertina.header(tool, path).get("bug") in names]
    if not paths:
        return Result(name, OK, summary="no regression belongs to tonight's mutants")
    code, output = night.call(name, [SCRIPTS / "replay", "--own-mutant", "-q", *paths])
    matches = filter(None, map(NOT_AS_EXPECTED.match, output.splitlines()))
    findings = [{"signature": f"{relative(match[1])} on its mutant: {match[2]}, which is not "
                              "expected",
                 "scope": f"own mutant: {relative(match[1])}", "case": relative(match[1]),
                 "fingerprint": fingerprint(content_of(match[1])),
                 "replay": f"scripts/replay --own-mutant {relative(match[1])}"}
                for match in matches]
    words = f"{len(paths)} regressions on their own mutants"
    return Result(name, status_of(code), findings=findings,
                  tried=[f"own mutant: {relative(path)}" for path in paths],
                  summary=ended_words(code, output) if status_of(code) == UNUSABLE else words)


# What a log of scripts/fuzz or of ctest says of a failure, without the test's number.
FAILURE_LINE = re.compile(r"^(?:BUG +(.+)|\s*\d+ - (\S+ \(.+\)))\s*$", re.MULTILINE)


def failures_in(path):
    text = content_of(path)
    text = text.decode(errors="replace") if isinstance(text, bytes) else ""
    return sorted({bug or test for bug, test in FAILURE_LINE.findall(text)})


@step
def fresh_machine(night, name, suite):
    """The README's commands on a bare machine, once a week, where this one can make such."""
    try:
        machine.check_able(BUILD)
    except Unusable as reason:
        return Result(name, OK, summary=f"not run here: {reason}")
    code, output = night.call(name, [SCRIPTS / "fresh-machine", "--suite", suite])
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in output.splitlines() if line.startswith(f"| {suite} |")]
    logs = BUILD / "fresh-machine" / "logs"  # "scripts/NAME --seconds 20" is NAME there
    findings = [{"signature": f"fresh {suite} as {user}: {command}: exit code {ended}",
                 "scope": f"fresh {suite}",
                 "fingerprint": fingerprint(*failures_in(
                     logs / f"{suite}-{user}-{PurePath(command.split()[0]).name}.log")),
                 "case": f"see build/fresh-machine/logs, and logs/{name}.log"}
                for _, user, command, ended, _ in rows if ended != "0"]
    return Result(name, status_of(code), findings=findings, tried=[f"fresh {suite}"],
                  summary=f"{len(rows)} commands on a bare {suite}, {len(findings)} ended badly"
                  if rows else ended_words(code, output))


def fresh_suite(ordinal):
    """Once a week, the releases in turn; "" on other days."""
    return "" if ordinal % 7 else machine.SUITES[ordinal // 7 % len(machine.SUITES)]


def steps_of(seconds, ordinal, rotated, planted=""):
    """The whole night. `seconds` is what fuzzing and stress get together; with a planted mutant it
    is that tree which is fuzzed, to see the night find it."""
    part = max(5, round(seconds / 4))
    steps = [(f"build-{flavour}", build(flavour)) for flavour in FUZZ_FLAVOURS]
    steps += [(f"replay-{flavour}", replay(flavour)) for flavour in FUZZ_FLAVOURS]
    if not planted:  # they are this tree's
        steps.append(("kept-cases", kept_cases()))
    steps += [(f"fuzz-{flavour}", fuzz(flavour, part, 1 + ordinal, planted))
              for flavour in ("address", "thread")]
    steps += [(f"merge-{flavour}", merge(flavour, max(5, round(part * merging.SHARE)), planted))
              for flavour in ("address", "thread")]
    if not planted:
        steps.append(("coverage", coverage()))
    steps += [(f"stress-{flavour}", stress(flavour, part)) for flavour in ("thread", "address")]
    suite = fresh_suite(ordinal)
    if suite:
        steps.append(("fresh-machine", fresh_machine(suite)))
    names = rotation(ordinal, rotated)
    if names:
        steps += [("regressions", own_mutants(names)), ("mutants", hunt_mutants(names))]
    return steps
