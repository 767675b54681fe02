"""What has been published of schedules to the first bug, for the yardstick's programs.

Means over the trials that found it, recomputed from the authors' raw files. SURW, PCT-3, POS and RW
(random walk): the artifact of Zhao et al., "Selectively uniform concurrency testing", ASPLOS 2025: 20
trials of at most 10,000 schedules (SafeStack: 1,000,000). RFF: the artifact of Wolff et al., "Greybox
fuzzing for concurrency testing", ASPLOS 2024: 20 trials of 5 minutes. PERIOD: Wen et al.,
"Controlled concurrency testing via periodical scheduling", ICSE 2022, from the same artifact.
"""

COLUMNS = ("SURW", "PCT-3", "POS", "RW", "RFF", "PERIOD")
TRIALS = 20
NEVER = "never"
# Not in that data set.
NOT_RUN = None

# A mean, or (mean, trials that found it) where not all did.
MEANS = {
    "account": (6, 4, 4, 18, 1, 10),
    "bluetooth": (70, 112, 36, 215, 45, 9),
    "carter01": (NOT_RUN, 5, 2, 1, 2, 4),
    "circular_buffer": (3, 9, 2, 4, 2, 3),
    "deadlock01": (2, 13, 4, 3, 5, 3),
    "lazy01": (2, 5, 5, 21, 6, 7),
    "queue": (2, 3, 1, 1, 1, 4),
    "stack": (5, 3, 2, 176, 2, 8),
    "token_ring": (8, 8, 9, 13, 5, 2),
    "reorder_3": (7, 185, 86, NEVER, 7, 6),
    "reorder_5": (10, 647, 2169, NEVER, 6, 12),
    "reorder_10": (17, (3225, 16), NEVER, NEVER, 6, 27),
    "reorder_20": (6, 3005, NEVER, NEVER, 6, 39),
    "reorder_50": (13, (3304, 6), NEVER, NEVER, 6, 129),
    "reorder_100": (194, NEVER, NEVER, NEVER, 6, 297),
    "twostage": (8, 13, 15, 464, 8, 4),
    "twostage_20": (6, 159, 156, NEVER, 22, 76),
    "twostage_50": (20, 1676, 1637, NEVER, 35, 286),
    "twostage_100": (454, (7466, 3), (6674, 3), NEVER, 56, 690),
    "wronglock": (7, 51, 10, 36, 1, 4),
    "wronglock_3": (9, 58, 11, 36, 1, 5),
    "stringbuffer": (8, 281, 23, (2243, 19), 15, 27),
    "work_steal_queue": (6, 48, 12, NOT_RUN, 10, 57),
    "interlocked_work_steal_queue": (6, 48, 14, NEVER, 1, 57),
    "state_work_steal_queue": (6, 842, 6, NOT_RUN, 1, 249),
    "interlocked_work_steal_queue_with_state": (6, 907, 5, 26, 7, 224),
    "safestack": ((368921, 19), NEVER, NEVER, NEVER, NEVER, NEVER),
}


def cell(mean):
    """As the table shows it."""
    if mean is NOT_RUN:
        return ""
    if mean == NEVER:
        return "-"
    if isinstance(mean, tuple):
        return f"{mean[0]:,} ({mean[1]}/{TRIALS})"
    return f"{mean:,}"
