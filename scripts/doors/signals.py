"""Shows which feedback beside edges pays: how many executions known bugs take with it and without.

For each mutant and each setting of the target's feedback (none, each group alone, all, all but
each) libFuzzer hunts the mutant with so many engine seeds; on the tree as it is it also runs a
fixed number of inputs, to show how large the corpus becomes. Executions are what is measured: they
are the same however busy the machine is. Prints a Markdown table of medians and quartiles, with a
rank test over all mutants against no feedback and against all.
Exit code: 0 when every trial found its mutant by an oracle of its header, or nothing; else 1: what
found something else is left out, and named.
"""

import shutil
from pathlib import Path

import arguments
import building
import common
import concertina
import files
import mutants
import needs
import processes
import provenance
import signalling
from common import relative, say

NEEDS = needs.BUILD

FOLDER = common.BUILD / "signals"
TARGET = "fuzz_sim"
# Found after some hundred to some ten thousand executions without feedback, and by oracles that
# need no sanitizer: what is found at once, or hardly ever, tells settings apart only by many more
# trials.
MUTANTS = ("close-leaves-the-slot", "element-slots-copied-without-locks",
           "hand-off-drops-a-wanted-processor", "last-look-overlooks-the-global-queue",
           "park-window-unprotected", "removal-at-the-end-forgets-last",
           "run-queue-found-empty-in-pieces", "try-receive-does-not-look-again",
           "wake-gives-up-after-unlock")


def seeds_folder(clean, flavour, mode):
    """corpus/seeds as bytes, or nothing. (Not regress: its cases are failures of known mutants.)"""
    folder = FOLDER / mode
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if mode == "empty":
        return folder
    cases = sorted((common.ROOT / "corpus" / "seeds").glob("*.case"))
    concertina.write_bytes(clean.tool(flavour), cases, folder)
    return folder


def binary_of(name, flavour):
    """The target with the mutant in it. The folder in which it is built is the next one's, too."""
    tree = building.mutant_tree(name, building.SLOT)
    building.build(tree, flavour, [TARGET])
    kept = FOLDER / "targets" / f"{name}-{flavour}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(tree.binary(flavour, TARGET), kept)
    return kept


def run_trials(binary, seeds, settings, engine_seeds, runs, jobs):
    """Trials by setting; in rounds of all settings, so that an interrupted measurement is even."""
    work = [(label, seed) for seed in engine_seeds for label in settings]
    with processes.pool(jobs) as pool:
        trials = list(pool.map(
            lambda item: signalling.run_trial(
                binary, seeds, settings[item[0]], item[1], runs,
                FOLDER / "trials" / f"{item[0].replace(' ', '-')}-{item[1]}"), work))
    result = {label: [] for label in settings}
    for (label, _), trial in zip(work, trials):
        result[label].append(trial)
    return result


def without_strays(name, trials):
    """The trials that are about the mutant, by setting; and the signatures of the others."""
    oracles = mutants.find(name).oracles
    signatures, kept = set(), {}
    for label, of_setting in trials.items():
        others = signalling.strays(of_setting, oracles)
        signatures |= {trial["signature"] for trial in others}
        kept[label] = [trial for trial in of_setting if trial not in others]
    return {label: of_setting for label, of_setting in kept.items() if of_setting}, signatures


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        default=",".join(MUTANTS),
                        help="mutants (default: %(default)s)")
    parser.add_argument("--settings", metavar="A,B",
                        help="only these lines of the table, e.g. 'none,rf,all but rf'")
    parser.add_argument("--from", dest="mode", choices=["seeds", "empty"], default="seeds",
                        help="begin with corpus/seeds, or with nothing")
    parser.add_argument("--seeds", type=arguments.count, default=20,
                        help="engine seeds (default %(default)s)")
    parser.add_argument("--first-seed", type=arguments.engine_seed, default=1)
    parser.add_argument("--cap", type=arguments.count, default=100_000, help="executions of a trial at most")
    parser.add_argument("--growth", type=arguments.count_or_none, default=20_000, metavar="RUNS",
                        help="executions on the clean tree, to see the corpus grow; 0: none")
    parser.add_argument("--growth-seeds", type=arguments.count, default=3)
    parser.add_argument("--flavour", choices=["address", "thread", "none"], default="none")
    parser.add_argument("--jobs", type=arguments.workers, default=common.cores(), help="trials at once")
    parser.add_argument("--json", metavar="FILE", help="also write all trials here, as they come; "
                        "mutants that FILE has already, of the same source and options, are not "
                        "measured again")
    options = parser.parse_args()
    options.chosen = settings_chosen(options)
    return options


def settings_chosen(options):
    settings = signalling.settings_of(signalling.groups())
    if not options.settings:
        return settings
    chosen = [word.strip() for word in options.settings.split(",")]
    unknown = [word for word in chosen if word not in settings]
    if unknown:
        raise common.Unusable(f"no setting '{unknown[0]}'; there are: {', '.join(settings)}")
    return {label: settings[label] for label in chosen}


def identity(name, options):
    """What the trials of a mutant are of; of "", those that show the growth of the corpus."""
    seeds = () if options.mode == "empty" else (common.ROOT / "corpus" / "seeds").glob("*.case")
    numbers = {"growth": options.growth, "growth_seeds": options.growth_seeds} if not name else \
        {"cap": options.cap, "seeds": options.seeds, "first_seed": options.first_seed}
    return provenance.of(name, seeds, flavour=options.flavour, settings=options.chosen, **numbers)


def earlier_trials(path, options):
    """All that FILE has; and of it what still holds, by mutant and of the growth."""
    if not path or not path.is_file():
        return {}, {}, {}
    kept = files.read_json(path, "trials of scripts/signals")
    try:
        rows = [{"name": name, **trials} for name, trials in kept["mutants"].items()]
        taken = provenance.take_up(path, rows, lambda row: identity(row["name"], options)
                                   if row["name"] in options.names else None)
        grown = {"trials": kept["growth"], provenance.KEY: kept.get("growth_of")}
        growth = provenance.take_up(path, [grown] if kept["growth"] else [],
                                    lambda _: identity("", options))
    except (AttributeError, KeyError, TypeError) as error:
        raise common.Unusable(f"{path}: no trials of scripts/signals: {error}") from error
    return kept, {row["name"]: kept["mutants"][row["name"]] for row in taken}, \
        growth[0]["trials"] if growth else {}


def hunt(name, seeds, options):
    """The trials of one mutant."""
    measured_of = identity(name, options)
    engine_seeds = range(options.first_seed, options.first_seed + options.seeds)
    trials = run_trials(binary_of(name, options.flavour), seeds, options.chosen, engine_seeds,
                        options.cap, options.jobs)
    return provenance.labelled({"cap": options.cap, "trials": trials}, measured_of)


def main(options):
    files.check_writable(options.json, "--json")
    settings, names = options.chosen, options.names
    clean = building.clean_tree()
    building.build(clean, options.flavour, [TARGET, "concertina"])
    seeds = seeds_folder(clean, options.flavour, options.mode)
    path = Path(options.json) if options.json else None
    old, results, growth = earlier_trials(path, options)
    growth_of = identity("", options)

    def save():
        if path:
            grown = {"growth": growth, "growth_of": growth_of} if growth else {}
            files.write_json(path, {"growth": {}, **old, **grown,
                                    "mutants": {**old.get("mutants", {}), **results}})

    if options.growth and not growth:
        growth = run_trials(clean.binary(options.flavour, TARGET), seeds, settings,
                            range(1, options.growth_seeds + 1), options.growth, options.jobs)
        save()
    faults = [f"without a mutant: {trial['signature'] or 'died'}"
              for of_setting in growth.values() for trial in of_setting if trial["found"]]
    shown = {}
    for name in names:
        if name not in results:
            results[name] = hunt(name, seeds, options)
            save()
            say(f"{name}: {options.seeds} trials of each of {len(settings)} settings")
        about_it, signatures = without_strays(name, results[name]["trials"])
        shown[name] = {"cap": results[name]["cap"], "trials": about_it}
        faults += [f"{name}: left out what found '{signature}', which no oracle of its header names"
                   for signature in sorted(signatures)]
    say("\n" + signalling.table(shown, growth, list(settings)))
    for fault in faults:
        say(fault)
    if path:
        say(f"\nall trials: {relative(path.resolve())}")
    return common.EXIT_FAILED if faults else common.EXIT_OK
