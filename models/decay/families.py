"""The families that forecast a catalogue, and what a sceptic would forecast it with."""

import inspect
from collections.abc import Mapping
from typing import Any

from models.decay.baselines import Flat, LogLinear, SeasonalNaive
from models.decay.boosted import BoostedDecay
from models.decay.classic import ClassicDecay
from models.decay.curves import CurveModel
from models.decay.segments import SegmentedDecay
from models.family import Examples, Family, FamilySet, Settings
from models.preprocessing import Columns


def _family(kind: type[CurveModel], **other: Any) -> Family:
    """A family whose settings are what `kind` is made with, with `other` defaults where given."""
    known = inspect.signature(kind).parameters
    defaults: Mapping[str, Any] = {name: known[name].default for name in known if name != "seed"} | other

    def fit(
        columns: Columns, settings: Settings, learn_from: Examples, seed: int, stop_on: Examples | None
    ) -> tuple[CurveModel, dict[str, Any]]:
        chance = {"seed": seed} if "seed" in known else {}
        return kind(**settings, **chance).fit(*learn_from), dict(settings)

    return Family(defaults, fit)


FAMILIES = FamilySet(
    candidates={
        "segments": _family(SegmentedDecay),
        "boosted": _family(BoostedDecay),
        "blend": _family(BoostedDecay, share=0.5),
    },
    baselines={
        "flat": _family(Flat),
        "seasonal naive": _family(SeasonalNaive),
        "log-linear": _family(LogLinear),
        "classic decay": _family(ClassicDecay),
    },
)
