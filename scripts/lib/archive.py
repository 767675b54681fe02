"""Where a new machine gets its packages: from where this one does, read from apt's
configuration."""

import re
from dataclasses import dataclass
from pathlib import Path

from common import Unusable, output_of

# What it takes to reach an archive, of all of apt's settings.
REACHING = re.compile(
    r'^Acquire::(?:https?|ftp|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])\b')
FILE_OPTION = re.compile(r'^Acquire::https?::(?:\S+::)?(?:CaInfo|IssuerCert|CrlFile) "(/[^"]+)";',
                         re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """A line of sources.list, of this machine's release."""
    uri: str
    codename: str  # bookworm, bookworm-security, ...
    component: str


def paragraphs(text):
    for paragraph in text.split("\n\n"):
        pairs = (line.partition(": ") for line in paragraph.splitlines())
        fields = {key: value for key, _, value in pairs}
        if fields:
            yield fields


def read_sources(targets):
    """Of what `apt-get indextargets` says: Debian's own sources, each once, and their signers."""
    found, keyrings = [], set()
    for target in paragraphs(targets):
        if target.get("Created-By") != "Packages" or target.get("Origin") != "Debian":
            continue
        source = Source(target["Repo-URI"], target["Codename"], target["Component"])
        if source not in found:
            found.append(source)
        keyrings |= set(re.findall(r"^/\S+$", target.get("Signed-By", "")))
    return found, keyrings


class Archive:
    """This machine's archive, as apt reaches it."""

    def __init__(self):
        sources, keyrings = read_sources(output_of("apt-get", "indextargets"))
        if not any("-" not in source.codename for source in sources):
            raise Unusable("apt's sources have no archive of Debian, or their lists have not been "
                           "fetched yet: apt-get update")
        self.sources = sources
        self.keyrings = sorted(keyrings)
        self.options = "".join(line + "\n" for line in output_of("apt-config", "dump").splitlines()
                               if REACHING.match(line))

    def lines_for(self, suite):
        """sources.list of another release, from the same archives."""
        result = []
        for source in self.sources:
            codename, hyphen, pocket = source.codename.partition("-")
            if pocket in ("", "updates", "security"):
                line = f"deb {source.uri} {suite}{hyphen}{pocket} {source.component}"
                if codename and line not in result:
                    result.append(line)
        return result

    def mirror(self):
        return next(source.uri for source in self.sources if "-" not in source.codename)

    def components(self):
        return sorted({source.component for source in self.sources if "-" not in source.codename})

    def files(self):
        """What the options name: certificates of an authority, and the like."""
        return [Path(name) for name in FILE_OPTION.findall(self.options) if Path(name).is_file()]

    def proxy(self):
        found = re.search(r'^Acquire::http::Proxy "([^"]+)";', self.options, re.MULTILINE)
        return found.group(1) if found and found.group(1) != "DIRECT" else ""
