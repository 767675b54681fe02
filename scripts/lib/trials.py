"""Trials of doors (kill_trials.py, disk_trials.py): one is started, disturbed, and judged by what
is seen of it from outside."""

import os
import signal
import subprocess
from dataclasses import dataclass

import arguments
import building
import markdown
import processes
from common import FUZZ_FLAVOURS, ROOT, relative, say

MUTANT = "close-forgets-senders"  # found by both engines in a few hundred executions
MARK = "CONCERTINA_TRIAL"


@dataclass
class Ended:
    code: int  # None: it had to be ended
    output: str


def obey_signals():
    """A shell starts what it runs in the background with SIGINT ignored, and doors would inherit
    it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def parser_of(doc, count):
    parser = arguments.parser(doc)
    parser.add_argument("--trials", type=arguments.count, default=count,
                        help=f"in all (default {count})")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="of the trials (default 1)")
    parser.add_argument("--flavour", choices=FUZZ_FLAVOURS, default="none")
    return parser


def build(flavour):
    """This tree, and one with a bug."""
    trees = [building.clean_tree(), building.tree(MUTANT)]
    for tree in trees:
        say(f"building {relative(tree.build_folder(flavour))}")
        building.build_for_engine(tree, flavour, "all")
    return trees


def start(command, token=""):
    return processes.Process(command, env={**os.environ, MARK: token}, start_new_session=True,
                             cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, errors="replace")


def outlasts(process, seconds):
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        return True


def end_of(process, limit_s):
    """How it ended, after that time by force, and what it printed."""
    try:
        output, _ = process.communicate(timeout=limit_s)
        return Ended(process.returncode, output)
    except subprocess.TimeoutExpired:
        process.end()
        return Ended(None, process.communicate()[0])


def table(head, rows):
    """`rows`: a kind, as cells, and its numbers. Their sums, by kind and of all."""
    def summed(cells, chosen):
        sums = [sum(column) for column in zip(*(numbers for _, numbers in chosen))]
        return *cells, *(f"{total:,}" for total in sums)

    kinds = sorted({kind for kind, _ in rows})
    lines = [summed(kind, [row for row in rows if row[0] == kind]) for kind in kinds]
    lines.append(summed(("all", *[""] * (len(kinds[0]) - 1)), rows))
    return markdown.table(head, lines, right=len(rows[0][1]))


def run(indices, one_trial, heads):
    """All trials; how many faults there were. Interrupted, it says what it has seen.
    `one_trial(index)` gives what the trial was, in words, its faults, and for each table a row or
    None."""
    tables, count = [[] for _ in heads], 0
    try:
        for index in indices:
            words, faults, rows = one_trial(index)
            say(f"trial {index}: {words}")
            for fault in faults:
                say(f"FAULT in trial {index}: {fault}")
            count += len(faults)
            for found, row in zip(tables, rows):
                found += [row] if row else []
    finally:
        for head, found in zip(heads, tables):
            if found:
                say("\n" + "\n".join(table(head, found)))
    return count
