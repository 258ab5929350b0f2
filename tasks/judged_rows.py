"""The rows of the test window with what each candidate said of them: what gate and registry judge by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.target import AS_OF, LABEL, Target
from refrain.errors import InputError
from refrain.project import Project
from tasks.answers import column_names, from_columns
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.labelled import Labelled, read_labelled


@dataclass(frozen=True)
class JudgedRows:
    """Rows of the test window, in the order in which training wrote them."""

    target: Target
    features: pd.DataFrame
    truth: NDArray[Any]
    """What answers are held against."""
    clusters: NDArray[np.int64]
    """Which rows are resampled together."""
    as_of: NDArray[np.datetime64]
    said: Mapping[str, Answers]
    """Candidate -> its answers."""

    def later_than(self, day: date | None) -> NDArray[np.bool_]:
        """Which rows lie after `day`; all where there is none."""
        if day is None:
            return np.ones(len(self.truth), dtype=bool)
        return np.asarray(self.as_of > np.datetime64(day), dtype=bool)


def read_judged_rows(target: Target, names: tuple[str, ...], project: Project) -> JudgedRows:
    """The test window of a target and what the candidates called `names` said of it, from what training wrote.

    Raises InputError if the predictions do not belong to the snapshot, or lack a candidate.
    """
    path = project.predictions(target.name)
    try:
        predictions = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise _wrong(target, f"cannot be read: {error}") from None
    kind = kind_of(target)
    needed = ["window", *(column for name in names for column in column_names(name, kind))]
    missing = [name for name in needed if name not in predictions.columns]
    if missing:
        raise _wrong(target, f"lack the columns {', '.join(missing)}")
    test = predictions[predictions["window"] == "test"]
    keys = list(dict.fromkeys((*target.entity, AS_OF)))
    data = read_labelled(target, project.snapshot(target.name))
    rows = test[keys].merge(data.frame, on=keys, how="left", validate="one_to_one")
    if rows[LABEL].isna().any() or len(rows) != len(test):
        raise _wrong(target, "are not those of the snapshot")
    matched = Labelled(target, rows)
    return JudgedRows(
        target=target,
        features=matched.features,
        truth=matched.truth,
        clusters=matched.groups(target.cluster),
        as_of=pd.to_datetime(rows[AS_OF]).to_numpy(dtype="datetime64[D]"),
        said={name: from_columns(test, name, kind) for name in names},
    )


def _wrong(target: Target, fault: str) -> InputError:
    return InputError(
        f"The predictions of {target.name} {fault}.", hint=f"Compute them anew with `refrain run {target.name}`."
    )
