"""Verifies the litmus set: every schedule of corpus/litmus with a bounded number of preemptions.

Without --mutants each program must be complete and pass on this tree. With it, each mutant is put
into a copy of the tree, and the program that shows it with the fewest preemptions, then schedules,
is named; in the flavour none first, then in those of the patch's header. A mutant that no program
shows needs a reason in lab/litmus.py. Exit code: 0 as expected, 1 not, 2 could not run.
"""

import arguments
import building
import concertina
import experiment
import files
import markdown
import mutants
import needs
import provenance
from common import EXIT_FAILED, EXIT_OK, FUZZ_FLAVOURS, ROOT, say

NEEDS = needs.BUILD

FOLDER = ROOT / "corpus" / "litmus"
REPLAYS = 10

# Mutants that no litmus program shows, and why not.
NOT_EXPRESSIBLE = {
    "machine-limit-forgets-the-work":
        "all twelve machines must have passed their last look at a queue when work comes into it; "
        "no program of the set starts so many, and each that waits there costs a preemption",
    "machine-limit-gives-up-after-unlock":
        "no program of the set limits its machines (knob machines_max)",
    "machine-limit-drops-the-request":
        "no program of the set limits its machines (knob machines_max)",
    "global-queue-is-not-polled":
        "who waits must be passed by fifteen turns of a queue that never is empty: nine goroutines",
    "tick-counts-the-global-queue-only":
        "as global-queue-is-not-polled, after a first goroutine out of the global queue",
    "system-call-begins-a-slice":
        "seven system calls in a row have too many schedules to verify",
    "preempted-goroutine-wakes-no-processor":
        "its regression has depth 4",
    "system-call-returns-without-asking":
        "three goroutines must be between system calls at once, with some six preemptions",
    "thief-reads-its-slot-after-its-claim":
        "the owner comes round the ring between claim and copy: twelve goroutines",
    "thief-shows-its-loot-before-the-slots":
        "three machines have too many schedules to verify",
    "dropped-sudogs-stay-on-the-list":
        "a select of more cases than a cache holds, beside two scans, has too many schedules to "
        "verify; its regression has depth 0",
    "idle-caches-emptied-without-the-lock":
        "two scans beside a machine that takes an idle processor, of which ThreadSanitizer alone "
        "sees anything",
}
# Mutants that need more preemptions than two: (program, bound).
DEEPER = {
    "hand-off-drops-a-wanted-processor": ("syscall-hands-off-its-processor", 3),
    "run-queue-found-empty-in-pieces": ("spawns-against-a-last-look", 4),
}


def programs(folder=FOLDER):
    return files.listed(folder, "*.case")


class Verification(experiment.Experiment):
    """Of all programs, on this tree."""
    script = "litmus"
    key = ("program", "flavour")

    def plan(self):
        return {flavour: [(path.stem, flavour) for path in programs()]
                for flavour in self.options.flavours or ["none"]}

    def source(self, unit):
        return provenance.of("", programs(), bound=self.options.bound, budget=self.options.budget)

    def prepare(self, unit):
        return building.build_tool(building.clean_tree(), unit)

    def measure(self, prepared, unit, name):
        answer = concertina.verify(prepared, FOLDER / f"{name[0]}.case", self.options.bound,
                                   budget_s=self.options.budget)
        return {**row_of(name[0], answer), "flavour": unit}

    def said(self, row):
        say(f"{row['flavour']}: {row['program']}: {row['end']}, {row['schedules']:,} schedules, "
            f"{row['seconds']:.1f} s")

    @staticmethod
    def is_good(row):
        return row["end"] == "complete"


class Hunt(experiment.Experiment):
    """For each mutant, the program that shows it."""
    script = "litmus --mutants"
    key = ("mutant",)

    def plan(self):
        return {name: [(name,)] for name in self.options.names or mutants.names()}

    def source(self, unit):
        return provenance.of(unit, programs(), bound=self.options.bound, budget=self.options.budget)

    def prepare(self, unit):
        return building.mutant_tree(unit, building.SLOT)

    def measure(self, prepared, unit, name):
        mutant = mutants.find(unit)
        found_in = mutants.folder_of(unit) / "litmus"
        found_in.mkdir(parents=True, exist_ok=True)
        row = {"mutant": unit, "found": False, "flavour": ""}
        only, bound = DEEPER.get(unit, (None, 0))
        for flavour in self.options.flavours or dict.fromkeys(["none", *mutant.flavours]):
            tool, cases = building.build_tool(prepared, flavour), []
            best = hunt(tool, max(bound, self.options.bound), cases, found_in,
                        budget_s=self.options.budget, only=only)
            if best:
                row.update(best, found=True, flavour=flavour,
                           shown_by=[case["program"] for case in cases],
                           replays_failing=replays_that_fail(tool, best))
                break
        row["faults"] = list(faults_of(row, mutant))
        return row

    def said(self, row):
        say(f"{row['mutant']}: " + (
            f"{row['program']}, {row['flavour']}, {row['bound']} preemptions, "
            f"{row['schedules']:,} schedules: {row['signature']}" if row["found"] else "not found")
            + "".join(f" {fault}" for fault in row["faults"]))

    @staticmethod
    def is_good(row):
        return not row["faults"]


def schedules_of(answer):
    """All that were run to their end, over all bounds."""
    return sum(bound["schedules"] for bound in answer["bounds"])


def row_of(name, answer):
    last = answer["bounds"][-1] if answer["bounds"] else {"bound": 0, "seconds": 0.0}
    return {"program": name, "end": answer["end"], "bound": last["bound"],
            "schedules": schedules_of(answer),
            "states": last.get("states", 0),
            "seconds": sum(bound["seconds"] for bound in answer["bounds"]),
            "signature": answer["signature"]}


def hunt(tool, bound, cases, found_in, folder=FOLDER, budget_s=None, only=None):
    """The cheapest failure: the lowest bound first, then the fewest schedules. None: nothing fails.
    `found_in`: where failing cases are written; `only`: the name of a program."""
    for limit in range(bound + 1):
        best = None
        for path in programs(folder):
            if only and path.stem != only:
                continue
            output = found_in / f"{path.stem}.case"
            answer = concertina.verify(tool, path, limit, output, budget_s)
            if answer["end"] != "failed":
                continue
            row = {"program": path.stem, "bound": answer["preemptions"],
                   "schedules": schedules_of(answer), "signature": answer["signature"],
                   "oracle": answer["oracle"], "case": answer["output"],
                   "why_no_case": answer["why_no_output"]}
            cases.append(row)
            if best is None or row["schedules"] < best["schedules"]:
                best = row
        if best:
            return best
    return None


def faults_of(row, mutant):
    """What is not as it must be; nothing when the row is good."""
    if not row["found"]:
        if mutant.name not in NOT_EXPRESSIBLE:
            yield "MISSED"
        return
    if mutant.name in NOT_EXPRESSIBLE:
        yield "FOUND AFTER ALL"
    if mutant.oracles and row["oracle"] not in mutant.oracles:
        yield "WRONG ORACLE: " + row["oracle"]
    if row["case"] and row["replays_failing"] != REPLAYS:
        yield "UNSTABLE"


def replays_that_fail(tool, row):
    """Of the written case, with the same signature; 0 when it could not be written."""
    if not row["case"]:
        return 0
    answer = concertina.replay(tool, row["case"], REPLAYS)
    return answer["failures"] if answer["agree"] and answer["signature"] == row["signature"] else 0


def hunt_cells(row):
    faults = "".join(f" **{fault}**" for fault in row["faults"])
    if not row["found"]:
        reason = NOT_EXPRESSIBLE.get(row["mutant"], "")
        return row["mutant"], f"not expressible: {reason}", "", "", "", faults
    return (row["mutant"], row["program"], row["flavour"], row["bound"], f"{row['schedules']:,}",
            row["signature"] + faults)


def verification_cells(row):
    end = row["end"] if row["end"] != "failed" else f"**FAILED** {row['signature']}"
    return (row["program"], row["flavour"], end, row["bound"], f"{row['schedules']:,}",
            f"{row['states']:,}", f"{row['seconds']:.1f}")


def tables(rows):
    if rows and "mutant" in rows[0]:
        return markdown.table(["mutant", "litmus program", "flavour", "preemptions",
                               "schedules to failure", "seen as"], map(hunt_cells, rows))
    return markdown.table(["program", "flavour", "end", "bound", "schedules", "states", "s"],
                          map(verification_cells, rows))


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--mutants", action="store_true", help="hunt the mutants")
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        help="only these mutants (default: all)")
    parser.add_argument("--bound", type=arguments.preemptions, default=2,
                        help="preemptions, at most (default 2)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=FUZZ_FLAVOURS, help="may be repeated")
    parser.add_argument("--budget", type=arguments.seconds(1), metavar="S",
                        help="seconds per program")
    experiment.add_options(parser, "litmus")
    options = parser.parse_args()
    if options.write and options.mutants:
        options.write = "litmus-mutants"
    return options


def main(options):
    measured = (Hunt if options.mutants else Verification)(options)
    rows = measured.show(measured.run())
    good = sum(map(measured.is_good, rows))
    say(f"\n{good} of {len(rows)} rows are good")
    return EXIT_OK if good == len(rows) else EXIT_FAILED
