"""One stress job after the other, and what becomes of a failure."""

import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import concertina
import files
import processes
from common import BUILD, EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE, ROOT, Unusable, relative, say

JOBS = ("ring", "select_storm", "close_race", "spawn_tree", "deep_recursion", "pointer_receive",
        "programs")
PROCESSORS_MAX = 4  # kProcessorsLimit, runtime/base/limits.h
PROGRAMS = 2000  # generated for the job "programs"
FOLDER = BUILD / "stress"

COLUMNS = ("goroutines", "operations", "stack_copies", "copies_under_lock", "scans", "shrinks",
           "batches", "failures")


def repeat_command(options):
    names = ("job", "seconds", "sanitizer", "workers", "seed", "scale", "mutant")
    given = {f"--{name}": getattr(options, name) for name in names}
    return shlex.join(["scripts/stress", *(str(word) for name, value in given.items()
                                           if value not in (None, "") for word in (name, value))])


def generate(tool, seed):
    """The random programs of a session; the same seed gives the same ones."""
    folder = FOLDER / f"programs-{seed}"
    if folder.is_dir() and sum(1 for _ in folder.glob("*.bytes")) == PROGRAMS:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    concertina.generate(tool, PROGRAMS, seed, folder)
    return folder


def run_job(tree, flavour, job, seconds, options, note=lambda _: None):
    """Runs it to its end, showing what it prints. A dictionary with its figures, of which `note` is
    told before the simulator looks for a failure's schedule."""
    folder = FOLDER / flavour
    folder.mkdir(parents=True, exist_ok=True)
    report, log = folder / f"{job}.json", folder / f"{job}.log"
    report.unlink(missing_ok=True)
    command = [tree.binary(flavour, "stress_jobs"), "--job", job, "--seconds", seconds,
               "--workers", options.workers, "--seed", options.seed, "--scale", options.scale,
               "--hang-seconds", options.hang_seconds, "--json", report]
    if job == "programs":
        command += ["--programs", generate(options.generator, options.seed)]
    say(f"--- {job} under {flavour}, {seconds} s")
    with open(log, "wb") as kept:
        code = processes.run_shown(command, kept)
    if code in (EXIT_UNUSABLE, -signal.SIGKILL):  # nothing in it sends itself that signal
        raise Unusable(f"{job}: stress_jobs could not run: {processes.end_words(code)}")
    result = read_report(report, job, code, lambda: death_words(options, flavour, log, code))
    result["flavour"] = flavour
    note(result)
    if result["failures"]:
        result["reproduction"] = hand_over(options.build_tool(flavour), flavour, result,
                                           options.neighbours)
    return result


def death_words(options, flavour, log, code):
    """What a process that died without figures died of: a sanitizer's report says most."""
    try:
        return concertina.signature(options.build_tool(flavour), log, code)
    except Unusable as reason:
        return f"stress_jobs died, {processes.end_words(code)} ({reason})"


def read_report(report, job, code, death):
    """The figures; for a process that died in the middle of a batch, what it had been doing."""
    if report.is_file():
        result = files.read_json(report, "the figures of a stress job")
        result["copies_under_lock"] = (result["copies_under_lock_taken"] +
                                       result["copies_under_lock_held"])
        if code == 0 or result["failures"]:
            return result
    result = {"job": job, "seconds": 0.0, "failures": 1, "repeat": "", "program": ""}
    result.update({column: 0 for column in COLUMNS if column != "failures"})
    batch = Path(str(report) + ".batch")
    if batch.is_file():
        result.update(files.read_json(batch, "what a stress job was doing"))
    result["failure"] = death()
    say(f"FAILED {job}: stress_jobs died, {processes.end_words(code)}: {result['failure']}")
    say(f"repeat:  {result['repeat']}")
    return result


def hand_over(tool, flavour, result, count):
    """A failing program is kept, and run in the simulator under many schedules. What was found."""
    if not result["program"]:
        return ""
    source = Path(result["program"])
    findings = FOLDER / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    kept = findings / f"{source.stem}-{flavour}{source.suffix}"
    files.write_whole(kept, files.read_limited(source))
    say(f"kept:    {relative(kept)}; the simulator tries {count} schedules of it")
    command = concertina.command(tool, "neighbours", "--count", count, files=[relative(kept)])
    search = processes.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace")
    head, _, case = search.stdout.partition("\nthe first that fails")
    say(head.rstrip())
    if search.returncode == EXIT_OK:
        return "none found"
    if search.returncode != EXIT_FAILED:
        say(f"the simulator could not try them: {processes.end_words(search.returncode)}")
        return "could not be tried"
    signature, _, text = case.partition("\n")
    reproduction = kept.with_suffix(".case")
    files.write_whole(reproduction, text)
    signature = signature.partition("): ")[2]
    say(f"reproduced in the simulator: {signature}; scripts/replay {relative(reproduction)}")
    return signature


def table(results):
    """The figures as aligned lines, with a sum."""
    rows = [("job", "flavour", "seconds") + COLUMNS]
    for result in results:
        rows.append((result["job"], result["flavour"], f"{result['seconds']:.0f}") +
                    tuple(f"{result[column]:,}" for column in COLUMNS))
    rows.append(("all", "", f"{sum(r['seconds'] for r in results):.0f}") +
                tuple(f"{sum(r[column] for r in results):,}" for column in COLUMNS))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(row, widths))) for row in rows]
