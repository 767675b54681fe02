"""Executions until a known bug shows, by strategy: what scripts/strategies measures and how it counts."""

import functools
import statistics
from dataclasses import dataclass
from pathlib import Path

import concertina
import files
import measuring
import mutants
import provenance
import worth
from common import ROOT, Unusable

REGRESSIONS = ROOT / "corpus" / "regress"
SINGLE = ["random", "pct", "pos", "surw", "reads-from"]
WITHOUT = ["without-reads-from", "without-surw", "without-pct"]
ALL = SINGLE + ["portfolio"] + WITHOUT
ROTATED = 3  # strategies that have turns in the portfolio (fuzzers/schedule/explorer.cc)
LIMIT_MIN = 30
TIMEOUT_S = 60
# Only these builds see what other oracles do not.
SANITIZED = ("memory", "race", "crash")


@dataclass
class Case:
    mutant: str
    path: Path
    flavour: str
    oracles: list


def header_of(path):
    pairs = (line[2:].split(": ", 1) for line in path.read_text().splitlines()
             if line.startswith("# ") and ": " in line)
    return dict(pairs)


def cases(folder=REGRESSIONS):
    """By mutant: its first regression case, one that needs no sanitizer if there is one."""
    found = {}
    known = set(mutants.names())
    for path in files.listed(folder, "*.case"):
        header = header_of(path)
        mutant = header.get("bug", "")
        if mutant not in known:
            continue
        needs = header.get("oracle") in SANITIZED
        flavour = header.get("flavour", "address") if needs else "none"
        if mutant in found and (found[mutant].flavour == "none" or flavour != "none"):
            continue
        found[mutant] = Case(mutant, path, flavour, mutants.find(mutant).oracles)
    return found


def search(tool, path, name, options):
    """What `concertina explore` says of each search, as dictionaries."""
    words = ["--runs", options.cap, "--seeds", options.seeds, "--timeout", TIMEOUT_S]
    if name.startswith(worth.PREFIX):
        words += ["--strategy", "portfolio", "--without", name.removeprefix(worth.PREFIX)]
    else:
        words += ["--strategy", name]
    runs, reason = concertina.explore(tool, path, *words)
    if len(runs) != options.seeds:
        raise Unusable(f"explore {path}: {len(runs)} searches of {options.seeds}: {reason}")
    return runs


def row_of(case, name, runs):
    """A search that ended with an oracle that the mutant's header does not name is told apart."""
    found = [run for run in runs if run["found"]]
    strange = [run["signature"] for run in found
               if run["signature"].split(":")[0] not in case.oracles]
    counts = sorted(run["runs"] for run in found)
    middle = (len(runs) - 1) // 2
    return {"mutant": case.mutant, "strategy": name, "flavour": case.flavour, "seeds": len(runs),
            "found": len(found), "median": counts[middle] if middle < len(counts) else None,
            "mean": statistics.mean(counts) if counts else None,
            "counts": counts, "strange": sorted(set(strange))}


def identity(case, name, options):
    """What a row is of."""
    return provenance.of(case.mutant, [case.path], flavour=case.flavour, strategy=name,
                         seeds=options.seeds, cap=options.cap, timeout=TIMEOUT_S)


def key_of(row):
    return row["mutant"], row["strategy"]


def stored(options):
    """All rows of earlier calls, and those of them that hold for what is asked now."""
    if not options.json.is_file():
        return [], []
    try:
        rows = files.read_json(options.json, "rows of scripts/strategies")

        @functools.cache  # to read all of the source for each row would take its time
        def of_case(mutant):
            return identity(options.cases[mutant], "", options)

        def now_of(row):
            if row["mutant"] not in options.mutants or row["strategy"] not in options.strategies:
                return None
            now = of_case(row["mutant"])
            return {**now, "options": {**now["options"], "strategy": row["strategy"]}}
        taken = provenance.take_up(options.json, rows, now_of)
        check(taken, options)
        return rows, taken
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unusable(f"{options.json}: not rows of scripts/strategies: {error}") from error


def cell(row):
    if row is None:
        return ""
    text = f"{row['median']:,}" if row["median"] is not None else "-"
    return text if row["found"] == row["seeds"] else f"{text} ({row['found']}/{row['seeds']})"


def counted(row, cap):
    return row["median"] if row["median"] is not None else 2 * cap


def table(rows, names, options):
    by_key = {(row["mutant"], row["strategy"]): row for row in rows}
    lines = [["mutant", "flavour", *names]]
    for mutant in measuring.in_order(rows, "mutant"):
        flavour = next(row["flavour"] for row in rows if row["mutant"] == mutant)
        lines.append([mutant, flavour, *(cell(by_key.get((mutant, name))) for name in names)])
    means = []
    for name in names:
        medians = [counted(row, options.cap) for row in rows if row["strategy"] == name]
        means.append(f"{measuring.geometric_mean(medians):,.1f}" if medians else "")
    lines.append(["geometric mean", "", *means])
    return "\n".join(measuring.markdown(lines))


def check(rows, options):
    """Raises what the table would, hours later, of rows from a file that somebody has edited."""
    table(rows, ALL, options)
    worth.lines(rows, "mutant", "mutants", ALL, options.cap)
    beyond_limit(rows)


def beyond_limit(rows):
    """A line for each mutant for which the portfolio needs more than it may."""
    texts = []
    for row in rows:
        if row["strategy"] != "portfolio":
            continue
        singles = [other["median"] for other in rows
                   if other["mutant"] == row["mutant"] and other["strategy"] in SINGLE
                   and other["median"] is not None]
        limit = max(LIMIT_MIN, ROTATED * min(singles, default=0))
        if row["median"] is None or row["median"] > limit:
            texts.append(f"{row['mutant']}: portfolio {cell(row)}, limit {limit:,}")
    return texts
