"""All targets, found by looking: a file in features/ that has TARGETS adds them."""

import importlib
import pkgutil
from functools import cache

import features
from features.target import Target
from refrain.errors import UsageError


@cache
def all_targets() -> dict[str, Target]:
    """Target name -> target, in the order of their names."""
    found: dict[str, Target] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(features.__path__)):
        for target in getattr(importlib.import_module(f"features.{module}"), "TARGETS", ()):
            found[target.name] = target
    return dict(sorted(found.items()))


def find_target(name: str) -> Target:
    """The target called `name`; UsageError, listing the known ones, if there is none."""
    known = all_targets()
    if name not in known:
        raise UsageError(f"There is no target called {name!r}.", hint=f"Known targets: {', '.join(known)}.")
    return known[name]


def select_targets(names: list[str]) -> list[Target]:
    """The targets that `names` ask for (targets or whole predictions); all of them where it is empty.

    Raises UsageError for a name that is neither.
    """
    known = all_targets()
    chosen = [target for target in known.values() if not names or {target.name, target.prediction} & set(names)]
    for name in names:
        if not any(name in (target.name, target.prediction) for target in chosen):
            raise UsageError(
                f"There is no prediction or target called {name!r}.",
                hint=f"Known targets: {', '.join(known)}.",
            )
    return chosen
