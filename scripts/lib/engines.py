"""The engines that there are, and what a campaign with one of them, or with all, needs."""

from engine_afl import AflWorker
from engine_libfuzzer import LibFuzzerWorker

WORKERS = {worker.engine: worker for worker in (LibFuzzerWorker, AflWorker)}
NAMES = (*WORKERS, "all")


def engines_of(name):
    return list(WORKERS) if name == "all" else [name]


def uses_afl(name):
    return AflWorker.engine in engines_of(name)


def targets_of(name):
    """What must be built in the campaign's flavour. The corpus of each engine is merged by
    libFuzzer."""
    targets = {WORKERS[engine].target: None
               for engine in (LibFuzzerWorker.engine, *engines_of(name))}
    return [*targets, "concertina"]
