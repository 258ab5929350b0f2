"""Whether a track becomes a hit, as answers say it."""

from collections.abc import Mapping
from typing import Any

from models.baselines import BaseRate
from models.contributions import LOG_ODDS
from models.contributions import PROBABILITY as PROBABILITY_SCALE
from serving.predictions.fields.hits import HIT_FIELDS
from serving.predictions.panel import Panel, Said
from serving.predictions.schemas import NUMBER, PROBABILITY, Schema, described, or_null

FAMILIES = ("logistic", "forest", "xgboost")
"""The families that an answer always names: null where none of that name is registered."""

HEAD: dict[str, Schema] = {
    "base_rate": described(or_null(PROBABILITY), "Share of hits among the tracks that were learned from.")
}
OPTIONAL = (*HIT_FIELDS.passed, "families", "contributions", "contributions_base", "contributions_scale")
ROW: dict[str, Schema] = {
    **{name: kind.schema() for name, kind in HIT_FIELDS.passed.items()},
    "probability": described(PROBABILITY, "That the track becomes a hit, says the champion; calibrated."),
    "families": {
        "type": "object",
        "properties": {family: or_null(PROBABILITY) for family in FAMILIES},
        "required": list(FAMILIES),
        "additionalProperties": PROBABILITY,
        "description": "The same, says the newest model of each family; null where none is registered.",
    },
    "contributions": {
        "type": ["array", "null"],
        "description": (
            "What the features add to the champion's score, before calibration, the largest effect first: base and "
            "effects add up to the score. Features without any effect are left out; null where it cannot be said."
        ),
        "items": {
            "type": "object",
            "properties": {
                "feature": {"type": "string"},
                "value": {"type": ["number", "string", "null"], "description": "null where it was missing."},
                "effect": NUMBER,
            },
            "required": ["feature", "value", "effect"],
            "additionalProperties": False,
        },
    },
    "contributions_base": described(or_null(NUMBER), "The score of a track of which nothing is known."),
    "contributions_scale": {
        "type": ["string", "null"],
        "enum": [LOG_ODDS, PROBABILITY_SCALE, None],
        "description": "What base and effects are counted in.",
    },
}


class Hit:
    """The wording of /hit/predict. `families`, `contributions`: whether it says what each family and feature does."""

    def __init__(self, families: bool, contributions: bool) -> None:
        self._families, self._contributions = families, contributions

    def head(self, said: Said, options: Mapping[str, Any]) -> dict[str, Any]:
        """How many tracks are hits, whatever they are like."""
        return {"base_rate": base_rate(said.panel)}

    def row(self, said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What it was about, the champion's probability, that of each family, and what drives the champion's score."""
        found = {**passed, "probability": said.listed[place]}
        if self._families:
            named = dict.fromkeys(FAMILIES)
            found["families"] = {**named, **{name: values[place] for name, values in said.families.items()}}
        if self._contributions:
            drivers = said.drivers
            found["contributions"] = None if drivers is None else drivers.of_rows[place]
            found["contributions_base"] = None if drivers is None else drivers.base[place]
            found["contributions_scale"] = None if drivers is None else drivers.scale
        return found


def base_rate(panel: Panel) -> float | None:
    """The share of hits among the tracks learned from; None where nobody noted it."""
    if panel.champion.learned is not None:
        return panel.champion.learned.mean_label
    bar = panel.loaded.baseline
    return float(bar.model.rate_) if bar is not None and isinstance(bar.model, BaseRate) else None
