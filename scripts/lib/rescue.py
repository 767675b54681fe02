"""What a killed campaign left in its folder, read by the next one before it starts.

SIGKILL may come at any moment, so an input may be in any of these states:

    state                                  on disk                      what is done
    being run                              in-flight/WORKER             examined; if it passes,
                                                                        kept in the corpus
    being saved as crash or corpus entry   the same, and a cut file     the same; the cut file goes
    saved as an artifact                   artifacts/WORKER-KIND-SHA1   examined
    saved by afl-fuzz                      afl/WORKER/out/*/{crashes,   examined; its queue is
    copied
                                           hangs,queue}                 to the corpus
    kept as .case, not yet reported        its artifact, too            examined, reported again
    too many corpus entries                corpus/, waiting/            evolved.py
    a merge under way                      merging-BUILD                merging.py resumes it

What is examined is read into memory and stays where it is until it is in the corpus or kept as a
case, so that a rerun that is killed, too, or whose disk is full, loses nothing either.
"""

import shutil

import engine_afl
from artifacts import IN_FLIGHT, NAME, Artifact, is_whole, sha1
from common import Unusable, relative
from engine import INPUT_BYTES_MAX, slot_of, write_input
from evolved import Evolved
from files import regular_files


def afl_folders(folder):
    return sorted(path for path in (folder / "afl").glob("*") if path.is_dir())


def take_afl_folders(folder):
    """Of those without a crash nothing is left."""
    for worker in afl_folders(folder):
        if worker.is_symlink():  # it would have to be removed when its worker is done
            raise Unusable(f"{relative(worker)} is a link; make {relative(folder)} that instead, "
                           "or remove it")
        out = worker / "out"
        for path in engine_afl.queue_entries(out):
            engine_afl.copy_to_corpus(path, folder / "corpus")
        pid = worker / "pid"
        if pid.is_file() and pid.read_bytes().isdigit():
            engine_afl.free_segments(int(pid.read_bytes()))
        if not engine_afl.saved(out):
            shutil.rmtree(worker)


def saved(folder):
    """All that engines saved, mended, and the inputs in flight that no engine saved."""
    # One that cannot be read (its rights, the disk) ends this: it may hold what failed.
    slots = {path.name: (path, slot_of(path.read_bytes()).contents())
             for path in regular_files(folder / "in-flight")}

    def held_by(worker):
        return slots[worker][1] if worker in slots else []
    found = []
    for path in regular_files(folder / "artifacts"):
        match = NAME.match(path.name)
        if match:
            found.append(Artifact(path).mended(held_by(match["worker"])))
    for worker in afl_folders(folder):
        found += [artifact.mended(held_by(worker.name))
                  for artifact in engine_afl.saved(worker / "out")]
    return found + [artifact for slot in slots.values() for artifact in in_flight(*slot, found)]


def in_flight(path, contents, found):
    """What is in a slot and in no artifact. The slot goes with the last that was in it."""
    if not contents:
        path.unlink()
    new = []
    for content in contents:
        same = [artifact for artifact in found if artifact.content == content]
        if same:
            same[0].copies.append(path)
        else:
            new.append(Artifact(path, content=content, kind=IN_FLIGHT))
    return new


def drop_cut_corpus_files(folder):
    """Returns how many. The input of one, if it was in flight, returns to the corpus when it has
    been examined."""
    cut = [path for path in regular_files(folder / "corpus") if not is_whole(path)]
    for path in cut:
        path.unlink()
    return len(cut)


def take_in(folder):
    """Brings queues into corpus/; returns the artifacts, to be examined."""
    evolved = Evolved(folder)
    evolved.check_place()
    for name in ("artifacts", "corpus"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in regular_files(folder, ".*"):  # half of a write_input, whose writer had the lock
        path.unlink()
    take_afl_folders(folder)
    evolved.open()
    drop_cut_corpus_files(folder)
    return saved(folder)


def keep_in_corpus(artifact, folder):
    """An input that passes after all is worth running again."""
    content = artifact.content
    if 0 < len(content) <= INPUT_BYTES_MAX:
        write_input(folder / "corpus" / sha1(content), content)
    artifact.remove()
