"""What scripts/mutants measures: campaigns against each known defect, judged, and as Markdown.

A row is one mutant, flavour, engine and corpus mode: some campaigns, and the case that was kept of
one of them, minimised.
"""

import os
import shutil
import statistics
import time

import building
import concertina
import engines
import experiment
import files
import markdown
import mutants
import provenance
from campaign import Campaign, Settings
from common import EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE, ROOT, Unusable, say
from mutants import NOT_MEASURED

POLL_S = 0.05
SEEDS = ROOT / "corpus" / "seeds"  # not regress: its cases are failures of known mutants
REPLAYS = 100
NEIGHBOURS = 1000
REPLAYING_S = 3600
UNSYMBOLIZED = {"CONCERTINA_SANITIZER_OPTIONS": "symbolize=0"}


class Hunts(experiment.Experiment):
    script = "mutants"
    key = ("mutant", "flavour", "engine", "from")

    def plan(self):
        return {(mutant, flavour): [(mutant, flavour, engine, mode)
                                    for engine in engines.engines_of(self.options.engine)
                                    for mode in self.options.modes]
                for mutant in self.options.mutants for flavour in mutants.find(mutant).flavours}

    def source(self, unit):
        return provenance.of(unit[0], files.listed(SEEDS, "*.case"),
                             engine=self.options.engine, modes=self.options.modes,
                             seeds=self.options.seeds, seconds=self.options.seconds,
                             replays=REPLAYS, neighbours=NEIGHBOURS)

    def prepare(self, unit):
        """The tree, and seeds that fail; or the reason why there is none."""
        try:
            tree = building.mutant_tree(unit[0], building.SLOT)
            building.build_for_engine(tree, unit[1], self.options.engine)
            return tree, seeds_that_fail(tree, unit[1])
        except Unusable as reason:
            return reason

    def measure(self, prepared, unit, name):
        mutant = mutants.find(unit[0])
        try:
            if isinstance(prepared, Unusable):
                raise prepared
            tree, failing_seeds = prepared
            runs = hunt(tree, *name[1:], self.options)
            case = next((run["case"] for run in runs if run["confirmed"]), None)
            kept = examine_kept(tree, *name[1:], case) if case else None
            runs.sort(key=lambda run: run["seed"])
            return judge(mutant, *name[1:], runs, kept, failing_seeds)
        except Unusable as reason:
            say(f"{mutant.name}: {reason}")
            return judge(mutant, *name[1:], [], None)

    def said(self, row):
        if row["runs"]:
            say("| " + " | ".join(cells(row)) + " |")

    def is_worth_keeping(self, row):
        """What found nothing is measured again."""
        return not row["faults"]


def hunt(tree, flavour, engine, mode, options):
    """All campaigns of one mutant, engine, mode and flavour, as many at once as there are cores."""
    waiting, running, runs = list(range(1, options.seeds + 1)), [], []
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                seed = waiting.pop(0)
                run = f"{engine}-{flavour}-{mode}-{seed}"
                folder = mutants.folder_of(tree.mutant) / "runs" / run
                # Every campaign begins with its seeds alone, or its seed number would mean nothing.
                shutil.rmtree(folder, ignore_errors=True)
                campaign = Campaign(tree, Settings(
                    flavour=flavour, seconds=options.seconds, engine=engine, workers=1, seed=seed,
                    empty=mode == "empty", folder=folder, corpus=[SEEDS]))
                campaign.start()
                running.append((seed, campaign))
            for item in list(running):
                if item[1].poll():
                    running.remove(item)
                    runs.append(describe(mode, *item))
            time.sleep(POLL_S)
    finally:
        for _, campaign in running:
            campaign.stop()
    return runs


def describe(mode, seed, campaign):
    result = campaign.result
    if result.unusable:
        raise Unusable(result.unusable)
    run = {"from": mode, "seed": seed, "found": bool(result.findings), "oracle": "",
           "signature": "", "case": "", "confirmed": False,
           "executions": result.executions, "seconds": result.seconds}
    for finding in result.findings[:1]:
        run.update({field: getattr(finding, field) for field in (
            "oracle", "signature", "case", "confirmed", "executions", "seconds")})
    return run


def examine_kept(tree, flavour, engine, mode, case):
    """Minimises the case, and replays the result with the mutant and without."""
    clean = building.clean_tree().tool(flavour)
    minimised = mutants.folder_of(tree.mutant) / "minimised" / f"{engine}-{flavour}-{mode}.case"
    minimised.parent.mkdir(parents=True, exist_ok=True)
    answer = concertina.minimize(tree.tool(flavour), case, minimised)
    with_mutant = concertina.replay(tree.tool(flavour), minimised, REPLAYS,
                                    env=dict(os.environ, **UNSYMBOLIZED), limit_s=REPLAYING_S)
    without = concertina.replay(clean, minimised)
    failing, _ = concertina.neighbours(clean, minimised, NEIGHBOURS)
    return {"case": case, "minimised": answer, "failures_with": with_mutant["failures"],
            "times": REPLAYS, "failures_without": without["failures"],
            "signature_without": without["signature"], "neighbours": NEIGHBOURS,
            "neighbours_failing": failing}


def seeds_that_fail(tree, flavour):
    """Seeds that give the bug away by themselves: none may, unless the header says that they do."""
    return [seed.stem for seed in files.listed(SEEDS, "*.case")
            if concertina.replay(tree.tool(flavour), seed)["failures"]]


def judge(mutant, flavour, engine, mode, runs, kept, failing_seeds=()):
    """One row: medians over the runs that found it, and what is not as it must be."""
    found = [run for run in runs if run["found"]]
    row = {
        "mutant": mutant.name, "row": mutant.row, "go_tests": mutant.go_tests,
        "engine": engine, "flavour": flavour, "from": mode, "seeds": len(runs), "runs": runs,
        "found": len(found), "oracles": sorted({run["oracle"] for run in found}),
        "median_executions": statistics.median(run["executions"] for run in found) if found
        else None,
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
    if not concertina.is_small(kept["minimised"]):
        yield "LARGE"


def code_of(rows):
    """The exit code that they come to."""
    faults = {fault for row in rows for fault in row["faults"]}
    return EXIT_OK if not faults else EXIT_UNUSABLE if faults == {NOT_MEASURED} else EXIT_FAILED


HEADINGS = ("mutant", "engine", "flavour", "from", "found", "median executions", "median s",
            "oracles", "minimised", "replays", "without it", "neighbours", "seeds", "verdict")
SUMMARY = ("row", "defect", "Go's own tests", "flavour", "libFuzzer: found, executions, s",
           "AFL++: found, executions, s", "seen by", "minimised to")


def numbers(row):
    """Found, executions, seconds; as words."""
    return (f"{row['found']}/{row['seeds']}",
            "-" if row["median_executions"] is None else f"{row['median_executions']:,.0f}",
            "-" if row["median_seconds"] is None else f"{row['median_seconds']:.1f}")


def cells(row):
    kept = row["kept"]
    of_kept = ("-",) * 4 if not kept else (
        concertina.size_words(kept["minimised"]),
        f"{kept['failures_with']}/{kept['times']} fail",
        "passes" if not kept["failures_without"] else kept["signature_without"],
        f"{kept['neighbours_failing']}/{kept['neighbours']} fail")
    return (row["mutant"], row["engine"], row["flavour"], row["from"], *numbers(row),
            ", ".join(row["oracles"]) or "-", *of_kept,
            f"{len(row['failing_seeds'])} fail" if row["failing_seeds"] else "pass",
            "; ".join(row["faults"]) or "good")


def summary(rows):
    """A line a mutant and flavour, both engines beside each other."""
    groups = {}
    for row in rows:
        groups.setdefault((row["row"], row["mutant"], row["flavour"], row["from"]), []).append(row)
    for key in sorted(groups, key=lambda key: (not key[0].startswith("M"), *key)):
        own = groups[key]
        smallest = min((row["kept"]["minimised"] for row in own if row["kept"]), default=None,
                       key=lambda answer: (answer["operations"], answer["goroutines"]))
        of_engine = {row["engine"]: ", ".join(numbers(row)) for row in reversed(own)}
        yield (key[0], key[1], own[0]["go_tests"], key[2], of_engine.get("libfuzzer", "-"),
               of_engine.get("afl", "-"),
               ", ".join(sorted({oracle for row in own for oracle in row["oracles"]})) or "-",
               concertina.size_words(smallest) if smallest else "-")


def tables(rows):
    """Each row, where it has been judged; and the summary."""
    judged = [row for row in rows if "faults" in row]
    return [*(markdown.table(HEADINGS, map(cells, judged)) + [""] if judged else []),
            *markdown.table(SUMMARY, summary(rows))]
