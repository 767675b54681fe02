"""What a minimised case is like, in words, and what counts as small."""

# What a person reads at a glance; a case that needs more says why.
GOROUTINES_MAX = 3
OPERATIONS_MAX = 8


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
