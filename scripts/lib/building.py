"""Trees and builds: which source, which flavour, where the binaries are."""

from dataclasses import dataclass
from pathlib import Path

import mutants
from common import BUILD, FLAVOURS, ROOT, Unusable, call, cores, relative


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


def build(where, flavour, targets=(), quiet=True):
    """Configures once and builds; returns the build folder."""
    if flavour not in FLAVOURS:
        raise Unusable(f"no flavour '{flavour}'; there are: {', '.join(FLAVOURS)}")
    folder = where.build_folder(flavour)
    what = f"the build of {relative(folder)}"
    if not (folder / "build.ninja").is_file():
        call(["cmake", "--preset", flavour, "-S", where.source, "-B", folder], what, quiet=quiet,
             cwd=where.source)
    command = ["cmake", "--build", folder, "-j", cores()]
    for target in targets:
        command += ["--target", target]
    call(command, what, quiet=quiet)
    return folder
