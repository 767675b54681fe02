"""The bug depth and the critical pair of a case, as the tool finds them, and in its header."""

import re

import concertina

BOUND = 4
BUDGET_S = 60
UNKNOWN = {"known": False, "proved": False, "signature": "", "depth_words": "", "pair_words": ""}


def depth_of(tool, case, bound=BOUND, budget_s=BUDGET_S, more=()):
    """What `concertina depth` says of a failing case, as a dictionary. `more`: its other options."""
    answer = concertina.depth(tool, case, bound, budget_s, more)
    return UNKNOWN if answer is None else answer


def oracle_of(answer):
    return answer["signature"].partition(":")[0]


def fields_of(answer):
    """Header fields; what is not known is left as it was."""
    words = {"depth": answer["depth_words"], "pair": answer["pair_words"]}
    return {key: value for key, value in words.items() if value}


def improves(answer, header):
    """Should the answer replace what the header says? How low an upper bound is depends on how long it was
    looked for, so it replaces no lower one, and no proof."""
    known = re.match(r"(at most )?(\d+) preemption", header.get("depth", ""))
    if answer["proved"] or not known or contradiction(answer, header):
        return True
    return known[1] is not None and answer["depth"] < int(known[2])


def contradiction(answer, header):
    """What the header claims and this build has shown to be otherwise: the claim is of another build,
    or of another case. Empty when both may be true."""
    claimed = re.match(r"(at most )?(\d+) preemption", header.get("depth", ""))
    about_draws = "draws" in header.get("depth", "") + answer["depth_words"]
    if not claimed or not answer["known"] or about_draws:  # all draws say more than some
        return ""
    upper, number = claimed[1] is not None, int(claimed[2])
    is_lower = not upper and answer["depth"] < number
    is_higher = answer["proved"] and answer["depth"] > number
    if not is_lower and not is_higher:
        return ""
    return f"its header says '{header['depth']}', this build: {answer['depth_words']}"


def table(rows):
    lines = ["| case | flavour | depth | critical pair |", "|---|---|---|---|"]
    for row in rows:
        depth = row["depth_words"] or "not found"
        pair = row["pair_words"] or ("none" if row["known"] else "")
        lines.append(f"| {row['case']} | {row['flavour']} | {depth} | {pair} |")
    return "\n".join(lines)
