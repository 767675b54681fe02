"""What every script shares: where things are, how to fail, how to call a program."""

import os
import re
import subprocess
import sys
from pathlib import Path

import processes

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
FLAVOURS = ("address", "thread", "none", "coverage")
FUZZ_FLAVOURS = ("address", "thread", "none")

# Exit codes of every script and of the tool; ending.py says how they come about.
EXIT_OK = 0
EXIT_FAILED = 1
EXIT_UNUSABLE = 2


class Unusable(Exception):
    """Nothing could be judged: bad input, a failed build. Becomes exit code 2 with the reason."""


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. No handler of errors may take it for one."""


def say(text, end="\n"):
    print(text, end=end, flush=True)


def visible(text):
    """Foreign text: what a terminal would obey, and what is not text, as \\xNN."""
    return re.sub("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]",
                  lambda found: f"\\x{ord(found[0]) & 0xff:02x}", text)


def one_line(text):
    return visible(text).replace("\n", "\\x0a")


def verdict_of(code):
    """A program's exit code as a script's own: one that has judged nothing, or died, could not
    run."""
    return code if code in (EXIT_OK, EXIT_FAILED) else EXIT_UNUSABLE


def cores():
    return len(os.sched_getaffinity(0))


def slug(text, length_max=60):
    """A piece of text as a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:length_max].strip("-") or "unnamed"


def relative(path):
    """A path as a person standing in the project's root would type it."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def call(command, what, quiet=True, **options):
    """Runs a program to its end; its output is shown only when it fails (or when not quiet)."""
    command = [str(part) for part in command]
    if quiet:
        options.update(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                       errors="replace")
    try:
        result = processes.run(command, **options)
    except OSError as error:
        raise Unusable(f"{what}: cannot run {error.filename}: {error.strerror}") from error
    if result.returncode != 0:
        if quiet:
            sys.stderr.write(last_lines(result.stdout, 60))
        raise Unusable(f"{what} failed: {processes.end_words(result.returncode)}")
    return result.stdout if quiet else ""


def output_of(*command, what="", **options):
    """What it prints; a failure is explained by what it complains."""
    result = processes.run(command, capture_output=True, text=True, errors="replace", **options)
    if result.returncode != 0:
        raise Unusable(f"{what or command[0]}: {result.stderr.strip()}")
    return result.stdout


def git(*words, root=ROOT, **options):
    # In a container the checkout may be another user's, which git takes for a trap.
    return processes.run(["git", "-c", f"safe.directory={root}", "-C", root, *words],
                         capture_output=True, **options)


def last_lines(text, count):
    lines = (text or "").splitlines()
    return "".join(line + "\n" for line in lines[-count:])


def batches(items, count):
    """Lists of at most `count`: the kernel limits a command's length."""
    return [items[i:i + count] for i in range(0, len(items), count)]


def chosen(what, names, known, without=()):
    """The names in a list with commas; all that are known when it is empty."""
    if not names:
        return [name for name in known if name not in without]
    result = []
    for name in names.split(","):
        if name not in known:
            raise Unusable(f"no {what} '{name}'; there are: {', '.join(known)}")
        if name not in result:
            result.append(name)
    return result
