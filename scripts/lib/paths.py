"""Which folders a checkout may be in: any, but for characters that the build cannot carry.

cmake cannot: it has no way to write '"', a backslash, ';', '|', a square bracket or a line's end in
all of its files, reads "${" and "$(" as a variable, and forbids '#', '<' and '>' in what a custom
command makes. clang cannot '=', which ends the name in -fdebug-prefix-map. CMakeLists.txt has the
same list, for callers of cmake itself.
"""

import re

from common import Unusable

# Python's stand-ins for what is not UTF-8 are among them.
UNBUILDABLE = re.compile(r'[\x00-\x1f\x7f\udc80-\udcff"\\;|\[\]#<>=]|\$(?:ENV|CACHE)?[{(]')


def check_buildable(folder):
    """Before anything is built: names what would make the build fail."""
    bad = UNBUILDABLE.search(str(folder))
    if bad:
        raise Unusable(f"the path {ascii(str(folder))} has {ascii(bad.group())} in it, which the "
                       "build cannot carry: move the checkout")
