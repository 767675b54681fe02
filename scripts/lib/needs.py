"""What a door needs of the machine: groups of packages, as scripts/setup knows them.

A door names them in NEEDS, a tuple, or a function of the options that gives one. They are looked
for when the options have been judged, before anything else.
"""

import subprocess
import sys

import processes
from common import ROOT, Unusable

SETUP = ROOT / "scripts" / "setup"
BUILD = ("build",)
AFL = ("build", "afl")
LINT = ("build", "lint")
FRESH = ("fresh",)


def provide(name, groups, no_setup):
    """Says in one line what is missing, and has it installed or gives up."""
    if not groups:
        return
    result = processes.run([SETUP, "--check", *groups], stdout=subprocess.PIPE, text=True)
    if result.returncode not in (0, 1):
        raise Unusable("scripts/setup --check could not look for packages")
    missing = result.stdout.strip()
    if not missing:
        return
    by_hand = f"scripts/setup {' '.join(groups)}"
    if no_setup:
        raise Unusable(f"missing: {missing}; '{by_hand}' installs it")
    print(f"{name}: missing: {missing}; installing it (not with --no-setup)", file=sys.stderr,
          flush=True)
    # Its words go where this line went: a door's own output may be read by a program.
    if processes.run_to_its_end([SETUP, *groups], stdout=sys.stderr) != 0:
        raise Unusable(f"'{by_hand}' failed")
