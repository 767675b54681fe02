"""Trees and builds: which source, which flavour, where the binaries are.

Two doors in one checkout: a build of a tree, or of a mutant's source, holds that tree's lock, and
others wait. A slot, whose source changes from mutant to mutant, belongs to one door until that
ends; the next door takes another slot.
"""

import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import locks
import mutants
import paths
import progress
from common import BUILD, FLAVOURS, ROOT, Unusable, call, cores, relative
from engines import targets_of, uses_afl

# The folder in which many mutants are built one after another, which costs a few files each.
SLOT = "_slot"
SLOTS = {}  # those that this process has: the lock of each
LOCK = "building.lock"
PACKAGES = Path("/var/lib/dpkg/status")


@dataclass
class Tree:
    """A source tree and the folder under which its flavours are built."""
    source: Path
    builds: Path
    mutant: str = ""

    def build_folder(self, flavour):
        return self.builds / flavour

    def binary(self, flavour, name):
        path = self.build_folder(flavour) / name
        if not path.is_file():
            raise Unusable(f"{relative(path)} is missing after the build")
        return path

    def tool(self, flavour):
        return self.binary(flavour, "concertina")

    def mutator(self):
        """AFL++'s module. It belongs to the harness, not to what is tested: mutants use the clean
        tree's, too."""
        return clean_tree().binary("none", "mutator_afl.so")

    def fuzz_folder(self, flavour):
        base = BUILD / "fuzz" if not self.mutant else mutants.folder_of(self.mutant) / "fuzz"
        return base / flavour


def clean_tree():
    return Tree(ROOT, BUILD)


def mutant_tree(name, slot=None):
    """The tree with a mutant in it. Trees that share a slot are prepared one after another in one
    folder, so that each costs the rebuild of a few files and not of the whole tree."""
    mutant = mutants.find(name)
    folder = take_slot(slot) if slot else mutants.folder_of(mutant.name)
    with locked(folder):
        mutants.prepare_source(mutant, folder / "source")
    return Tree(folder / "source", folder, mutant.name)


def take_slot(name):
    """The folder of the slot, or of name-2, name-3, ... if other doors are at work there."""
    if name not in SLOTS:
        numbered = itertools.chain([name], (f"{name}-{i}" for i in itertools.count(2)))
        SLOTS[name] = locks.take_first(mutants.folder_of(slot) / "taken.lock" for slot in numbered)
    return SLOTS[name][0].parent


def locked(builds):
    return locks.held(builds / LOCK, "the build")


def tree(mutant=""):
    return mutant_tree(mutant) if mutant else clean_tree()


def is_of(folder, source, flavour):
    """False for a folder that builds another tree, as a copied checkout's does, or another flavour:
    what it makes would be taken for this one's."""
    try:
        text = (folder / "CMakeCache.txt").read_text(errors="replace")
    except OSError:
        return False
    lines = text.splitlines()
    return (f"CMAKE_HOME_DIRECTORY:INTERNAL={source}" in lines
            and f"CMAKE_CACHEFILE_DIR:INTERNAL={folder}" in lines
            and any(line.startswith("CONCERTINA_FLAVOUR:") and line.endswith(f"={flavour}")
                    for line in lines))


def knows(folder, targets):
    """False for a folder that was configured before a target existed, or before packages changed:
    what was missing then (AFL++, Google Benchmark) may be there now."""
    rules = folder / "build.ninja"
    if not rules.is_file() or \
            PACKAGES.is_file() and rules.stat().st_mtime < PACKAGES.stat().st_mtime:
        return False
    text = rules.read_text(errors="replace")
    return all(f"\nbuild {target}:" in text for target in targets)


def build_for_engine(where, flavour, engine):
    """The targets of a campaign's engines, its tool, and AFL++'s mutator."""
    if uses_afl(engine) and not shutil.which("afl-fuzz"):
        raise Unusable("afl++ is not installed; scripts/setup installs it")
    build(where, flavour, targets_of(engine))
    if uses_afl(engine):
        build(clean_tree(), "none", ["mutator_afl"])


def configure(where, flavour, targets, lock, quiet):
    """If that is not done, or was before something that matters changed."""
    folder = where.build_folder(flavour)
    command = ["cmake", "--preset", flavour, "-S", where.source, "-B", folder]
    is_strange = not is_of(folder, where.source, flavour)
    if is_strange:
        command.append("--fresh")  # nothing of what is known there is true here
    if is_strange or not knows(folder, targets):
        call(command, f"the build of {relative(folder)}", quiet=quiet, cwd=where.source,
             pass_fds=[lock])


def compile_commands(where, flavour):
    """How each source is compiled: the entries of compile_commands.json, as they are now."""
    folder = where.build_folder(flavour)
    with locked(where.builds) as lock:
        configure(where, flavour, (), lock, quiet=True)
        call(["cmake", "--build", folder, "--target", "build.ninja"],
             f"the build of {relative(folder)}", pass_fds=[lock])
    return json.loads((folder / "compile_commands.json").read_text())


def build(where, flavour, targets=(), quiet=True):
    """Configures once and builds; returns the build folder."""
    paths.check_buildable(where.source)
    if flavour not in FLAVOURS:
        raise Unusable(f"no flavour '{flavour}'; there are: {', '.join(FLAVOURS)}")
    folder = where.build_folder(flavour)
    what = f"the build of {relative(folder)}"
    command = ["cmake", "--build", folder, "-j", cores()]
    for target in targets:
        command += ["--target", target]
    with locked(where.builds) as lock:
        configure(where, flavour, targets, lock, quiet)
        if quiet:
            shown = progress.Progress(f"building {relative(folder)}")
            progress.run(command, what, shown, pass_fds=[lock])
        else:
            call(command, what, quiet=False, pass_fds=[lock])
    return folder


def build_tool(where, flavour):
    """The path of `concertina`, up to date."""
    build(where, flavour, ["concertina"])
    return where.tool(flavour)
