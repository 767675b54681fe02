"""Trees and builds: which source, which flavour, where the binaries are."""

from dataclasses import dataclass
from pathlib import Path

import engine_afl
import mutants
from common import BUILD, FLAVOURS, ROOT, Unusable, call, cores, relative
from engines import targets_of, uses_afl

# The folder in which many mutants are built one after another, which costs a few files each.
SLOT = "_slot"


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
    folder = mutants.folder_of(slot or mutant.name)
    mutants.prepare_source(mutant, folder / "source")
    return Tree(folder / "source", folder, mutant.name)


def tree(mutant=""):
    return mutant_tree(mutant) if mutant else clean_tree()


def knows(folder, targets):
    """False for a folder that was configured before a target existed, or before what it needs was
    installed."""
    rules = folder / "build.ninja"
    text = rules.read_text(errors="replace") if rules.is_file() else ""
    return bool(text) and all(f"\nbuild {target}:" in text for target in targets)


def build_for_engine(where, flavour, engine):
    """The targets of a campaign's engines, its tool, and AFL++'s mutator."""
    if uses_afl(engine) and not engine_afl.is_installed():
        raise Unusable("afl++ is not installed; scripts/setup installs it")
    build(where, flavour, targets_of(engine))
    if uses_afl(engine):
        build(clean_tree(), "none", ["mutator_afl"])


def build(where, flavour, targets=(), quiet=True):
    """Configures once and builds; returns the build folder."""
    if flavour not in FLAVOURS:
        raise Unusable(f"no flavour '{flavour}'; there are: {', '.join(FLAVOURS)}")
    folder = where.build_folder(flavour)
    what = f"the build of {relative(folder)}"
    if not knows(folder, targets):
        call(["cmake", "--preset", flavour, "-S", where.source, "-B", folder], what, quiet=quiet,
             cwd=where.source)
    command = ["cmake", "--build", folder, "-j", cores()]
    for target in targets:
        command += ["--target", target]
    call(command, what, quiet=quiet)
    return folder
