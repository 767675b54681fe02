"""Measures the harness: puts each known defect back and counts how long the fuzzer needs to see it.

For each mutant, engine, flavour (from the patch's header), corpus mode and engine seed one
single-worker campaign runs until it finds something or its time is up. One finding of each is
minimised, to at most 3 goroutines and 8 operations; it must fail in every one of 100 replays with the
mutant, and pass without it, as must 1,000 schedules near its own. Prints Markdown tables of medians.
Exit code: 0 when every campaign found its mutant by an oracle of the header's list, 1 when not,
2 when all that is missing are mutants that could not be measured.
"""

import os
import shutil
import time
from pathlib import Path

import arguments
import building
import common
import concertina
import engines
import files
import mutant_rows
import mutants
import needs
import provenance
from campaign import Campaign, Settings
from common import relative, say


def NEEDS(options):  # pylint: disable=invalid-name
    if options.list:
        return ()
    return needs.AFL if engines.uses_afl(options.engine) else needs.BUILD


POLL_S = 0.05
SEEDS = common.ROOT / "corpus" / "seeds"  # not regress: its cases are failures of known mutants
REPLAYS = 100
NEIGHBOURS = 1000
UNSYMBOLIZED = {"CONCERTINA_SANITIZER_OPTIONS": "symbolize=0"}


def hunt(tree, engine, flavour, modes, options):
    """All campaigns of one mutant, engine and flavour, as many at once as there are cores."""
    waiting = []
    for mode in modes:
        for seed in range(1, options.seeds + 1):
            folder = mutants.folder_of(tree.mutant) / "runs" / f"{engine}-{flavour}-{mode}-{seed}"
            settings = Settings(flavour=flavour, seconds=options.seconds, engine=engine, workers=1,
                                seed=seed, empty=mode == "empty", folder=folder, corpus=[SEEDS])
            waiting.append((mode, seed, settings))
    running, runs = [], []
    try:
        while waiting or running:
            while waiting and len(running) < options.jobs:
                mode, seed, settings = waiting.pop(0)
                # Every campaign begins with its seeds alone, or its seed number would mean nothing.
                shutil.rmtree(settings.folder, ignore_errors=True)
                campaign = Campaign(tree, settings)
                campaign.start()
                running.append((mode, seed, campaign))
            for item in list(running):
                if item[2].poll():
                    running.remove(item)
                    runs.append(describe(*item))
            time.sleep(POLL_S)
    finally:
        for _, _, campaign in running:
            campaign.stop()
    return runs


def describe(mode, seed, campaign):
    result = campaign.result
    if result.unusable:
        raise common.Unusable(result.unusable)
    run = {"from": mode, "seed": seed, "found": bool(result.findings), "oracle": "",
           "signature": "", "case": "", "confirmed": False,
           "executions": result.executions, "seconds": result.seconds}
    if result.findings:
        finding = result.findings[0]
        run.update(oracle=finding.oracle, signature=finding.signature, case=finding.case,
                   confirmed=finding.confirmed, executions=finding.executions,
                   seconds=finding.seconds)
    return run


def examine_kept(tree, clean, engine, flavour, case):
    """Minimises the case, and replays the result with the mutant and without."""
    minimised = mutants.folder_of(tree.mutant) / "minimised" / f"{engine}-{flavour}.case"
    minimised.parent.mkdir(parents=True, exist_ok=True)
    answer = concertina.minimize(tree.tool(flavour), case, minimised)
    env = dict(os.environ, **UNSYMBOLIZED)
    with_mutant = concertina.replay(tree.tool(flavour), minimised, REPLAYS, env=env, limit_s=3600)
    without = concertina.replay(clean.tool(flavour), minimised)
    failing, _ = concertina.neighbours(clean.tool(flavour), minimised, NEIGHBOURS)
    return {"case": case, "minimised": answer, "failures_with": with_mutant["failures"],
            "times": REPLAYS, "failures_without": without["failures"],
            "signature_without": without["signature"], "neighbours": NEIGHBOURS,
            "neighbours_failing": failing}


def seeds_that_fail(tree, flavour):
    """Seeds that give the bug away by themselves: none may, unless the header says that they do."""
    failing = []
    for seed in files.listed(SEEDS, "*.case"):
        if concertina.replay(tree.tool(flavour), seed)["failures"]:
            failing.append(seed.stem)
    return failing


def measure(mutant, clean, modes, options):
    measured_of = identity(mutant.name, options)
    tree = building.mutant_tree(mutant.name, building.SLOT)
    rows = []
    for flavour in mutant.flavours:
        building.build_for_engine(tree, flavour, options.engine)
        failing_seeds = seeds_that_fail(tree, flavour)
        for engine in engines.engines_of(options.engine):
            runs = hunt(tree, engine, flavour, modes, options)
            case = next((run["case"] for run in runs if run["confirmed"]), None)
            kept = examine_kept(tree, clean, engine, flavour, case) if case else None
            for mode in modes:
                of_mode = sorted((run for run in runs if run["from"] == mode),
                                 key=lambda run: run["seed"])
                row = mutant_rows.judge(mutant, engine, flavour, mode, of_mode, kept, failing_seeds)
                rows.append(provenance.labelled(row, measured_of))
                say(mutant_rows.line(rows[-1]))
    return rows


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        help="only these (default: all)")
    parser.add_argument("--engine", choices=engines.NAMES, default="libfuzzer",
                        help="all: one after the other, beside each other in the table")
    parser.add_argument("--seeds", type=arguments.count, default=1, help="engine seeds a mutant (default 1)")
    parser.add_argument("--from", dest="modes", choices=["seeds", "empty", "both"],
                        default="seeds", help="begin with corpus/seeds, or with nothing")
    parser.add_argument("--seconds", type=arguments.seconds(1), default=120.0, help="budget of a campaign")
    parser.add_argument("--jobs", type=arguments.workers, default=common.cores(), help="campaigns at once")
    parser.add_argument("--json", metavar="FILE", help="also write all runs here")
    parser.add_argument("--resume", action="store_true",
                        help="keep the rows that --json FILE has already of the same source and "
                             "options; measure the others")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    options = parser.parse_args()
    options.modes = ["seeds", "empty"] if options.modes == "both" else [options.modes]
    return options


def identity(name, options):
    """What the rows of a mutant are of."""
    return provenance.of(name, files.listed(SEEDS, "*.case"), engine=options.engine,
                         modes=options.modes, seeds=options.seeds, seconds=options.seconds,
                         replays=REPLAYS, neighbours=NEIGHBOURS)


def earlier_rows(options, chosen):
    """Rows of an interrupted measurement of the same; what found nothing is measured again."""
    if not options.resume or not options.json or not Path(options.json).is_file():
        return []
    now = {mutant.name: identity(mutant.name, options) for mutant in chosen}
    try:
        rows = provenance.take_up(Path(options.json),
                                  files.read_json(options.json, "rows of scripts/mutants"),
                                  lambda row: now.get(row["mutant"]))
        missed = {row["mutant"] for row in rows if row["faults"]}
        mutant_rows.check(rows)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise common.Unusable(f"{options.json}: not rows of scripts/mutants: {error}") from error
    return [row for row in rows if row["mutant"] not in missed]


def main(options):
    files.check_writable(options.json, "--json")
    chosen = [mutants.find(name) for name in options.names or mutants.names()]
    if options.list:
        for mutant in chosen:
            say(f"{mutant.name}: {mutant.header.get('title', '')} "
                f"[{', '.join(mutant.flavours)}; {', '.join(mutant.oracles)}]")
        return common.EXIT_OK
    if not chosen:
        raise common.Unusable(f"no mutants in {relative(mutants.FOLDER)}")
    modes = options.modes
    clean = building.clean_tree()
    for flavour in sorted({flavour for mutant in chosen for flavour in mutant.flavours}):
        building.build(clean, flavour, ["concertina"])
    rows = earlier_rows(options, chosen)
    done = {row["mutant"] for row in rows}
    for mutant in chosen:
        if mutant.name in done:
            continue
        try:
            rows += measure(mutant, clean, modes, options)
        except common.Unusable as reason:
            say(f"{mutant.name}: {reason}")
            unmeasured = [mutant_rows.judge(mutant, engine, flavour, mode, [], None)
                          for engine in engines.engines_of(options.engine)
                          for flavour in mutant.flavours for mode in modes]
            measured_of = identity(mutant.name, options)
            rows += [provenance.labelled(row, measured_of) for row in unmeasured]
        if options.json:
            files.write_json(options.json, rows)
    say("\n" + mutant_rows.table(rows))
    say("\n" + mutant_rows.summary(rows))
    good = sum(not row["faults"] for row in rows)
    say(f"\n{good} of {len(rows)} rows are good")
    return mutant_rows.code_of(rows)
