"""The loop of everything that is measured: units x settings x seeds -> rows -> tables.

A unit is prepared once (a mutant's tree is built), a setting is one way to measure it (a strategy,
an engine); one row has the result of all seeds. FILE of --json has the rows, one per line, and is
written whole after each: a kill at any moment costs the row in work. Each row says under
"provenance" what it is of. A rerun that resumes takes up the rows that would be measured alike now,
and says why not the others. Rows that are not asked for stay in FILE.
"""

import sys
from pathlib import Path

import files
import provenance
import results
from common import Unusable, say


def add_options(parser, name, json=None, json_help="also write the rows here"):
    """--json; --resume, for those that do not always resume; --write, for those that have a `name`
    in stress/lab/results."""
    parser.add_argument("--json", metavar="FILE", type=Path, default=json, help=json_help)
    if not json:
        parser.add_argument("--resume", action="store_true",
                            help="keep the rows that --json FILE has already of the same source "
                                 "and options; measure the others")
    if name:
        parser.add_argument("--write", action="store_const", const=name,
                            help=f"also into stress/lab/results/{name}.json and .md")


class Experiment:
    """What the loop asks of a measurement: besides what is here

    plan()                         {unit: names of its rows, the values of the key's fields}
    source(unit)                   what all rows of the unit are of (provenance.py)
    prepare(unit)                  before the first one is measured; what measure() needs
    measure(prepared, unit, name)  a row
    tables(rows, **for_tables())   of the module: lines of Markdown
    """
    script = ""  # whose rows they are
    key = ()  # the fields that name a row
    of_row = ()  # those of them that a row's provenance has as options

    def __init__(self, options):
        self.options = options
        self.path = options.json

    def prepare(self, unit):
        pass

    def said(self, row):
        """A row has been measured."""

    def for_tables(self):
        return {}

    def is_worth_keeping(self, row):
        return bool(row)

    def check(self, rows):
        """Raises what tables() would, hours later, of rows that were edited by hand."""
        self.tables(rows)

    def run(self):
        """All rows that are asked for, in order."""
        old, held = self.earlier()
        rows = []
        for unit, names in self.plan().items():
            missing = [name for name in names if name not in held]
            source = self.source(unit) if missing else None  # before it is built
            prepared = self.prepare(unit) if missing else None
            for name in names:
                row = held.get(name) or provenance.labelled(self.measure(prepared, unit, name),
                                                            self.identity(source, name))
                rows.append(row)
                if name in missing:
                    self.said(row)
                    self.save(rows, old)
        return rows

    def show(self, rows):
        say("\n" + "\n".join(self.tables(rows)))
        if self.options.write:
            results.write(self.options.write, self, rows)
        return rows

    def tables(self, rows):
        return sys.modules[type(self).__module__].tables(rows, **self.for_tables())

    def name_in(self, row):
        return tuple(row[field] for field in self.key)

    def identity(self, source, name):
        own = {field: value for field, value in zip(self.key, name) if field in self.of_row}
        return {**source, "options": {**source["options"], **own}}

    def save(self, rows, old):
        if self.path:
            files.write_rows(self.path, provenance.with_others(rows, old, self.name_in))

    def earlier(self):
        """All rows of earlier calls; and by name those that are taken up."""
        if not self.path or not Path(self.path).is_file() or files.is_special(self.path):
            return [], {}
        what = f"rows of scripts/{self.script}"
        try:
            rows = files.read_json(self.path, what)
            by_name = {self.name_in(row): row for row in rows}
            if not self.options.resume:
                return list(by_name.values()), {}
            sources = {unit: self.source(unit) for unit in self.plan()}
            now = {name: self.identity(sources[unit], name)
                   for unit, names in self.plan().items() for name in names}
            taken = provenance.take_up(self.path, rows, lambda row: now.get(self.name_in(row)))
            self.check(taken)
        except (AttributeError, KeyError, TypeError, ValueError, Unusable) as error:
            if not self.options.resume:
                return [], {}  # whatever it was, it is the output
            raise error if isinstance(error, Unusable) else Unusable(
                f"{self.path}: not {what}: {error}") from error
        return rows, {self.name_in(row): row for row in taken if self.is_worth_keeping(row)}
