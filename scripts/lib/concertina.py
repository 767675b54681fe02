"""The tool `concertina`, as scripts call it: one way of making the command, running it and reading
it.

An answer is the last line of what it prints, as JSON. Without one, what it says on stderr is the
reason why nothing could be judged.
"""

import json
import os
import subprocess

import files as whole_files
import processes
from common import EXIT_UNUSABLE, Unusable, call
from engine import RUN_TIMEOUT_S

REPLAYING_S = 600
MINIMIZING_S = 1800
# What a person reads at a glance; a case that needs more says why.
GOROUTINES_MAX = 3
OPERATIONS_MAX = 8
KEPT_OF_A_REASON = 2000
NO_FAILURE = "it does not fail"  # the tool's words for a case that passes
NO_ACCESS = ": cannot read the file: "  # for one whose content it has not seen


class NoCase(Unusable):
    """The tool has read a file, and it is not an input."""


def plain(path):
    """A file's name as an argument that is no option, whatever it begins with."""
    path = str(path)
    return f"./{path}" if path.startswith("-") else path


def command(tool, *words, files=(), as_bytes=False):
    """`as_bytes`: the files are engines' inputs, which their names need not say (--help)."""
    return [str(tool), *map(str, words), *(["--bytes"] if as_bytes else []), *map(plain, files)]


def reason_of(result):
    """In the tool's words; else how it ended."""
    said = (result.stderr or "").strip()[-KEPT_OF_A_REASON:]
    return said or f"{result.args[0]}: no answer, {processes.end_words(result.returncode)}"


def run(words, what, limit_s=None, **options):
    """Runs a command of command() to its end; what it printed is kept."""
    try:
        return processes.run(words, capture_output=True, text=True, errors="replace",
                             stdin=subprocess.DEVNULL, timeout=limit_s, **options)
    except OSError as error:
        raise Unusable(f"cannot {what}: {error.filename}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Unusable(f"cannot {what}: no answer within {limit_s} s") from error


def answers(result, what):
    """All lines, each of which is one answer."""
    try:
        return [json.loads(line) for line in result.stdout.splitlines()]
    except ValueError as error:
        raise Unusable(f"cannot {what}: {reason_of(result)}") from error


def answer(result, what):
    """The last line."""
    try:
        found = json.loads(result.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise Unusable(f"cannot {what}: {reason_of(result)}")
    return found


def ask(words, what, limit_s=None, **options):
    return answer(run(words, what, limit_s, **options), what)


def replay(tool, path, times=1, env=None, limit_s=REPLAYING_S, as_bytes=False):
    """What `times` replays of a file come to, as a dictionary."""
    return ask(command(tool, "replay", "--json", "--times", times, "--timeout", RUN_TIMEOUT_S,
                       files=[path], as_bytes=as_bytes), f"replay {path}", limit_s, env=env)


def file_of(answer):
    """The file that an answer is about. The tool writes each byte of its name as one character."""
    return os.fsdecode(answer["file"].encode("latin-1"))


def signature(tool, log, code):
    """What a process that has ended so, and said what is in `log`, died of."""
    words = ("--signal", -code) if code < 0 else ("--exit-status", code)
    asking = command(tool, "signature", "--json", *words, files=[log])
    return ask(asking, f"read {log}")["signature"]


def header(tool, path, as_bytes=False):
    """A case's header as a dictionary; Unusable, with the tool's complaint, when it cannot be
    read."""
    result = run(command(tool, "show", "--header", files=[path], as_bytes=as_bytes), f"read {path}")
    if result.returncode != 0:
        said = result.stderr.strip() if result.returncode > 0 else ""  # a signal says more
        is_read = result.returncode == EXIT_UNUSABLE and said and NO_ACCESS not in said
        raise (NoCase if is_read else Unusable)(
            said or f"{path}:1:1: the tool: {processes.end_words(result.returncode)}")
    pairs = (line.partition(":") for line in result.stdout.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def text(tool, source, fields, as_bytes=False):
    """`source` as case text with these header fields."""
    sets = [part for key, value in fields.items() for part in ("--set", f"{key}={value}")]
    result = run(command(tool, "show", "--as", "text", *sets, files=[source], as_bytes=as_bytes),
                 f"read {source}")
    if result.returncode != 0:
        raise Unusable(f"cannot read {source}: {reason_of(result)}")
    return result.stdout


def write_text(tool, source, target, fields, as_bytes=False):
    """The same in `target`, which may be `source`."""
    whole_files.write_whole(target, text(tool, source, fields, as_bytes))


def generate(tool, count, seed, folder):
    call(command(tool, "generate", "--count", count, "--seed", seed, "--as", "bytes", "--output",
                 plain(folder)), "generating programs")


def minimize(tool, case, output, budget=None, seed=1):
    """Writes the minimised case to `output`; what the tool says of it, as a dictionary."""
    more = ["--budget", budget] if budget else []
    return ask(command(tool, "minimize", "--json", plain(case), "-o", plain(output), "--seed", seed,
                       *more), f"minimise {case}", MINIMIZING_S)


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


def neighbours(tool, path, count, as_bytes=False):
    """How many of `count` schedules near the case's own fail, and the first one's signature."""
    found = ask(command(tool, "neighbours", "--json", "--count", count, files=[path],
                        as_bytes=as_bytes), f"run the neighbours of {path}")
    return found["failures"], found["first_signature"]


def depth(tool, case, bound, budget_s, more=()):
    """The depth of a failing case; None for one that passes here. `more`: its other options."""
    what = f"find the depth of {case}"
    result = run(command(tool, "depth", "--json", "--bound", bound, "--budget", budget_s, *more,
                         files=[case]), what)
    return None if NO_FAILURE in result.stderr else answer(result, what)


def verify(tool, path, bound, output=None, budget_s=None):
    more = (["--out", plain(output)] if output else []) + (["--budget", budget_s] if budget_s
                                                           else [])
    return ask(command(tool, "verify", "--json", "--bound", bound, plain(path), *more),
               f"verify {path}")


def explore(tool, path, *words):
    """What `explore` says of each search, as dictionaries."""
    what = f"explore {path}"
    result = run(command(tool, "explore", "--json", *words, files=[path]), what)
    return answers(result, what), reason_of(result)


def talk(words):
    """Runs a command that does the talking, to a person; its exit code."""
    return processes.run(words).returncode
