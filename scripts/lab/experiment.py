"""The loop of everything that is measured: units x settings x seeds -> rows -> tables.

A unit is prepared once (a mutant's tree is built), a setting is one way to measure it (a strategy, an
engine); one row has the result of all seeds. FILE of --json has the rows, one per line, and is written
whole after each: a kill at any moment costs the row in work. Each row says under "provenance" what it
is of. A rerun that resumes takes up the rows that would be measured alike now, and says why not the
others. Rows that are not asked for stay in FILE.
"""

import sys
from pathlib import Path

import files
import provenance
from common import Unusable


def add_options(parser, json=None, json_help="also write the rows here", resume=True):
    """--json, as `options.json`; and --resume, for those that do not always resume."""
    parser.add_argument("--json", metavar="FILE", type=Path, default=json, help=json_help)
    if resume:
        parser.add_argument("--resume", action="store_true",
                            help="keep the rows that --json FILE has already of the same source and "
                                 "options; measure the others")


class Experiment:
    """What the loop asks of a measurement."""
    script = ""  # whose rows they are
    key = ()  # the fields that name a row
    title = ""  # of what is written with --write (results.py)
    about = ()  # lines for its reader
    of_setting = ""  # the option under which a row's provenance has its setting

    def __init__(self, options):
        self.options = options
        self.path = options.json

    def units(self):
        raise NotImplementedError

    def settings(self, unit):
        raise NotImplementedError

    def name_of(self, unit, setting):
        """The values of the key's fields."""
        return unit, setting

    def source(self, unit):
        """What all rows of the unit are of (provenance.py)."""
        raise NotImplementedError

    def prepare(self, unit):
        """Before the first row of the unit that is measured; what measure() needs."""

    def measure(self, prepared, unit, setting):
        """A row."""
        raise NotImplementedError

    def said(self, row):
        """A row has been measured."""

    def for_tables(self):
        """What tables(), of the module of each experiment, wants to know besides the rows."""
        return {}

    def is_worth_keeping(self, row):
        """One that would be measured alike now."""
        return bool(row)

    def check(self, rows):
        """Raises what tables() would, hours later, of rows that were edited by hand."""
        self.tables(rows)

    # From here on the loop's own.

    def run(self):
        """All rows that are asked for, in order."""
        old, held = self.earlier()
        rows = []
        for unit in self.units():
            missing = [setting for setting in self.settings(unit)
                       if self.name_of(unit, setting) not in held]
            source = self.source(unit) if missing else None  # before it is built
            prepared = self.prepare(unit) if missing else None
            for setting in self.settings(unit):
                row = held.get(self.name_of(unit, setting))
                if row is None:
                    row = provenance.labelled(self.measure(prepared, unit, setting),
                                              self.identity(source, setting))
                    self.said(row)
                    self.save([*rows, row], old)
                rows.append(row)
        return rows

    def tables(self, rows):
        """Lines of Markdown."""
        return sys.modules[type(self).__module__].tables(rows, **self.for_tables())

    def name_in(self, row):
        return tuple(row[field] for field in self.key)

    def identity(self, source, setting):
        own = {self.of_setting: setting} if self.of_setting else {}
        return {**source, "options": {**source["options"], **own}}

    def identities(self):
        """What each row that is asked for would be of now, by its name."""
        found = {}
        for unit in self.units():
            source = self.source(unit)
            for setting in self.settings(unit):
                found[self.name_of(unit, setting)] = self.identity(source, setting)
        return found

    def save(self, rows, old=()):
        if self.path:
            files.write_rows(self.path, provenance.with_others(rows, old, self.name_in))

    def earlier(self):
        """All rows of earlier calls; and by name those that are taken up."""
        path = self.path
        if not path or not Path(path).is_file() or files.is_special(path):
            return [], {}
        what = f"rows of scripts/{self.script}"
        try:
            rows = files.read_json(path, what)
            names = list(map(self.name_in, rows))  # raises what it would of other rows
            if not self.options.resume:
                return rows if names else [], {}
            now = self.identities()
            taken = provenance.take_up(path, rows, lambda row: now.get(self.name_in(row)))
            self.check(taken)
        except (AttributeError, KeyError, TypeError, ValueError, Unusable) as error:
            if not self.options.resume:
                return [], {}  # whatever it was, it is the output
            raise error if isinstance(error, Unusable) else Unusable(
                f"{path}: not {what}: {error}") from error
        return rows, {self.name_in(row): row for row in taken if self.is_worth_keeping(row)}
