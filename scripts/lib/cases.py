"""Case files as scripts see them: the header, and which flavour one is to be run in."""

from common import FUZZ_FLAVOURS, Unusable


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
