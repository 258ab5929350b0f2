"""What a prediction's target is: the one shape every feature file fills in and every step reads."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import narwhals as nw

from refrain.settings import Frozen

Frames = Mapping[str, "nw.LazyFrame[Any]"]
"""Dataset name -> its rows, typed as refrain.datasets says."""

AS_OF = "as_of"
LABEL = "label"
LABEL_KNOWN_AT = "label_known_at"
LABEL_LOW = "label_low"
"""The least that a label can be, where the amount is known only to lie between this and `label`."""


class Kind(StrEnum):
    """What a label is, and so how it is answered and measured."""

    CHANCE = "chance"
    """0 or 1, answered by a calibrated probability of 1."""
    AMOUNT = "amount"
    """A number from 0 on, answered by a number with conformal intervals."""
    CLASS = "class"
    """The position of one of the target's `classes`, answered by a calibrated probability of each."""


@dataclass(frozen=True)
class Baseline:
    """A predictor a sceptic would use.

    Of a chance: the constant base rate, or one column read as a score (higher is likelier). Of an amount: one column
    read as the amount, or, without a column, the baseline of that name in the target's family set.
    """

    name: str
    column: str | None = None


@dataclass(frozen=True)
class Slice:
    """Rows that are also measured by themselves: those with low <= column < high."""

    name: str
    column: str
    low: float = float("-inf")
    high: float = float("inf")


@dataclass(frozen=True)
class Cut:
    """A column by which intervals are fitted apart: below the first edge, from it to the next, and so on.

    Rows without a value are a part of their own.
    """

    column: str
    edges: tuple[float, ...]


@dataclass(frozen=True)
class Target:
    """One target: what a row is, its features and label, and what it must beat.

    `rows` turns the datasets' raw rows into one row per (entity, as_of) with the columns `entity`, `as_of` (date),
    `label_known_at` (date: the day at whose end the label can be known, as the features can at the end of `as_of`), the
    features, and `label` (null where it cannot be known yet). It is an expression over lazy frames: the same on Polars
    and on PySpark. A feature reads nothing later than the row's `as_of`.
    """

    name: str
    question: str
    """What a prediction answers, in one sentence for a person."""
    datasets: tuple[str, ...]
    entity: tuple[str, ...]
    """Columns that name who or what a row is about."""
    cluster: tuple[str, ...]
    """Columns whose values are resampled together by the bootstrap, and by which known and unseen are told apart."""
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    text: tuple[str, ...]
    required: tuple[str, ...]
    """Features that a record to score must have; the others are imputed where absent."""
    baselines: tuple[Baseline, ...]
    headline: str
    """The metric that decides: `average_precision` of a chance, `wape` or `mase` of an amount, `macro_f1` of a class.
    """
    settings_type: type[Frozen]
    rows: Callable[[Frames, Any], "nw.LazyFrame[Any]"]
    apart: str | None = None
    """A column of its large datasets whose values have nothing to do with each other's rows (a listener, say), where
    there is one: what outgrows memory is then taken in parts by it. A dataset without it is read whole by every part.
    """
    shared: Callable[[Frames], Frames] | None = None
    """What `rows` needs to know of all rows of the datasets, by name, where it may be given a part of them: small
    frames that are computed once, and given to `rows` beside the datasets."""
    kind: Kind = Kind.CHANCE
    families: str = "models.classifiers"
    """The module whose FAMILIES its candidates and named baselines are."""
    optional: tuple[str, ...] = ()
    """Datasets that are read where the project has them (params.yaml names them), and done without elsewhere."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Dataset -> another one that is read in its place where the project has it."""
    classes: tuple[str, ...] = ()
    """Of a class target: what its labels 0, 1, 2 ... are called."""
    scale: str | None = None
    """Of an amount whose errors are scaled (`mase`): the column, no feature, that says how large an error of 1 is, as
    known at as_of."""
    counted: bool = False
    """Of a chance: whether one also asks how many rows of an as_of are positive, with an interval of their number."""
    slices: tuple[Slice, ...] = ()
    cuts: tuple[Cut, ...] = ()
    """Where intervals are fitted apart, the most telling column first; parts with too few rows are joined again."""
    bounded_labels: bool = False
    """Whether its rows also have `label_low`: an amount that a censored source hides lies between it and `label`. An
    answer between them is no error."""
    horizon: str | None = None
    """The feature that says how many steps ahead a row is, where there are several."""
    step: str = "month"
    """What a step ahead is: a month, an hour."""
    curves: bool = False
    """Whether its models forecast curves, whose sums over the steps ahead are asked for, too."""
    alert_group: tuple[str, ...] = ()
    """Columns within which alerts are counted, where the target has a decision threshold."""

    @property
    def module(self) -> str:
        """The module that says what its rows are."""
        return self.rows.__module__

    @property
    def prediction(self) -> str:
        """The prediction this target belongs to: the part of its name before the dot."""
        return self.name.partition(".")[0]

    @property
    def short_name(self) -> str:
        """The part of its name after the dot."""
        return self.name.partition(".")[2]

    def reads(self, present: Collection[str]) -> tuple[str, ...]:
        """The datasets it is built from where those in `present` are there."""
        needed = (self.instead[name] if self.instead.get(name) in present else name for name in self.datasets)
        return (*needed, *(name for name in self.optional if name in present))

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns that are no features, but that answers are measured by besides the label."""
        return (*((LABEL_LOW,) if self.bounded_labels else ()), *((self.scale,) if self.scale else ()))

    @property
    def features(self) -> tuple[str, ...]:
        """All features, in the order a model takes them."""
        return (*self.numeric, *self.categorical, *self.text)
