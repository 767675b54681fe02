"""One night: builds, replays the whole corpus twice, fuzzes, stresses, hunts known bugs in
rotation.

Writes build/nightly/NIGHT/summary.md and summary.json. It may be interrupted or killed at any
moment: the next call for the same night resumes with the interrupted step, and retries steps that
could not run. A finding is new unless an earlier night has reported it; one that was gone and has
come back is new, too.
Exit code: 0 a good night, 1 a new finding, 2 a step could not run, or the night could not continue.
"""

import datetime

import arguments
import locks
import needs
import night_steps
import provenance
from common import BUILD, one_line, relative, say
from night import Night

NEEDS = needs.AFL

FOLDER = BUILD / "nightly"
KNOWN = "known.json"
LOCK = "night.lock"
OF_ALL_NIGHTS = (KNOWN, LOCK)  # and what is set aside of them


def parse_options():
    parser = arguments.parser(__doc__)
    today = datetime.date.today()
    parser.add_argument("--night", default=today.isoformat(), metavar="NAME",
                        help="its folder under build/nightly (default: today)")
    parser.add_argument("--seconds", type=arguments.whole(1, arguments.YEAR_S), default=4 * 3600,
                        help="for fuzzing and stress together (default four hours)")
    parser.add_argument("--mutants", type=arguments.count_or_none, default=6, metavar="N",
                        help="known bugs to hunt, others each night (default 6; 0: none)")
    parser.add_argument("--ordinal", type=arguments.count_or_none, default=today.toordinal(),
                        help="turns the rotation and the engines' seeds (default: the date)")
    parser.add_argument("--plant", default="", type=arguments.mutant, metavar="MUTANT",
                        help="fuzz a tree with this mutant in it, to see a night find something")
    options = parser.parse_args()
    if "/" in options.night or options.night.startswith(".") or not options.night.isprintable():
        parser.error(f"--night: '{one_line(options.night)}' is a path, hidden, or not text; it "
                     "takes a plain name")
    if options.night.startswith(OF_ALL_NIGHTS):
        parser.error(f"--night: '{options.night}' is what all nights share; it takes another name")
    return options


def work(options):
    folder = FOLDER / options.night
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"commit": provenance.commit(), "machine": provenance.machine(),
             "seconds for fuzzing and stress": options.seconds,
             "planted mutant": options.plant or "none",
             provenance.KEY: provenance.line(provenance.of_night(options))}
    night = Night(folder, FOLDER / KNOWN, facts, say)
    steps = night_steps.steps_of(options.seconds, options.ordinal, options.mutants, options.plant)
    try:
        night.run(steps)
        # What was planted must not be known when it comes by itself.
        night.finish(remembers=not options.plant)
    finally:
        say(f"night {options.night}: {night.verdict()}; summary: {relative(folder / 'summary.md')}"
            + ("; call it again to continue" if night.not_done() else ""))
    return night.code()


def main(options):
    FOLDER.mkdir(parents=True, exist_ok=True)
    with locks.held(FOLDER / LOCK, "the night"):  # two would lose what the other one learns
        return work(options)
