"""Figures that stay, in stress/lab/results: NAME.json has the rows, and NAME.md is made of it.

NAME.json: what was measured (title, about), when, at which commit, on which machine, by which
command; its rows; `tables`, the module here whose tables(rows, **options) makes the Markdown
("plain": of rows that are cells); remarks, of a reader. A door writes both when it is asked to
(--write); what has no door is written by hand as rows, and never as a table:

    python3 scripts/lab/results.py    # makes each NAME.md from its NAME.json
"""

import datetime
import importlib
import json
import shlex
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parent.parent / "lib"))

# pylint: disable=wrong-import-position
import files
import markdown
import provenance
from common import ROOT

FOLDER = ROOT / "stress" / "lab" / "results"
FACTS = ("date", "commit", "machine", "command")
NOT_KEPT = (provenance.KEY, "runs", "case")  # large, or of this machine only


def write(name, experiment, rows):
    kept = [{key: value for key, value in row.items() if key not in NOT_KEPT} for row in rows]
    save(name, {
        "title": f"scripts/{experiment.script}", "about": about(experiment),
        "date": str(datetime.date.today()),
        "commit": provenance.commit(), "machine": provenance.machine(),
        "command": f"scripts/{Path(sys.argv[0]).name} {shlex.join(sys.argv[1:])}",
        "tables": type(experiment).__module__, "options": experiment.for_tables(), "rows": kept})


def about(experiment):
    """What its module says, but for the exit codes."""
    text = sys.modules[type(experiment).__module__].__doc__
    return text.partition("Exit code")[0].strip().splitlines()


def save(name, stored):
    facts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in stored.items()
             if key != "rows"]
    rows = ",\n".join(map(json.dumps, stored["rows"]))
    files.write_whole(FOLDER / f"{name}.json",
                      "{\n" + ",\n".join([*facts, f'"rows": [\n{rows}\n]']) + "\n}\n")
    files.write_whole(FOLDER / f"{name}.md", page(stored))


def read(path):
    return files.read_json(path, "a result, as scripts/lab/results.py has it")


def plain(rows, columns, right=0, pages=()):
    """Rows that are cells already; `pages`: more of such tables."""
    lines = markdown.table(columns, rows, right)
    for more in pages:
        lines += ["", *([more["about"], ""] if "about" in more else []),
                  *markdown.table(more["columns"], more["rows"], more.get("right", 0))]
    return lines


def page(stored):
    """The text of NAME.md."""
    tables = plain if stored["tables"] == "plain" else \
        importlib.import_module(stored["tables"]).tables
    lines = [f"# {stored['title']}", "", *stored["about"], ""]
    lines += [f"- {fact}: {stored[fact]}" for fact in FACTS if fact in stored]
    lines += ["", *tables(stored["rows"], **stored.get("options", {}))]
    for remark in stored.get("remarks", ()):
        lines += ["", remark]
    return "\n".join(lines) + "\n"


def main():
    for path in files.listed(FOLDER, "*.json"):
        files.write_whole(path.with_suffix(".md"), page(read(path)))


if __name__ == "__main__":
    main()
