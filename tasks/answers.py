"""Answers as columns of a table, and back."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tasks.kinds.kind import Answers, KindOfTarget, Numbers


def column_names(name: str, kind: KindOfTarget) -> tuple[str, ...]:
    """What the columns of a candidate's answers are called: its name, and its name with each further column's."""
    return (name, *(f"{name} {column}" for column in kind.columns[1:]))


def as_columns(answers: Mapping[str, Answers], kind: KindOfTarget) -> dict[str, Numbers]:
    """The columns of all candidates' answers."""
    columns: dict[str, Numbers] = {}
    for name, said in answers.items():
        wide = said.reshape(len(said), -1)
        columns |= {column: wide[:, place] for place, column in enumerate(column_names(name, kind))}
    return columns


def from_columns(table: pd.DataFrame, name: str, kind: KindOfTarget) -> Answers:
    """A candidate's answers; KeyError where a column of theirs is missing."""
    wide = table[list(column_names(name, kind))].to_numpy(dtype=np.float64)
    return wide[:, 0] if wide.shape[1] == 1 else wide
