"""Stored models of amounts, from arrays."""

from dataclasses import dataclass

from models.compiled.hourly import hourly
from models.compiled.rows import Numbers, Rows
from models.compiled.streams import Amounts, streams
from models.conformal_model import ConformalModel, with_bounds
from models.intervals import RelativeConformal


@dataclass(frozen=True)
class Bounded:
    """An estimator of amounts and its intervals."""

    amounts: Amounts
    calibrator: RelativeConformal

    def answers(self, rows: Rows) -> Numbers:
        """The columns models.intervals.ANSWER, shape (rows, 5)."""
        return with_bounds(self.calibrator, self.amounts(rows), rows)


def bounded(model: ConformalModel) -> Bounded | None:
    """The compiled form of a stored model of amounts; None where it has none, as one that forecasts whole curves."""
    found = streams(model.estimator) or hourly(model.estimator)
    return None if found is None else Bounded(found, model.calibrator)
