"""The doors' options: one parser, and types that say what they take before anything is done."""

import argparse
import math
import os
import re
import textwrap

import common
import mutants

YEAR_S = 365 * 24 * 3600
COUNT_MAX = 10 ** 9
SEED_MAX = 2 ** 63 - 1
ENGINE_SEED_MAX = 2 ** 31 - 1  # libFuzzer's, an int; it takes 0 for "any"
WORKERS_MAX = 1024
PREEMPTIONS_MAX = 15  # the tool's

EPILOG = """\
Exit codes of every script: 0 as expected, 1 a bug or an unexpected verdict, 2 could not run, with
the reason. Interrupted (Ctrl-C, SIGTERM), it dies of the signal: 130 or 143 for a shell."""

LIST = re.compile(r" |[0-9]+\. ")


class Help(argparse.HelpFormatter):
    """Paragraphs are filled to the terminal's width; lines that are indented, or an item of a list,
    start a new line."""

    def _fill_text(self, text, width, indent):
        return "\n\n".join(self.filled(paragraph, width)
                           for paragraph in text.strip().split("\n\n"))

    @staticmethod
    def filled(paragraph, width):
        pieces = []
        for line in paragraph.splitlines():
            if pieces and not LIST.match(line):
                pieces[-1] += " " + line
            else:
                pieces.append(line)
        return "\n".join(textwrap.fill(
            piece, width, subsequent_indent="   " if LIST.match(piece) else "",
            break_long_words=False, break_on_hyphens=False) for piece in pieces)


class Parser(argparse.ArgumentParser):
    def _get_values(self, action, arg_strings):
        """An empty value is a variable of a shell that was not set. None of the options takes it,
        but --mutant, where it is none."""
        for text in arg_strings:
            if not text.strip(" ,") and action.type is not mutant:
                raise argparse.ArgumentError(action, "its value is empty")
        return super()._get_values(action, arg_strings)

    def error(self, message):
        super().error(common.one_line(message))


def parser(doc):
    result = Parser(description=doc, epilog=EPILOG, formatter_class=Help)
    result.add_argument("--no-setup", action="store_true",
                        help="install nothing; when a package is missing, say so and exit 2")
    return result


def ranged(convert, kind, least, most):
    def read(text):
        try:
            number = convert(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:  # nan is in no range
            raise argparse.ArgumentTypeError(f"'{text}' is not {kind} from {least} to {most}")
        return number
    return read


def whole(least, most=COUNT_MAX):
    return ranged(int, "a whole number", least, most)


def seconds(least, most=YEAR_S):
    """At most a year: no engine could count for ever."""
    return ranged(float, "a number of seconds", least, most)


count = whole(1)
count_or_none = whole(0)
seed = whole(0, SEED_MAX)
engine_seed = whole(1, ENGINE_SEED_MAX)
workers = whole(1, WORKERS_MAX)
preemptions = whole(0, PREEMPTIONS_MAX)


def existing(path):
    """A file or folder that exists. Its reader judges the content."""
    if not os.path.exists(path):
        raise argparse.ArgumentTypeError(f"'{path}' does not exist")
    return path


def add_form(parser):
    """For doors that take inputs of both forms."""
    parser.add_argument("--bytes", action="store_true",
                        help="FILE holds an engine's bytes, whatever its name says")


def folder(path):
    if not os.path.isdir(path):
        raise argparse.ArgumentTypeError(f"'{path}' is not a folder")
    return path


def mutant(name):
    """One of fuzzers/mutants; "" for none."""
    return mutants.find(name).name if name else name


def mutant_list(text):
    return [mutants.find(name.strip()).name for name in text.split(",") if name.strip()]
