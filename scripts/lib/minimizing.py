"""Minimising from a script: one call of the tool, and what counts as small."""

import json
import subprocess

from common import Unusable
from engine import die_with_parent

# What a person reads at a glance; a case that needs more says why.
GOROUTINES_MAX = 3
OPERATIONS_MAX = 8
LIMIT_S = 1800


def minimize(tool, case, output, budget=None, seed=1):
    """Writes the minimised case to `output`; what the tool says of it, as a dictionary."""
    command = [str(tool), "minimize", "--json", str(case), "-o", str(output), "--seed", str(seed)]
    if budget:
        command += ["--budget", str(budget)]
    try:
        # A killed script leaves no search behind.
        result = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                check=False, timeout=LIMIT_S, preexec_fn=die_with_parent)
        return json.loads(result.stdout.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise Unusable(f"cannot minimise {case}: {result.stderr.strip()}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"cannot minimise {case}: no end within {LIMIT_S} s") from error


def size_words(answer):
    """"2 goroutines, 3 operations, 1 stack event, 1 preemption"; what is not there is left out."""
    words = []
    for key, word in (("goroutines", "goroutine"), ("operations", "operation"),
                      ("stack_events", "stack event"), ("preemptions", "preemption")):
        count = answer[key]
        if count or key == "goroutines":
            words.append(f"{count} {word}{'' if count == 1 else 's'}")
    if not answer["free_of_chance"]:
        words.append("a schedule by chance")
    return ", ".join(words)


def is_small(answer):
    return answer["goroutines"] <= GOROUTINES_MAX and answer["operations"] <= OPERATIONS_MAX
