"""Which of the fuzz target's feedback groups pay: trials, and what they say as tables.

A trial is one libFuzzer process with one setting of CONCERTINA_SIGNALS and one engine seed, until
it finds something or has run so many inputs. Its measure is executions: the engine's seed decides
all that it does, so that a trial is repeatable on any machine, however busy.
"""

import os
import re
import shutil
import statistics
import subprocess

import processes
import ranks
from common import ROOT, Unusable
from engine import IN_FLIGHT_VARIABLE, INPUT_BYTES_MAX, RUN_TIMEOUT_S, read_in_flight

VARIABLE = "CONCERTINA_SIGNALS"
NONE, ALL = "none", "all"
CELLS = ROOT / "fuzzers" / "feedback" / "cells.h"
NAMES = re.compile(r"kGroupNames = \{([^}]*)\}")
VERDICT = re.compile(r"^verdict: (([a-z_]+).*)$", re.MULTILINE)
CORPUS = re.compile(r"^#\d+\s+\w+.* ft: (\d+) corp: (\d+)/", re.MULTILINE)
TRIAL_LIMIT_S = 3600


def groups(text=None):
    """The groups' names, from the target's own table."""
    found = NAMES.search(CELLS.read_text() if text is None else text)
    if not found:
        raise Unusable(f"{CELLS} names no groups")
    return re.findall(r'"([^"]+)"', found.group(1))


def settings_of(names):
    """Label and value of the variable: none, each alone, all, all without each."""
    settings = {NONE: NONE}
    settings.update({name: name for name in names})
    settings[ALL] = ",".join(names)
    settings.update({f"all but {name}": ",".join(other for other in names if other != name)
                     for name in names})
    return settings


def environment(value, **more):
    return {**os.environ, VARIABLE: value, **more}


def run_trial(binary, seeds, value, seed, runs, folder):
    """One process; its folder is made anew and removed."""
    shutil.rmtree(folder, ignore_errors=True)
    corpus = folder / "corpus"
    corpus.mkdir(parents=True)
    slot = folder / "in-flight"
    command = [binary, f"-seed={seed}", f"-runs={runs}", f"-artifact_prefix={folder}/",
               f"-max_len={INPUT_BYTES_MAX}", "-len_control=0", f"-timeout={RUN_TIMEOUT_S}",
               "-reload=0", "-detect_leaks=0", corpus, seeds]
    env = environment(value, **{IN_FLIGHT_VARIABLE: str(slot)})
    try:
        result = processes.run(command, text=True, errors="replace", stdin=subprocess.DEVNULL,
                               env=env, cwd=folder, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, timeout=TRIAL_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{binary}: no end within {TRIAL_LIMIT_S} s") from error
    found = any(folder.glob("crash-*"))
    if result.returncode != 0 and not found:
        raise Unusable(f"{binary}: {processes.end_words(result.returncode)}:\n"
                       + result.stdout[-2000:])
    trial = read_log(result.stdout)
    trial.update(seed=seed, found=found, executions=read_in_flight(slot).runs)
    shutil.rmtree(folder)
    return trial


def read_log(text):
    verdict = VERDICT.search(text)
    corpus = CORPUS.findall(text)
    return {"signature": verdict.group(1) if verdict else "",
            "oracle": verdict.group(2) if verdict else "",
            "features": int(corpus[-1][0]) if corpus else 0,
            "corpus": int(corpus[-1][1]) if corpus else 0}


def strays(trials, oracles):
    """Trials that ended with something else than the mutant: what they found is news, but says nothing
    of the mutant. (Death without a verdict, in a build without sanitizers, is the mutant's.)"""
    return [trial for trial in trials if trial["oracle"] and trial["oracle"] not in oracles]


def executions_of(trials, cap):
    """A trial that found nothing took longer than all that did."""
    return [trial["executions"] if trial["found"] else cap + 1 for trial in trials]


def spread_words(trials, cap):
    values = sorted(executions_of(trials, cap))
    low, high = (values[round((len(values) - 1) * part)] for part in (0.25, 0.75))
    found = sum(trial["found"] for trial in trials)
    missed = "" if found == len(trials) else f", {found}/{len(trials)}"
    middle = statistics.median(values)
    shown = [f">{cap:,}" if value > cap else f"{value:,.0f}" for value in (middle, low, high)]
    return f"{shown[0]} ({shown[1]}-{shown[2]}{missed})"


def versus(results, setting, base):
    """Setting against base over all mutants: ratio of medians, combined z, p."""
    ratios, values = [], []
    for of_mutant in results.values():
        if setting not in of_mutant["trials"] or base not in of_mutant["trials"]:
            continue
        ours, theirs = (executions_of(of_mutant["trials"][name], of_mutant["cap"])
                        for name in (setting, base))
        ratios.append(statistics.median(ours) / statistics.median(theirs))
        values.append(ranks.compare(ours, theirs)[0])
    if not ratios:
        return None
    z = ranks.combine(values)
    return {"ratio": ranks.geometric_mean(ratios), "z": z, "p": ranks.p_value(z)}


def versus_words(answer):
    return "-" if answer is None else \
        f"{answer['ratio']:.2f}, z {answer['z']:+.1f}, p {answer['p']:.2g}"


def table(results, growth, labels):
    """One line a setting. `results` is by mutant: {"cap", "trials": {setting: [trial]}}."""
    names = list(results)
    heading = ["signals", *names, "against none", "against all", "features", "corpus"]
    lines = ["| " + " | ".join(heading) + " |", "|" + " --- |" * len(heading)]
    for label in labels:
        cells = [label]
        for name in names:
            trials = results[name]["trials"].get(label)
            cells.append(spread_words(trials, results[name]["cap"]) if trials else "-")
        cells += [versus_words(versus(results, label, base)) if label != base else "-"
                  for base in (NONE, ALL)]
        of_label = growth.get(label, [])
        for key in ("features", "corpus"):
            cells.append(f"{statistics.median(trial[key] for trial in of_label):,.0f}"
                         if of_label else "-")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
