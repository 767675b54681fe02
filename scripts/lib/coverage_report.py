"""Reads llvm-cov's exports: which lines of which files ran, and which branches went which way."""

import bisect
import re
from dataclasses import dataclass, field

CODE_REGION = 0  # llvm's number
LAMBDA = re.compile(r"::(?:'lambda|\$_)")
UNCOUNTED = re.compile(r"^\s*[^#/\s].*\bUNCOUNTED\b|^\s*UNCOUNTED\b")
TEMPLATE_ARGUMENTS = re.compile(r"<[^<>]*>")


class Part:
    """How much of a file, or of all: `covered` of `count`."""
    count = 0
    covered = 0

    @property
    def share(self):
        return 100.0 * self.covered / max(self.count, 1)


@dataclass
class Total(Part):
    count: int
    covered: int


@dataclass
class FileLines(Part):
    count: int = 0
    uncovered: list = field(default_factory=list)

    @property
    def covered(self):
        return self.count - len(self.uncovered)


def total(parts):
    parts = list(parts)
    return Total(sum(part.count for part in parts), sum(part.covered for part in parts))


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


def uncounted_lines(source):
    """Numbers of the lines of functions that are marked so (runtime/base/check.h). Where such a
    function is not used, the compiler lists it all the same, as one that never ran."""
    numbers = set()
    for begin, first in enumerate(source):
        if not UNCOUNTED.match(first):
            continue
        last_of_body = first[:len(first) - len(first.lstrip())] + "}"
        has_body = False
        for i, line in enumerate(source[begin:], begin + 1):
            numbers.add(i)
            has_body = has_body or line.endswith("{")
            if line == last_of_body or not has_body and line.endswith((";", "}")):
                break
    return numbers


def without(lines, numbers):
    """FileLines, without those of these lines that never ran."""
    left = [number for number in lines.uncovered if number not in numbers]
    return FileLines(lines.count - (len(lines.uncovered) - len(left)), left)


@dataclass(frozen=True)
class Way:
    """A condition's way out, or a label of a switch that is taken or passed by. Named by what the
    source says, which survives more changes than a line's number."""
    function: str
    condition: str
    value: bool

    def __str__(self):
        return f"{self.function}: {self.condition}: {str(self.value).lower()}"


@dataclass
class FileBranches(Part):
    count: int = 0
    covered: int = 0
    ways: dict = field(default_factory=dict)  # Way -> the lines of those that were never taken

    def not_taken(self):
        return {way: lines for way, lines in self.ways.items() if lines}

    def add(self, way, line, times):
        lines = self.ways.setdefault(way, [])
        self.count += 1
        if times:
            self.covered += 1
        else:
            lines.append(line)


def plain_function_name(demangled):
    """The function's own name, without scopes and arguments; a lambda's is where it stands."""
    name = LAMBDA.split(demangled)[0].replace("(anonymous namespace)", "anonymous")
    operator = re.search(r"\boperator\W.*$", name)
    if operator:
        return operator[0]
    name = name.split("(")[0]
    while TEMPLATE_ARGUMENTS.search(name):
        name = TEMPLATE_ARGUMENTS.sub("", name)
    return name.split("::")[-1].split()[-1]


def text_between(lines, begin_line, begin, end_line, end):
    """Of a source's lines; positions begin with 1, and the end is behind the text."""
    if begin_line == end_line:
        return lines[begin_line - 1][begin - 1:end - 1]
    parts = [lines[begin_line - 1][begin - 1:], *lines[begin_line:end_line - 1],
             lines[end_line - 1][:end - 1]]
    return " ".join(part.strip() for part in parts)


class Regions:
    """Of one function: how often the code at a place ran."""

    def __init__(self, regions):
        self.regions = [(tuple(region[:2]), tuple(region[2:4]), region[4], region[5])
                        for region in regions if region[7] == CODE_REGION]
        self.regions.sort(key=lambda region: (region[0], [-number for number in region[1]]))
        self.begins = [region[0] for region in self.regions]

    def count_at(self, place, file_id):
        """By the innermost region: of those around a place, the last that begins."""
        for i in range(bisect.bisect_right(self.begins, place) - 1, -1, -1):
            _, end, count, its_file = self.regions[i]
            if its_file == file_id and place < end:
                return count
        return 0


def is_constant(branch, regions):
    """A condition that the compiler has decided has no counts, though its place ran."""
    return branch[4] == branch[5] == 0 and regions.count_at(tuple(branch[:2]), branch[6]) > 0


def read_branches(data, names, is_counted, lines_of):
    """Path -> FileBranches, of `llvm-cov export` in JSON. What has several instances counts
    once.
    `names` are the functions' demangled names; `lines_of(path)` gives a source's lines."""
    counts = {}  # (path, place) -> [function, times true, times false]
    for function, name in zip(data["functions"], names):
        regions = Regions(function["regions"])
        for branch in function["branches"]:
            path = function["filenames"][branch[6]]
            if not is_counted(path) or is_constant(branch, regions):
                continue
            entry = counts.setdefault((path, tuple(branch[:4])), [plain_function_name(name), 0, 0])
            entry[1] += branch[4]
            entry[2] += branch[5]
    files = {}
    for (path, place), (function, *times) in sorted(counts.items()):
        condition = text_between(lines_of(path), *place)
        for value, count in zip((True, False), times):
            files.setdefault(path, FileBranches()).add(
                Way(function, condition, value), place[0], count)
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
