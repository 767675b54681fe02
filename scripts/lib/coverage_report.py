"""Reads llvm-cov's lcov export: which lines of which files ran."""

from dataclasses import dataclass, field


@dataclass
class FileLines:
    lines: int = 0
    uncovered: list = field(default_factory=list)

    @property
    def covered(self):
        return self.lines - len(self.uncovered)


def read_lcov(text):
    """Path -> FileLines. A line that several functions or instances share counts once."""
    files, counts, path = {}, {}, ""
    for line in text.splitlines():
        if line.startswith("SF:"):
            path, counts = line[3:], {}
        elif line.startswith("DA:"):
            number, count = line[3:].split(",")[:2]
            counts[int(number)] = counts.get(int(number), 0) + int(count)
        elif line == "end_of_record":
            uncovered = sorted(number for number, count in counts.items() if count == 0)
            files[path] = FileLines(len(counts), uncovered)
    return files


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3, 7"."""
    parts = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
