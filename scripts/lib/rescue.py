"""What a killed campaign left in its folder, taken in by the next one before it starts.

SIGKILL may come at any moment, so an input may be in any of these states:

    state                                  on disk                      what is done
    being run                              in-flight/WORKER             examined; if it passes,
                                                                        kept in the corpus
    being saved as crash or corpus entry   the same, and a cut file     the same; the cut file goes
    saved as an artifact                   artifacts/WORKER-KIND-SHA1   examined
    saved by afl-fuzz                      afl/WORKER/out/*/{crashes,   to artifacts and corpus
                                           hangs,queue}
    kept as .case, not yet reported        its artifact, too            examined, reported again
    too many corpus entries                loading/, waiting/           evolved.py
    a merge under way                      merging-BUILD                merging.py goes on with it

Each step writes its result whole before it removes where that came from, so that a rerun that is
killed, too, loses nothing either.
"""

import re
import shutil

import engine_afl
from engine import INPUT_BYTES_MAX, read_in_flight, sha1, write_input
from evolved import Evolved
from files import regular_files

SHA1_NAME = re.compile(r"^[0-9a-f]{40}$")
ARTIFACT_NAME = re.compile(r"^.+?-(?P<kind>crash|timeout|oom|leak|in-flight)-(?P<sha1>\w+)$")


def take_afl_folders(folder):
    for worker in sorted(path for path in (folder / "afl").glob("*") if path.is_dir()):
        out = worker / "out"
        engine_afl.move_artifacts(out, worker.name, folder / "artifacts")
        for path in engine_afl.queue_entries(out):
            engine_afl.copy_to_corpus(path, folder / "corpus")
        pid = worker / "pid"
        if pid.is_file() and pid.read_bytes().isdigit():
            engine_afl.free_segments(int(pid.read_bytes()))
        shutil.rmtree(worker)


def take_in_flight(folder):
    """The inputs in flight become artifacts of their own kind."""
    for path in regular_files(folder / "in-flight"):
        content = read_in_flight(path).content
        if content:
            write_input(folder / "artifacts" / f"{path.name}-in-flight-{sha1(content)}", content)
        path.unlink()


def drop_cut_corpus_files(folder):
    """Engines name corpus files by their content's SHA-1. One with another content was cut off; the
    whole input was in flight, and returns to the corpus when it has been examined."""
    for path in regular_files(folder / "corpus"):
        if SHA1_NAME.match(path.name) and sha1(path.read_bytes()) != path.name:
            path.unlink()


def remove_cut_artifacts(folder):
    """A crash file that was cut off, when the whole input is there as the one in flight."""
    artifacts = folder / "artifacts"
    for path in regular_files(artifacts):
        match = ARTIFACT_NAME.match(path.name)
        if match and match["sha1"] != sha1(path.read_bytes()) and any(
                other != path for other in artifacts.glob(f"*-in-flight-{match['sha1']}")):
            path.unlink()


def take_in(folder):
    """Brings everything into artifacts/ and corpus/; returns the artifacts, to be examined."""
    for name in ("artifacts", "corpus"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in regular_files(folder, ".*"):  # half of a write_input, whose writer had the lock
        path.unlink()
    take_afl_folders(folder)
    take_in_flight(folder)
    Evolved(folder).open()
    drop_cut_corpus_files(folder)
    remove_cut_artifacts(folder)
    return [path for path in regular_files(folder / "artifacts") if ARTIFACT_NAME.match(path.name)]


def is_in_flight(path):
    return "-in-flight-" in path.name


def is_timeout(path):
    return ARTIFACT_NAME.match(path.name)["kind"] == "timeout"


def keep_in_corpus(path, folder):
    """An input that passes after all is worth running again."""
    content = path.read_bytes()
    if 0 < len(content) <= INPUT_BYTES_MAX:
        write_input(folder / "corpus" / sha1(content), content)
    path.unlink()
