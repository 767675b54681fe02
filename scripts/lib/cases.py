"""Case files as scripts see them: the header, and the flavour to run one in."""

import subprocess

from common import FUZZ_FLAVOURS, Unusable


def read_header(tool, path):
    """The header as a dictionary; Unusable, with the tool's complaint, when it cannot be read."""
    result = subprocess.run([str(tool), "show", "--header", str(path)], capture_output=True,
                            text=True, errors="replace", check=False)
    if result.returncode != 0:
        raise Unusable(result.stderr.strip() or f"{path}:1:1: the tool ended with exit code "
                                                f"{result.returncode}")
    pairs = (line.partition(":") for line in result.stdout.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def able_flavours(path, header):
    """Flavours that can see what the case shows; empty: any."""
    able = [word.strip() for word in header.get("flavour", "any").split(",") if word.strip()]
    if "any" in able:
        return []
    for flavour in able:
        if flavour not in FUZZ_FLAVOURS:
            raise Unusable(f"{path}:1:1: the header names an unknown flavour '{flavour}'")
    return able


def choose_flavour(path, header, wanted):
    able = able_flavours(path, header)
    if not able:
        return wanted or "address"
    if wanted and wanted not in able:
        raise Unusable(f"{path}:1:1: flavour '{wanted}' cannot see this bug; it needs "
                       f"{' or '.join(able)}")
    return wanted or able[0]
