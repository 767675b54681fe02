"""Builds and tests every flavour; the last line is `N passed, N failed[, N skipped]`.

Exit code: 0 when everything passed, 1 when not, 2 (without that line) when packages are missing
that could not be installed. A flavour that cannot be built counts as one failure.
"""

import shutil
import time
from collections import Counter

import arguments
import building
import needs
import processes
import tally
from common import EXIT_FAILED, EXIT_OK, FLAVOURS, FUZZ_FLAVOURS, ROOT, Unusable, cores, say

NEEDS = needs.AFL + ("lint",)

COMPARED_PROCESSES = 12


def run_ctest(folder, flavour, pattern):
    """Runs ctest; the counts come from the reports that it and the binaries leave."""
    reports = folder / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    junit = reports / "ctest.xml"
    command = ["ctest", "--test-dir", str(folder), "--output-on-failure", "--no-tests=error",
               "-j", str(cores()), "--output-junit", str(junit)]
    if pattern:
        command += ["-R", pattern]
    code = processes.run(command).returncode
    if not junit.is_file():
        raise Unusable(f"ctest of {flavour} left no report (exit code {code})")
    say(f"--- {flavour}: longest: " + ", ".join(
        f"{name} {seconds:.0f} s" for name, seconds in tally.longest(junit)))
    counts = tally.count(junit, lambda name: reports / (name.replace("/", "_") + ".xml"))
    counts[tally.FAILED] += code != 0 and not counts[tally.FAILED]
    return counts


def test_flavour(tree, flavour, pattern):
    begin = time.monotonic()
    say(f"--- {flavour}: building")
    folder = building.build(tree, flavour)
    say(f"--- {flavour}: built in {time.monotonic() - begin:.0f} s; testing")
    return run_ctest(folder, flavour, pattern)


def run_script(name, *words):
    """Counts as one test. Its packages are there by now."""
    say(f"--- {name}")
    code = processes.run([ROOT / "scripts" / name, "--no-setup", *words]).returncode
    return Counter([tally.FAILED if code else tally.PASSED])


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--flavour", action="append", choices=FLAVOURS,
                        help=f"only this one; may be repeated (default: {' '.join(FUZZ_FLAVOURS)})")
    parser.add_argument("-R", "--regex", metavar="R", help="only tests whose name matches")
    return parser.parse_args()


def main(options):
    tree = building.clean_tree()
    total = Counter()
    flavours = options.flavour or FUZZ_FLAVOURS
    is_everything = set(flavours) == set(FUZZ_FLAVOURS) and not options.regex
    if is_everything:
        total += run_script("lint")  # how the source is written
    for flavour in flavours:
        try:
            result = test_flavour(tree, flavour, options.regex)
        except Unusable as reason:
            # The closing line must come whatever happens; what could not be tested has failed.
            say(f"--- {flavour}: {reason}")
            result = Counter([tally.FAILED])
        say(f"--- {flavour}: {tally.line(result)}")
        total += result
    if is_everything:
        # Traces must be equal in every process and flavour.
        total += run_script("determinism", "--processes", COMPARED_PROCESSES)
    say(tally.line(total))
    return EXIT_FAILED if total[tally.FAILED] else EXIT_OK
