"""Compiled models held against the stored estimators that they are made of."""

from typing import Any

import numpy as np
import pandas as pd

from models.compiled.compiling import Compiled, compiled
from models.compiled.rows import Rows
from models.preprocessing import Columns
from refrain.errors import InputError
from tasks.kinds.kind import KindOfTarget

CLOSE = 1e-9


def compiled_form(model: Any, columns: Columns) -> Compiled:
    """The compiled form of a model that must have one."""
    found = compiled(model, columns)
    assert found is not None
    return found


def assert_agree(model: Any, columns: Columns, frame: pd.DataFrame, kind: KindOfTarget, alone: int = 5) -> None:
    """Of the rows of `frame`, together and `alone` of them alone: what the stored estimator answers, or its refusal."""
    quick = compiled_form(model, columns)
    rows = Rows.of_frame(frame, columns)
    _assert_same(model, quick, rows, kind)
    for row in range(min(len(rows), alone)):
        _assert_same(model, quick, rows.part(slice(row, row + 1)), kind)


def _assert_same(model: Any, quick: Compiled, rows: Rows, kind: KindOfTarget) -> None:
    try:
        expected = kind.ask(model, rows.frame())
    except InputError as error:
        refused: InputError | None = None
        try:
            quick.answers(rows)
        except InputError as found:
            refused = found
        assert refused is not None
        assert (str(refused), refused.hint) == (str(error), error.hint)
        return
    said = quick.answers(rows)
    assert said.shape == expected.shape
    assert said.dtype == np.float64
    assert kind.distance(said, expected) <= CLOSE
