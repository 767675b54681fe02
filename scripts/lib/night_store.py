"""What nights keep on disk, read with suspicion: a disk may have been full, a machine may have lost
its power, a person may have edited it. What does not have the form below, in each of its fields, is
set aside as NAME.damaged-N, which is reported, and the night continues without it.

    state.json  {"version": 2, "facts": {...}, "planned": [STEP, ...], "notes": [LINE, ...],
                 "remembered": BOOL,  known.json has what is in the results
                 "results": [{"step", "status", "seconds", "summary", "findings", "tried", "gone",
                              "numbers"}, ...]}
    known.json  {"version": 2, "findings": {KEY: {"signature", "scope", "first", "last", "gone",
                                                  "returned", "case", "flavour", "fingerprint"}}}

Version 1 of state.json was the list of results alone, so that one could not tell how many there
should be: it is damaged. Version 1 of known.json, {signature: night}, is converted.
"""

import os

import files
from common import FUZZ_FLAVOURS, Unusable, relative

VERSION = 2
NUMBER_MAX = 1e15
SHOWN_MAX = 40
STATUSES = OK, FINDING, UNUSABLE = "ok", "finding", "could not run"


class Malformed(Exception):
    """In words: what is not as it should be, and where."""


def require(is_so, words):
    if not is_so:
        raise Malformed(words)


def text(value, where):
    require(isinstance(value, str), f"{where} is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{where} has half a character") from None
    return value


def shown(key):
    return ascii(key[:SHOWN_MAX])


def number(value, where):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    require(is_number and abs(value) < NUMBER_MAX, f"{where} is not a number")  # nor is NaN


def flag(value, where):
    require(isinstance(value, bool), f"{where} is neither true nor false")


def record(value, where, required, optional=()):
    """An object with these fields; fields are functions by name."""
    require(isinstance(value, dict), f"{where} is not an object")
    for key in required:
        require(key in value, f"{where} has no '{key}'")
    for key, item in value.items():
        check = {**required, **dict(optional)}.get(key)
        require(check, f"{where} has an unknown field {shown(key)}")
        check(item, f"{where}.{key}")


def mapping(check):
    def check_all(value, where):
        require(isinstance(value, dict), f"{where} is not an object")
        for key, item in value.items():
            check(item, f"{where}[{shown(text(key, where))}]")
    return check_all


def sequence(check):
    def check_all(value, where):
        require(isinstance(value, list), f"{where} is not a list")
        for i, item in enumerate(value):
            check(item, f"{where}[{i}]")
    return check_all


texts = sequence(text)


def version(value, where):
    require(value == VERSION and not isinstance(value, bool), f"{where} is not {VERSION}")


def status(value, where):
    require(value in STATUSES, f"{where} is none of: {', '.join(STATUSES)}")


def flavour(value, where):
    require(value in FUZZ_FLAVOURS, f"{where} is none of: {', '.join(FUZZ_FLAVOURS)}")


CASE_FIELDS = {"case": text, "flavour": flavour, "fingerprint": text}


def finding(value, where):
    record(value, where, {"signature": text, "scope": text, "news": text},
           {"replay": text, **CASE_FIELDS})


def result(value, where):
    record(value, where, {"step": text, "status": status, "seconds": number, "summary": text,
                          "findings": sequence(finding), "tried": texts, "gone": texts,
                          "numbers": mapping(number)})


def check_state(value):
    record(value, "the state", {"version": version, "facts": mapping(fact), "planned": texts,
                                "notes": texts, "remembered": flag, "results": sequence(result)})
    names = [item["step"] for item in value["results"]]
    require(len(set(names)) == len(names), "the state has two results of one step")
    return value


def fact(value, where):
    if not isinstance(value, str):
        number(value, where)


def known(value, where):
    record(value, where, {key: text for key in ("signature", "scope", "first", "last", "gone",
                                                "returned")},
           CASE_FIELDS)


def check_known(value):
    require(isinstance(value, dict), "it is not an object")
    if "version" not in value:
        return converted(value)
    record(value, "it", {"version": version, "findings": mapping(known)})
    return value


def converted(old):
    """Version 1. Where these were found is not recorded."""
    mapping(text)(old, "it")
    return {"version": VERSION, "findings": {
        signature: {"signature": signature, "scope": "", "first": night, "last": night, "gone": "",
                    "returned": ""} for signature, night in old.items()}}


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
