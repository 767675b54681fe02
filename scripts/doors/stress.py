"""Runs the stress jobs on real threads, with forced stack moves and the scanner at work.

The time is shared by the jobs; without --sanitizer the first half is under TSan, the second under
ASan. The first line says how to repeat it all. A failing random program is kept in
build/stress/findings, and the simulator looks for a schedule that shows the failure again.
Exit code: 0 no failure, 1 a failure or a hang, 2 could not run.
"""

import functools

import arguments
import building
import files
import needs
import stressing
from common import EXIT_FAILED, EXIT_OK, chosen, say

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--job", metavar="NAME,...", default=",".join(stressing.JOBS),
                        help=f"of: {', '.join(stressing.JOBS)} (default: all)")
    parser.add_argument("--seconds", type=arguments.whole(1, arguments.YEAR_S), default=60,
                        help="for all jobs together (60); each has a second at least, and ends the "
                        "batch that it has begun")
    parser.add_argument("--sanitizer", choices=("thread", "address", "none"),
                        help="only this one (default: half the time thread, half address)")
    parser.add_argument("--workers", type=arguments.whole(1, stressing.PROCESSORS_MAX), default=2,
                        help="processors of the runtime (2)")
    parser.add_argument("--seed", type=arguments.seed, default=1,
                        help="of each job's first batch (1)")
    parser.add_argument("--scale", type=arguments.whole(1, 1_000_000), default=4,
                        help="work per goroutine (4)")
    parser.add_argument("--hang-seconds", type=arguments.whole(1, arguments.YEAR_S), default=60,
                        help="without any progress, until the watchdog reports a hang (60)")
    parser.add_argument("--neighbours", type=arguments.count_or_none, default=5000,
                        help="schedules that the simulator tries for a failing program (5000)")
    parser.add_argument("--mutant", default="", type=arguments.mutant,
                        help="put that defect from fuzzers/mutants in")
    parser.add_argument("--json", metavar="FILE", help="figures of each job")
    options = parser.parse_args()
    options.jobs = chosen("job", options.job, stressing.JOBS)
    return options


def main(options):
    flavours = [options.sanitizer] if options.sanitizer else ["thread", "address"]
    say("repeat:  " + stressing.repeat_command(options))
    tree = building.tree(options.mutant)
    options.build_tool = functools.partial(building.build_tool, tree)
    # What generates programs is no part of what is tested.
    options.generator = building.build_tool(building.clean_tree(), "none") \
        if "programs" in options.jobs else None
    results = []

    def keep(result):
        """After each job: one that cannot run, or an interrupt, must not take the others along."""
        results.append(result)
        if options.json:
            files.write_json(options.json, results)

    for flavour in flavours:
        say(f"building {flavour}" + (f" with mutant {options.mutant}" if options.mutant else ""))
        building.build(tree, flavour, ["stress_jobs"])
        seconds = max(1, options.seconds // (len(flavours) * len(options.jobs)))
        for job in options.jobs:
            stressing.run_job(tree, flavour, job, seconds, options, keep)
    for line in stressing.table(results):
        say(line)
    if options.json:  # with what the simulator has made of failures
        files.write_json(options.json, results)
    failures = sum(result["failures"] for result in results)
    return EXIT_FAILED if failures else EXIT_OK
