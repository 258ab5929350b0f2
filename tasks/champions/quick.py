"""The compiled forms of a stored model, each let in only if it says of the logged example what the model itself says.

One that does not is a fault of ours, and left out: the stored model then answers for itself, slower and right.
"""

import logging
from collections.abc import Callable

import numpy as np

from features.target import Target
from models.compiled.compiling import Compiled, Explaining, compiled, explaining
from models.compiled.rows import Rows
from models.contributions import Contributions, contributions
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of

CLOSE = 1e-6
"""How far an answer may be from what was said before, on the scale of the target's kind."""
_CLOSE_REASONS = 1e-4
"""The same of contributions, which the model itself sums in 32 bits; of the largest one."""
_log = logging.getLogger("refrain.champions")


def quick_answers(model: object, target: Target, example: Rows, expected: Answers) -> Compiled | None:
    """The compiled form, if there is one, and it answers `example` with what is expected."""
    found: Compiled | None = None

    def agrees() -> bool:
        nonlocal found
        found = compiled(model, example.columns)
        return found is None or is_close(target, found.answers(example), expected)

    return found if _holds(agrees, f"{target.name}: the compiled form of a {type(model).__name__}") else None


def quick_reasons(model: object, target: Target, example: Rows) -> Explaining | None:
    """The compiled form of what drives the scores, if there is one, and it says of `example` what the model does."""
    found: Explaining | None = None

    def agrees() -> bool:
        nonlocal found
        found = explaining(model, example.columns)
        return found is None or _same(found.contributions(example), contributions(model, example.frame()))

    return found if _holds(agrees, f"{target.name}: what drives a {type(model).__name__}, compiled,") else None


def is_close(target: Target, said: Answers, expected: Answers) -> bool:
    """Whether two answers to the same rows are the same, or nearly."""
    return said.shape == expected.shape and bool(kind_of(target).distance(said, expected) <= CLOSE)


def _same(one: Contributions, other: Contributions) -> bool:
    if (one.features, one.scale, one.values.shape) != (other.features, other.scale, other.values.shape):
        return False
    near = _CLOSE_REASONS * max(1.0, float(np.abs(other.values).max(initial=0)))
    return bool(np.all(np.abs(one.values - other.values) <= near) and np.all(np.abs(one.base - other.base) <= near))


def _holds(agrees: Callable[[], bool], what: str) -> bool:
    try:
        if agrees():
            return True
        why = "says something else than the model"
    except Exception as error:  # a fault of ours must not take the model down
        why = f"fails ({type(error).__name__})"
    _log.warning("%s %s, and is not used.", what, why)
    return False
