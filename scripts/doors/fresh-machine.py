"""Runs the README's two commands on a machine that has nothing, for real.

Makes a bare Debian in build/fresh-machine (debootstrap's minbase with git and ca-certificates, from
the archive that this machine's apt uses), clones the committed tree into it, and runs scripts/fuzz
and scripts/test there: as root, and in another copy as a user with sudo. All mounts and processes
end with this script, however it ends. Prints a table; logs stay in build/fresh-machine/logs.
Exit code: 0 when every command ended with 0, 1 when not, 2 could not run.
"""

import shutil

import arguments
import locks
import machine
import markdown
import needs
from common import BUILD, EXIT_FAILED, EXIT_OK, FUZZ_FLAVOURS, Unusable, git, relative, say

NEEDS = needs.FRESH

FOLDER = BUILD / "fresh-machine"
LOGS = FOLDER / "logs"
COMMANDS = ("fuzz", "test", "night")
HEAD = ("suite", "user", "command", "exit code", "s")


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--suite", action="append", choices=machine.SUITES,
                        help="only this release; may be repeated (default: both)")
    parser.add_argument("--user", action="append", choices=machine.USERS,
                        help="only as root, or only as a person with sudo (default: both)")
    parser.add_argument("--command", action="append", choices=COMMANDS,
                        help="only this; may be repeated (default: fuzz, test). night: what the "
                             "workflow runs, a short one")
    parser.add_argument("--seconds", type=arguments.count, default=20, metavar="S",
                        help="seconds of fuzzing (default 20)")
    parser.add_argument("--flavour", choices=FUZZ_FLAVOURS,
                        help="fuzz and test in this flavour only: shorter")
    parser.add_argument("-R", "--regex", metavar="R",
                        help="only tests whose name matches: shorter still")
    parser.add_argument("--keep", action="store_true", help="leave the roots there, to look around")
    return parser.parse_args()


def command_line(name, options):
    words = {"fuzz": ["scripts/fuzz", "--seconds", options.seconds],
             "test": ["scripts/test"],
             "night": ["scripts/nightly", "--seconds", options.seconds, "--mutants", 0,
                       "--ordinal", 1]}[name]  # no night of a fresh machine: this is one
    if options.flavour and name != "night":
        words += [{"fuzz": "--sanitizer", "test": "--flavour"}[name], options.flavour]
    if options.regex and name == "test":
        words += ["-R", options.regex]
    return words


def try_user(suite, user, options):
    """The commands of one user, on a machine of their own. Rows of the table."""
    root = FOLDER / suite / user
    where = machine.Machine(root, user)
    where.make(FOLDER / suite / "bare")
    rows = []
    for name in options.command or COMMANDS[:2]:
        words = command_line(name, options)
        log = LOGS / f"{suite}-{user}-{name}.log"
        text = " ".join(map(str, words))
        say(f"{suite}, {user}: {text}  (log: {relative(log)})")
        code, seconds = where.run(words, log)
        rows.append((suite, user, text, str(code), f"{seconds:.0f}"))
        say(f"{suite}, {user}: exit code {code}")
    if not options.keep:
        shutil.rmtree(root)
    return rows


def try_suite(suite, archive, options):
    rows = []
    try:
        say(f"{suite}: debootstrap")
        machine.make_bare(FOLDER / suite / "bare", suite, archive)
        for user in options.user or machine.USERS:
            rows += try_user(suite, user, options)
    finally:
        if not options.keep:
            shutil.rmtree(FOLDER / suite)
    return rows


def say_what_is_tested():
    changed = git("status", "--porcelain", text=True)
    if changed.returncode != 0:
        raise Unusable(f"no git repository to clone: {changed.stderr.strip()}")
    if changed.stdout.strip():
        say("uncommitted changes are not tested")


def main(options):
    FOLDER.mkdir(parents=True, exist_ok=True)
    machine.check_able(FOLDER)
    say_what_is_tested()
    archive = machine.Archive()
    rows = []
    with locks.held(FOLDER / "machines.lock", "the machines"):
        for suite in options.suite or machine.SUITES:
            rows += try_suite(suite, archive, options)
    say("\n" + "\n".join(markdown.table(HEAD, rows, right=2)))
    return EXIT_OK if all(row[3] == "0" for row in rows) else EXIT_FAILED
