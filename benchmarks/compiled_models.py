"""What a row costs a registered model, asked with a frame and asked with arrays.

`python -m benchmarks.compiled_models [TARGET ...]`. Each family's newest version and the baseline are asked for rows of
the target's snapshot, 1, 64, 1,000 and 10,000 at a time: microseconds a row (the best of several times, of this thread
alone), first of the stored estimator with a frame, then of its compiled form, which makes everything anew each time.
Before that, both have to say the same of these rows.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import pandas as pd

from benchmarks.projects import ROOT, report
from features.registry import select_targets
from features.target import Target
from models.compiled.compiling import Compiled
from models.compiled.rows import Rows
from refrain.project import Project
from tasks.champions.loaded import LoadedModel, columns_of, load_version
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.tracking import open_store
from tasks.versions import read_target

SIZES = (1, 64, 1_000, 10_000)
_SECONDS = 0.2
_CLOSE = 1e-9


def rows_of(project: Project, target: Target, count: int) -> Rows:
    """Rows of the target's snapshot, drawn at random."""
    frame = pd.read_parquet(project.snapshot(target.name))
    return Rows.of_frame(frame.sample(count, replace=True, random_state=0), columns_of(target))


def microseconds(ask: Callable[[], Answers], rows: int) -> float:
    """The least that a row cost in some tenths of a second."""
    ask()
    best, end = float("inf"), time.perf_counter() + _SECONDS
    while time.perf_counter() < end:
        began = time.thread_time()
        ask()
        best = min(best, time.thread_time() - began)
    return round(best / rows * 1e6, 2)


def costs(loaded: LoadedModel, quick: Compiled, rows: Rows) -> tuple[float, float]:
    """Of a row, with a frame and with arrays."""
    kind, frame = kind_of(loaded.target), rows.frame()

    def anew() -> Answers:
        return quick.answers(Rows(rows.columns, rows.numbers, rows.words))

    apart = kind.distance(anew(), kind.ask(loaded.model, frame))
    assert apart <= _CLOSE, f"{loaded.served.family}: {apart}"
    return microseconds(lambda: kind.ask(loaded.model, frame), len(rows)), microseconds(anew, len(rows))


def measured(project: Project, target: Target) -> dict[str, Any]:
    """Family -> its costs at each size."""
    store = open_store(project)
    registered = read_target(store, target.name)
    found = {}
    for number in sorted(set(registered.aliases.values())):
        loaded = load_version(store, registered.version(number))
        if loaded.quick is None:
            continue
        each = [costs(loaded, loaded.quick, rows_of(project, target, count)) for count in SIZES]
        name = f"{target.name} {loaded.served.family}"
        print(name.ljust(34), "   ".join(f"{before:9.2f} {after:7.2f}" for before, after in each), flush=True)
        found[name] = each
    return found


def main() -> None:
    """Every target that is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("targets", nargs="*")
    found: dict[str, Any] = {}
    for target in select_targets(parser.parse_args().targets):
        found |= measured(Project(ROOT), target)
    report("compiled_models", sizes=SIZES, microseconds_a_row=found)


if __name__ == "__main__":
    main()
