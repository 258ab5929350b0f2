"""A track's streams of the week ahead and of the third week, as answers say them."""

from collections.abc import Mapping, Sequence
from typing import Any

from serving.predictions.fields.streams import ONE_WEEK_FIELDS, THREE_WEEK_FIELDS
from serving.predictions.panel import Said
from serving.predictions.schemas import NUMBER, Schema, described, or_null

LINEAR = ("ridge", "lasso")
"""The linear families, the one that answers as lr_preds first."""
FOREST = "forest"

_STREAMS: Schema = {**NUMBER, "minimum": 0}
_INTERVAL: Schema = {"type": "array", "items": _STREAMS, "minItems": 2, "maxItems": 2}
_AMOUNT: dict[str, Schema] = {
    "prediction": described(_STREAMS, "Streams in the week that is asked about, says the champion."),
    "interval_80": described(_INTERVAL, "Between these two in 80 of 100 cases."),
    "interval_95": described(_INTERVAL, "Between these two in 95 of 100 cases."),
}

ONE_WEEK_OPTIONAL = (*ONE_WEEK_FIELDS.passed, "lr_preds", "rfr_preds", "families")
ONE_WEEK_ROW: dict[str, Schema] = {
    **{name: kind.schema() for name, kind in ONE_WEEK_FIELDS.passed.items()},
    "lr_preds": described(or_null(_STREAMS), "Streams, says the linear model; null where none is registered."),
    "rfr_preds": described(or_null(_STREAMS), "Streams, says the random forest; null where none is registered."),
    "families": {
        "type": "object",
        "additionalProperties": _STREAMS,
        "description": "Streams, says the newest model of each registered family.",
    },
    **_AMOUNT,
}
THREE_WEEK_OPTIONAL = tuple(THREE_WEEK_FIELDS.passed)
THREE_WEEK_ROW: dict[str, Schema] = {
    **{name: kind.schema() for name, kind in THREE_WEEK_FIELDS.passed.items()},
    "three_week_preds": described(_STREAMS, "The same as prediction."),
    **_AMOUNT,
}


class OneWeek:
    """The wording of /oneweek/predict. `families`: whether it names what each family says."""

    def __init__(self, families: bool) -> None:
        self._families = families

    def head(self, said: Said, options: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing."""
        return {}

    def row(self, said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What it was about, the families, the champion's streams and their intervals."""
        found = dict(passed)
        if self._families:
            families = {name: values[place] for name, values in said.families.items()}
            found["lr_preds"] = next((families[name] for name in LINEAR if name in families), None)
            found["rfr_preds"] = families.get(FOREST)
            found["families"] = families
        return _with_amount(found, said.listed[place])


class ThreeWeek:
    """The wording of /threeweek/predict."""

    def head(self, said: Said, options: Mapping[str, Any]) -> dict[str, Any]:
        """Nothing."""
        return {}

    def row(self, said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What it was about, the champion's streams and their intervals."""
        return _with_amount({**passed, "three_week_preds": said.listed[place][0]}, said.listed[place])


def _with_amount(found: dict[str, Any], amounts: Sequence[float]) -> dict[str, Any]:
    prediction, low_80, high_80, low_95, high_95 = amounts
    found["prediction"] = prediction
    found["interval_80"] = (low_80, high_80)
    found["interval_95"] = (low_95, high_95)
    return found
