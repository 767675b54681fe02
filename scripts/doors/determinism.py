"""Shows that a run is a pure function of its input: equal trace hashes in many processes.

Each process runs all seeds and some generated inputs, twice each. Every second process runs 999
other inputs first, so that first and thousandth runs of a process are compared, and the flavours
take turns, so that builds are compared, too. Differing lines are printed with the names of both
processes. Exit code: 0 all equal, 1 a difference, or a run that died, 2 could not run.
"""

import subprocess

import arguments
import building
import concertina
import files
import needs
import processes
from common import EXIT_FAILED, EXIT_OK, FUZZ_FLAVOURS, ROOT, Unusable, cores, say

NEEDS = needs.BUILD

WARM_UP = 999
LIMIT_S = 600


def fingerprint(tool, generated, after):
    seeds = files.listed(ROOT / "corpus" / "seeds", "*.case")
    command = concertina.command(tool, "determinism", "--generated", generated, "--after", after,
                                 files=seeds)
    try:
        result = processes.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"{tool}: no end within {LIMIT_S} s") from error
    if result.returncode not in (EXIT_OK, EXIT_FAILED):
        raise Unusable(f"{tool}: {concertina.reason_of(result)}")
    return result.returncode, result.stdout.splitlines(), result.stderr


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--processes", type=arguments.whole(2, 10_000), default=100,
                        help="how many (default 100)")
    parser.add_argument("--generated", type=arguments.count_or_none, default=50,
                        help="generated inputs besides the seeds (default 50)")
    return parser.parse_args()


def main(options):
    tree = building.clean_tree()
    for flavour in FUZZ_FLAVOURS:
        building.build(tree, flavour, ("concertina",))
    plan = [(i, FUZZ_FLAVOURS[i % len(FUZZ_FLAVOURS)],
             WARM_UP if i // len(FUZZ_FLAVOURS) % 2 else 0) for i in range(options.processes)]
    differences = 0
    with processes.pool(cores()) as pool:
        results = pool.map(lambda p: fingerprint(tree.tool(p[1]), options.generated, p[2]), plan)
        reference = None
        for (index, flavour, after), (code, lines, stderr) in zip(plan, results):
            name = f"process {index} ({flavour}, after {after} other runs)"
            if reference is None:
                reference = (name, lines)
            if code != EXIT_OK:  # its runs differ, or it has died; the tool says which
                differences += 1
                say(f"{name}: {stderr.strip()}")
            if lines != reference[1]:
                differences += 1
                ours = next((a for a, b in zip(lines, reference[1]) if a != b), "fewer lines")
                theirs = next((b for a, b in zip(lines, reference[1]) if a != b), "more lines")
                say(f"{name}: {ours}\n{reference[0]}: {theirs}")
    inputs = len(reference[1])
    say(f"{options.processes} processes, {len(FUZZ_FLAVOURS)} flavours, {inputs} inputs each "
        f"twice: " + ("all hashes equal" if differences == 0 else f"{differences} faults"))
    return EXIT_OK if differences == 0 else EXIT_FAILED
