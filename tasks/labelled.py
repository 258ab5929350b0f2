"""A snapshot as training reads it: the rows whose label is known, in an order that never varies."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, LABEL_LOW, Kind, Target
from models.preprocessing import Columns
from refrain.errors import InputError


@dataclass(frozen=True)
class Labelled:
    """The labelled rows of a target's snapshot, sorted by as_of and then by entity, numbered from 0."""

    target: Target
    frame: pd.DataFrame

    @cached_property
    def columns(self) -> Columns:
        """The features, by kind."""
        return Columns(self.target.numeric, self.target.categorical, self.target.text)

    @cached_property
    def features(self) -> pd.DataFrame:
        """The features alone: all that a model is ever shown."""
        return self.frame[list(self.columns.all)]

    @cached_property
    def labels(self) -> NDArray[Any]:
        """Of each row: 0 or 1, the position of a class, or an amount."""
        return self.frame[LABEL].to_numpy(dtype=np.float64 if self.target.kind is Kind.AMOUNT else np.int64)

    @cached_property
    def bounds(self) -> NDArray[Any]:
        """What came: the labels, or, of bounded ones, least and most, shape (rows, 2)."""
        if not self.target.bounded_labels:
            return self.labels
        return np.column_stack([self.frame[LABEL_LOW].to_numpy(dtype=np.float64), self.labels])

    @cached_property
    def truth(self) -> NDArray[Any]:
        """What answers are held against: `bounds`, or least, most and the error that counts as 1, shape (rows, 3)."""
        if self.target.scale is None:
            return self.bounds
        bounds = self.bounds.reshape(len(self.frame), -1)
        return np.column_stack([bounds[:, 0], bounds[:, -1], self.frame[self.target.scale].to_numpy(dtype=np.float64)])

    def examples(self, rows: NDArray[np.intp]) -> tuple[pd.DataFrame, NDArray[Any]]:
        """Features and labels of some rows."""
        return self.features.iloc[rows], self.labels[rows]

    def groups(self, by: tuple[str, ...], rows: NDArray[np.intp] | None = None) -> NDArray[np.int64]:
        """A number from 0 on for each row (or each of `rows`): the same for rows that agree in the columns `by`."""
        frame = self.frame if rows is None else self.frame.iloc[rows]
        return np.asarray(frame.groupby(list(by), sort=True, dropna=False).ngroup(), dtype=np.int64)


def read_labelled(target: Target, snapshot: Path) -> Labelled:
    """The labelled rows of a snapshot.

    Raises InputError if it cannot be read, or lacks a column that the target's rows have.
    """
    frame = _read(target, snapshot)
    measures = target.measures
    needed = dict.fromkeys((*target.entity, AS_OF, LABEL_KNOWN_AT, *target.features, *measures, LABEL))
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise InputError(
            f"The snapshot {snapshot.name} lacks the columns {', '.join(missing)} of {target.name}.",
            hint="Compute it anew with `refrain run`.",
        )
    known = frame[frame[LABEL].notna()]
    order = [AS_OF, *(name for name in target.entity if name != AS_OF)]
    return Labelled(target, known.sort_values(order, kind="stable").reset_index(drop=True))


def _read(target: Target, snapshot: Path) -> Any:
    try:
        return pd.read_parquet(snapshot)
    except FileNotFoundError:
        raise InputError(
            f"There is no snapshot of {target.name} ({snapshot.name}).", hint=f"Run `refrain run {target.name}`."
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"The snapshot {snapshot.name} is not a readable Parquet file: {str(error).strip().rstrip('.')}.",
            hint="Delete it and run `refrain run`.",
        ) from None
