"""What nights keep on disk, read with suspicion: a disk may have been full, a machine may have lost
its power, a person may have edited it. What does not have the form below, in each of its fields, is
set aside as NAME.damaged-N, which is reported, and the night continues without it.

    state.json  {"version": 2, "facts": {...}, "planned": [STEP, ...], "notes": [LINE, ...],
                 "remembered": BOOL,  known.json has what is in the results
                 "results": [{"step", "status", "seconds", "summary", "findings", "tried", "gone",
                              "numbers"}, ...]}
    known.json  {"version": 2, "findings": {KEY: {"signature", "scope", "first", "last", "gone",
                                                  "returned", "case", "flavour", "fingerprint"}}}

Another version is damaged, too.
"""

import os
import re

import files
from common import FUZZ_FLAVOURS, Unusable, relative

VERSION = 2
NUMBER_MAX = 1e15
SHOWN_MAX = 40
STATUSES = OK, FINDING, UNUSABLE = "ok", "finding", "could not run"


class Malformed(Exception):
    """In words: what is not as it should be, and where."""


def is_text(value):
    """JSON may have half a character, which no file can."""
    return isinstance(value, str) and not re.search("[\ud800-\udfff]", value)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) \
        and abs(value) < NUMBER_MAX  # nor is NaN one


def one_of(words):
    return lambda value: value in words, f"one of: {', '.join(words)}"


# A form is a test with its words, [FORM] for a list, {str: FORM} for an object with any keys, or
# {KEY: FORM, ...} for one with these, of which some may be missing.
OPTIONAL = ("case", "flavour", "fingerprint", "replay")
TEXT = is_text, "text"
NUMBER = is_number, "a number"
FACT = (lambda value: is_text(value) or is_number(value), "text or a number")
FLAG = (lambda value: isinstance(value, bool), "true or false")
IS_NOW = (lambda value: is_number(value) and value == VERSION, str(VERSION))
OF_A_CASE = {"case": TEXT, "flavour": one_of(FUZZ_FLAVOURS), "fingerprint": TEXT}
FOUND = {"signature": TEXT, "scope": TEXT, "news": TEXT, "replay": TEXT, **OF_A_CASE}
RESULT = {"step": TEXT, "status": one_of(STATUSES), "seconds": NUMBER, "summary": TEXT,
          "findings": [FOUND], "tried": [TEXT], "gone": [TEXT], "numbers": {str: NUMBER}}
STATE = {"version": IS_NOW, "facts": {str: FACT}, "planned": [TEXT], "notes": [TEXT],
         "remembered": FLAG, "results": [RESULT]}
ENTRY = {"signature": TEXT, "scope": TEXT, "first": TEXT, "last": TEXT, "gone": TEXT,
         "returned": TEXT, **OF_A_CASE}
KNOWN = {"version": IS_NOW, "findings": {str: ENTRY}}


def require(is_so, words):
    if not is_so:
        raise Malformed(words)


def check(value, form, where):
    if isinstance(form, tuple):
        test, words = form
        require(test(value), f"{where} is not {words}")
    elif isinstance(form, list):
        require(isinstance(value, list), f"{where} is not a list")
        for i, item in enumerate(value):
            check(item, form[0], f"{where}[{i}]")
    else:
        require(isinstance(value, dict), f"{where} is not an object")
        for key in form:
            require(key is str or key in OPTIONAL or key in value, f"{where} has no '{key}'")
        for key, item in value.items():
            name = ascii(key[:SHOWN_MAX])
            its = form.get(str) or form.get(key)
            require(its and is_text(key), f"{where} has an unknown field {name}")
            check(item, its, f"{where}[{name}]")


def check_state(value):
    check(value, STATE, "the state")
    names = [item["step"] for item in value["results"]]
    require(len(set(names)) == len(names), "the state has two results of one step")
    return value


def check_known(value):
    check(value, KNOWN, "it")
    return value


def load(path, check, what):
    """Its content, or None when there is none; and a line about what was set aside, or ""."""
    if not os.path.lexists(path):
        return None, ""
    try:
        return check(files.read_json(path, what)), ""
    except Unusable as error:
        reason = str(error)
    except Malformed as error:
        reason = f"{relative(path)} is damaged: {error}; it should be {what}"
    aside = files.set_aside(path)
    return None, f"{' '.join(reason.split())}. Set aside as {aside.name}"
