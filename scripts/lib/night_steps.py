"""The steps of scripts/nightly, each of them one of the other scripts, read by its JSON or its lines."""

import os

import building
import common
import concertina
import engine
import machine
import mutants
from files import read_json
from common import BUILD, FUZZ_FLAVOURS, ROOT, relative
from night import OK, STATUS_OF_CODE, UNUSABLE, Result

SCRIPTS = ROOT / "scripts"
FILES_PER_CALL = 300


def status_of(code):
    return STATUS_OF_CODE.get(code, UNUSABLE)


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def build(flavour):
    def action(_, name):
        try:
            building.build_for_engine(building.clean_tree(), flavour, "all")
        except common.Unusable as reason:
            return Result(name, UNUSABLE, summary=str(reason))
        return Result(name, OK, summary=f"flavour {flavour}")
    return action


def corpus_files(flavour):
    """Everything that there is to replay: committed cases, and what campaigns have evolved. Files that
    a kill has cut are the next campaign's to mend."""
    cases = sorted((ROOT / "corpus").rglob("*.case"))
    evolved = building.clean_tree().fuzz_folder(flavour) / "corpus"
    return cases, sorted(path for path in evolved.glob("*")
                         if path.is_file() and engine.is_whole(path))


def batches(files):
    return [files[i:i + FILES_PER_CALL] for i in range(0, len(files), FILES_PER_CALL)]


def replay(flavour):
    """Every file twice: verdicts as expected, and both runs' trace hashes equal."""
    def action(night, name):
        tool = building.clean_tree().tool(flavour)
        cases, evolved = corpus_files(flavour)
        worst = 0
        findings = []
        for files in batches(cases):
            code, output = night.call(name, concertina.command(
                tool, "replay", "--expect-from-header", "--skip-unseen", "--quiet", "--times", 2,
                files=files))
            worst = max(worst, abs(code))
            findings += [{"signature": line.partition("NOT AS EXPECTED: ")[2],
                          "case": line.partition(":")[0]}
                         for line in output.splitlines() if ": NOT AS EXPECTED: " in line]
        for files in batches(cases + evolved):
            code, output = night.call(name, concertina.command(tool, "determinism", files=files))
            worst = max(worst, abs(code))
            if code == common.EXIT_FAILED:
                findings.append({"signature": "determinism: two runs of one input differ",
                                 "case": f"see logs/{name}.log"})
        return Result(name, status_of(worst), findings=findings,
                      summary=f"{len(cases)} cases and {len(evolved)} evolved inputs, twice each",
                      numbers={"cases": len(cases), "evolved": len(evolved)})
    return action


def fuzz(flavour, seconds, seed, mutant=""):
    def action(night, name):
        out = night.folder / f"{name}.json"
        command = [SCRIPTS / "fuzz", "--engine", "all", "--sanitizer", flavour, "--seconds", seconds,
                   "--seed", seed, "--json", out]
        if mutant:
            command += ["--mutant", mutant]
        code, output = night.call(name, command)
        if code not in (0, 1) or not out.is_file():
            return Result(name, UNUSABLE, summary=last_line(output))
        answer = read_json(out, "the result of scripts/fuzz")
        suffix = f" --mutant {mutant}" if mutant else ""
        findings = [{"signature": found["signature"],
                     "case": relative(found.get("minimised") or found["case"]),
                     "replay": f"scripts/replay {relative(found.get('minimised') or found['case'])} "
                               f"--flavour {flavour}{suffix}"} for found in answer["findings"]]
        return Result(name, status_of(code), findings=findings,
                      summary=f"{answer['executions']:,} programs, corpus {answer['corpus']}, "
                              f"{len(findings)} findings",
                      numbers={"executions": answer["executions"], "corpus": answer["corpus"]})
    return action


def stress(sanitizer, seconds):
    def action(night, name):
        out = night.folder / f"{name}.json"
        code, output = night.call(name, [SCRIPTS / "stress", "--sanitizer", sanitizer, "--seconds",
                                         seconds, "--json", out])
        if code not in (0, 1) or not out.is_file():
            return Result(name, UNUSABLE, summary=last_line(output))
        jobs = read_json(out, "the figures of scripts/stress")
        sums = {key: sum(job[key] for job in jobs)
                for key in ("goroutines", "operations", "stack_copies", "failures")}
        findings = [{"signature": f"stress {job['job']} in flavour {sanitizer}",
                     "case": job["program"] or f"see logs/{name}.log", "replay": job["repeat"]}
                    for job in jobs if job["failures"]]
        return Result(name, status_of(code), findings=findings, numbers=sums,
                      summary=f"{len(jobs)} jobs, {sums['operations']:,} operations of "
                              f"{sums['goroutines']:,} goroutines, {sums['stack_copies']:,} stack "
                              f"copies, {sums['failures']} failures")
    return action


def rotation(ordinal, count):
    """`count` mutants, others each night, all of them in turn."""
    names = mutants.names()
    begin = ordinal * count % len(names)
    return [names[(begin + i) % len(names)] for i in range(min(count, len(names)))]


def hunt_mutants(names):
    """A known bug that is no longer found is a finding about the harness."""
    def action(night, name):
        out = night.folder / f"{name}.json"
        code, output = night.call(name, [SCRIPTS / "mutants", "--names", ",".join(names), "--engine",
                                         "all", "--json", out, "--resume"])
        rows = read_json(out, "the rows of scripts/mutants") if out.is_file() else []
        findings = [{"signature": f"mutant {row['mutant']}: {'; '.join(row['faults'])} "
                                  f"({row['engine']}, {row['flavour']})"}
                    for row in rows if row["faults"]]
        return Result(name, status_of(code), findings=findings,
                      summary=f"{', '.join(names)}: {last_line(output)}")
    return action


def own_mutants(names):
    """Regressions of these mutants still fail on them."""
    def action(night, name):
        tool = building.clean_tree().tool(FUZZ_FLAVOURS[0])
        files = []
        for path in sorted((ROOT / "corpus" / "regress").glob("*.case")):
            _, header = night.call(name, concertina.command(tool, "show", "--header", files=[path]))
            if any(line == f"bug: {mutant}" for line in header.splitlines() for mutant in names):
                files.append(path)
        if not files:
            return Result(name, OK, summary="no regression belongs to tonight's mutants")
        code, output = night.call(name, [SCRIPTS / "replay", "--own-mutant", "-q", *files])
        findings = [{"signature": f"no longer fails on its mutant: {line.partition(':')[0]}"}
                    for line in output.splitlines() if ": NOT AS EXPECTED: " in line]
        return Result(name, status_of(code), findings=findings,
                      summary=f"{len(files)} regressions on their own mutants")
    return action


def fresh_machine(suite):
    """The README's commands on a bare machine, once a week, where this one can make such."""
    def action(night, name):
        try:
            machine.check_able(BUILD)
        except common.Unusable as reason:
            return Result(name, OK, summary=f"not run here: {reason}")
        code, output = night.call(name, [SCRIPTS / "fresh-machine", "--suite", suite])
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in output.splitlines() if line.startswith(f"| {suite} |")]
        findings = [{"signature": f"fresh {suite} as {user}: {command}: exit code {ended}",
                     "case": f"see build/fresh-machine/logs, and logs/{name}.log"}
                    for _, user, command, ended, _ in rows if ended != "0"]
        return Result(name, status_of(code), findings=findings,
                      summary=f"{len(rows)} commands on a bare {suite}, {len(findings)} ended badly"
                      if rows else last_line(output))
    return action


def fresh_suite(ordinal):
    """Once a week, the releases in turn; "" on other days."""
    return "" if ordinal % 7 else machine.SUITES[ordinal // 7 % len(machine.SUITES)]


def has_stress():
    return os.access(SCRIPTS / "stress", os.X_OK)


def steps_of(seconds, ordinal, rotated, planted=""):
    """The whole night. `seconds` is what fuzzing and stress get together; with a planted mutant it
    is that tree which is fuzzed, to see the night find it."""
    parts = 4 if has_stress() else 2
    part = max(5, round(seconds / parts))
    steps = [(f"build-{flavour}", build(flavour)) for flavour in FUZZ_FLAVOURS]
    steps += [(f"replay-{flavour}", replay(flavour)) for flavour in FUZZ_FLAVOURS]
    steps += [(f"fuzz-{flavour}", fuzz(flavour, part, 1 + ordinal, planted))
              for flavour in ("address", "thread")]
    if has_stress():
        steps += [(f"stress-{flavour}", stress(flavour, part)) for flavour in ("thread", "address")]
    suite = fresh_suite(ordinal)
    if suite:
        steps.append(("fresh-machine", fresh_machine(suite)))
    names = rotation(ordinal, rotated)
    if names:
        steps += [("regressions", own_mutants(names)), ("mutants", hunt_mutants(names))]
    return steps
