"""What scripts/mutants measured, as rows: judged, and as Markdown.

A row is one mutant, engine, flavour and corpus mode: some campaigns, and the case that was kept of one
of them, minimised.
"""

import statistics

import minimizing
from common import EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE

NOT_MEASURED = "NOT MEASURED"  # no campaign could be run: that says nothing of the harness


def judge(mutant, engine, flavour, mode, runs, kept, failing_seeds=()):
    """One row: medians over the runs that found it, and what is not as it must be."""
    found = [run for run in runs if run["found"]]
    oracles = sorted({run["oracle"] for run in found})
    row = {
        "mutant": mutant.name, "row": mutant.row, "go_tests": mutant.go_tests,
        "engine": engine, "flavour": flavour, "from": mode, "runs": runs,
        "found": len(found), "oracles": oracles,
        "median_executions": statistics.median(run["executions"] for run in found) if found else None,
        "median_seconds": statistics.median(run["seconds"] for run in found) if found else None,
        "kept": kept, "failing_seeds": list(failing_seeds),
    }
    row["faults"] = list(faults_of(row, mutant))
    return row


def faults_of(row, mutant):
    """What a reader must know before believing the row; nothing when all is as it must be."""
    if not row["runs"]:
        yield NOT_MEASURED
    elif row["found"] < len(row["runs"]):
        yield "MISSED"
    unexpected = [oracle for oracle in row["oracles"]
                  if mutant.oracles and oracle not in mutant.oracles]
    if unexpected:
        yield "WRONG ORACLE: " + ", ".join(unexpected)
    if row["failing_seeds"] and not mutant.seeds_show_it:
        yield "SEEDS FAIL"
    kept = row["kept"]
    if not kept:
        return
    if kept["failures_with"] != kept["times"] or kept["failures_without"]:
        yield "UNSTABLE"
    if kept["neighbours_failing"]:
        yield "NEIGHBOURS FAIL"
    if not minimizing.is_small(kept["minimised"]):
        yield "LARGE"


def code_of(rows):
    """The exit code that they come to."""
    faults = {fault for row in rows for fault in row["faults"]}
    return EXIT_OK if not faults else EXIT_UNUSABLE if faults == {NOT_MEASURED} else EXIT_FAILED


HEADINGS = ("mutant", "engine", "flavour", "from", "found", "median executions", "median s",
            "oracles", "minimised", "replays", "without it", "neighbours", "seeds", "verdict")


def found_words(row):
    return f"{row['found']}/{len(row['runs'])}"


def executions_words(row):
    return "-" if row["median_executions"] is None else f"{row['median_executions']:,.0f}"


def seconds_words(row):
    return "-" if row["median_seconds"] is None else f"{row['median_seconds']:.1f}"


def line(row):
    kept = row["kept"]
    cells = [
        row["mutant"], row["engine"], row["flavour"], row["from"], found_words(row),
        executions_words(row), seconds_words(row), ", ".join(row["oracles"]) or "-",
        minimizing.size_words(kept["minimised"]) if kept else "-",
        f"{kept['failures_with']}/{kept['times']} fail" if kept else "-",
        ("passes" if not kept["failures_without"] else kept["signature_without"]) if kept else "-",
        f"{kept['neighbours_failing']}/{kept['neighbours']} fail" if kept else "-",
        f"{len(row['failing_seeds'])} fail" if row["failing_seeds"] else "pass",
        "; ".join(row["faults"]) or "good",
    ]
    return "| " + " | ".join(cells) + " |"


def heading(names):
    return ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]


def table(rows):
    return "\n".join(heading(HEADINGS) + [line(row) for row in rows])


SUMMARY_HEADINGS = ("row", "defect", "Go's own tests", "flavour", "libFuzzer: found, executions, s",
                    "AFL++: found, executions, s", "seen by", "minimised to")


def cell_of(rows, engine):
    for row in rows:
        if row["engine"] == engine:
            return f"{found_words(row)}, {executions_words(row)}, {seconds_words(row)}"
    return "-"


def summary(rows):
    """A line a mutant and flavour, both engines beside each other; the table of the README."""
    groups = {}
    for row in rows:
        groups.setdefault((row["row"], row["mutant"], row["flavour"], row["from"]), []).append(row)
    lines = heading(SUMMARY_HEADINGS)
    numbered = sorted(groups, key=lambda key: (not key[0].startswith("M"), *key))
    for key in numbered:
        of_key = groups[key]
        kept = [row["kept"]["minimised"] for row in of_key if row["kept"]]
        smallest = min(kept, key=lambda answer: (answer["operations"], answer["goroutines"]),
                       default=None)
        oracles = sorted({oracle for row in of_key for oracle in row["oracles"]})
        cells = [key[0], key[1], of_key[0]["go_tests"], key[2], cell_of(of_key, "libfuzzer"),
                 cell_of(of_key, "afl"), ", ".join(oracles) or "-",
                 minimizing.size_words(smallest) if smallest else "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def check(rows):
    """Raises what the tables would, hours later, of rows from a file that somebody has edited."""
    table(rows)
    summary(rows)
    code_of(rows)
