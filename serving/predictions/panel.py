"""All models of a target, asked about the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from models.compiled.rows import Rows
from models.contributions import Contributions
from refrain.errors import ModelError
from serving.predictions.notes import Imputed, Unlike, Warnings
from serving.web.endpoint import Predicted
from tasks.champions.loaded import LoadedModel, LoadedTarget, columns_of
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of

Driver = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drivers:
    """What drives the scores of some rows."""

    scale: str
    base: Sequence[float]
    of_rows: Sequence[Sequence[Driver]]
    """feature, value, effect: the largest effect first. Features without any are left out."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a panel says of some rows."""

    panel: "Panel"
    rows: Rows
    answers: Answers
    """The champion's."""
    listed: Sequence[Any]
    """The same as Python's numbers."""
    families: Mapping[str, Sequence[float]]
    """Family -> the one number of each of its answers; empty where not asked for."""
    drivers: Drivers | None
    """None where not asked for, or not to be said of the champion."""
    imputed: Sequence[orjson.Fragment]
    warnings: Sequence[Warnings]

    def predicted(self, first: int, last: int) -> Predicted:
        """A run of the rows, for the figures of /metrics."""
        served, rows = self.panel.champion.served, last - first
        lacking = rows - self.imputed[first:last].count(self.panel.imputed.nothing)
        warned = rows - self.warnings[first:last].count([])
        return Predicted(served.target, served.version, rows, lacking, warned)


class Panel:
    """The models of a loaded target: champion, families, and what is told of them in every answer."""

    def __init__(self, loaded: LoadedTarget) -> None:
        self.loaded = loaded
        self.champion = loaded.champion
        self.model = orjson.Fragment(self.champion.served.model_dump_json().encode())
        """The champion, as answers name it."""
        self.threshold = self.champion.threshold
        self._columns = columns_of(self.champion.target)
        self._kind = kind_of(self.champion.target)
        self.imputed = Imputed(self._columns)
        self._unlike = Unlike(self._columns, self.champion.learned)

    def ask(self, rows: Rows, families: bool, drivers: bool) -> Said:
        """What the models say of rows. Raises InputError as they do, and ModelError where one gives no number."""
        answers = _numbers_of(self.champion, rows)
        return Said(
            panel=self,
            rows=rows,
            answers=answers,
            listed=answers.tolist(),
            families=self._families(rows, answers) if families else {},
            drivers=self._drivers(rows) if drivers else None,
            imputed=self.imputed.of(rows),
            warnings=self._unlike.of(rows.numbers),
        )

    def _families(self, rows: Rows, answers: Answers) -> Mapping[str, Sequence[float]]:
        said = {
            family: answers if model is self.champion else _numbers_of(model, rows)
            for family, model in self.loaded.families.items()
        }
        return {family: self._kind.headline(found).tolist() for family, found in said.items()}

    def _drivers(self, rows: Rows) -> Drivers | None:
        try:
            found = self.champion.contributions(rows)
        except ModelError:  # of a family whose drivers nobody can name
            return None
        if not (np.isfinite(found.values).all() and np.isfinite(found.base).all()):
            raise _no_number(self.champion)
        return Drivers(found.scale, found.base.tolist(), _sorted(found, rows))


def _numbers_of(model: LoadedModel, rows: Rows) -> Answers:
    answers = model.answers(rows)
    if not np.isfinite(answers).all():
        raise _no_number(model)
    return answers


def _no_number(model: LoadedModel) -> ModelError:
    served = model.served
    return ModelError(f"{served.target} version {served.version} gives no number.", hint="Serve another version.")


def _sorted(found: Contributions, rows: Rows) -> Sequence[Sequence[Driver]]:
    order = np.argsort(-np.abs(found.values), axis=1, kind="stable")
    effects = np.take_along_axis(found.values, order, axis=1)
    known = (np.array(found.features, dtype=object)[order], _values(found.features, rows), effects)
    names, values = known[0].tolist(), np.take_along_axis(known[1], order, axis=1).tolist()
    telling = np.count_nonzero(effects, axis=1).tolist()
    return [
        [
            {"feature": name, "value": value, "effect": effect}
            for name, value, effect in zip(
                names[row][:some], values[row][:some], effects[row, :some].tolist(), strict=True
            )
        ]
        for row, some in enumerate(telling)
    ]


def _values(features: Sequence[str], rows: Rows) -> Any:
    """The values of features, shape (rows, features): numbers, and texts where one is not a number; None if missing."""
    numeric = rows.columns.numeric
    places = {name: place for place, name in enumerate(numeric)}
    values = np.full((len(rows), len(features)), None, dtype=object)
    for column, name in enumerate(features):
        if name in places:
            values[:, column] = rows.numbers[:, places[name]]  # JSON has no NaN: it is written as null
        else:
            values[:, column] = [word or None for word in rows.words[name]]
    return values
