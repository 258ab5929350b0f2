"""From a stored model to its compiled form, where there is one."""

from typing import Any, Protocol

from models.baselines import BaseRate, ColumnScore
from models.calibration import CalibratedModel
from models.class_baselines import ClassShares
from models.class_calibration import CalibratedClasses
from models.compiled.amounts import bounded
from models.compiled.explanations import explanations
from models.compiled.probabilities import SameClasses, chances, classes
from models.compiled.rows import Numbers, Rows
from models.conformal_model import ConformalModel
from models.contributions import Contributions
from models.preprocessing import Columns


class Compiled(Protocol):
    """A stored model's answers to arrays. Safe to ask from one thread at a time."""

    def answers(self, rows: Rows) -> Numbers:
        """What the model says: shape (rows,) of a chance, (rows, 5) of an amount, (rows, classes + 1) of a class.

        Within 1e-9 of what the stored model says of the same rows. Raises InputError as that does.
        """


class Explaining(Protocol):
    """What drives a stored model's scores, from arrays."""

    def contributions(self, rows: Rows) -> Contributions:
        """As models.contributions has them of the same model and rows, within 1e-5 (which computes in 32 bits)."""


def compiled(model: Any, columns: Columns) -> Compiled | None:
    """The compiled form of a stored model that takes the features `columns`; None where there is none."""
    if isinstance(model, CalibratedModel | BaseRate | ColumnScore):
        return chances(model, columns)
    if isinstance(model, CalibratedClasses):
        return classes(model, columns)
    if isinstance(model, ConformalModel):
        return bounded(model)
    return SameClasses(model) if isinstance(model, ClassShares) else None


def explaining(model: Any, columns: Columns) -> Explaining | None:
    """The compiled form of what drives a stored model's scores; None where there is none."""
    return explanations(model, columns)
