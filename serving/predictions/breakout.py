"""Whether an artist becomes one of a listener's core artists, as answers say it."""

from collections.abc import Mapping
from typing import Any

from serving.predictions.fields.breakout import BREAKOUT_FIELDS
from serving.predictions.fields.kinds import Field, Flag, Number
from serving.predictions.panel import Said
from serving.predictions.schemas import PROBABILITY, Schema, described, or_null

RETURN_PROBABILITIES, THRESHOLD_OVERRIDE = "return_probabilities", "threshold_override"
OPTIONS: dict[str, Field] = {
    RETURN_PROBABILITIES: Flag("whether the answer says the probabilities, as it does if nothing is said"),
    THRESHOLD_OVERRIDE: Number("the probability from which an artist breaks out, instead of the champion's", 0, 1),
}

HEAD: dict[str, Schema] = {
    "threshold": described(
        or_null(PROBABILITY), "The probability from which an artist breaks out; null where the champion has none."
    )
}
OPTIONAL = ("listener", "probability")
ROW: dict[str, Schema] = {
    "artist_name": or_null(BREAKOUT_FIELDS.passed["artist_name"].schema()),
    "month": or_null(BREAKOUT_FIELDS.passed["month"].schema()),
    "listener": BREAKOUT_FIELDS.passed["listener"].schema(),
    "probability": described(PROBABILITY, "That the artist becomes a core artist, says the champion; calibrated."),
    "is_breakout": {"type": ["boolean", "null"], "description": "Whether the probability reaches the threshold."},
}


class Breakout:
    """The wording of /breakout/predict."""

    def head(self, said: Said, options: Mapping[str, Any]) -> dict[str, Any]:
        """The probability from which an artist breaks out; null where the champion has none and none was sent."""
        return {"threshold": _threshold(said, options)}

    def row(self, said: Said, place: int, passed: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """What it was about, and whether the artist breaks out."""
        probability, threshold = said.listed[place], _threshold(said, options)
        found: dict[str, Any] = {
            "artist_name": passed.get("artist_name", passed.get("artist")),
            "month": passed.get("month", passed.get("as_of")),
        }
        if "listener" in passed:
            found["listener"] = passed["listener"]
        if options.get(RETURN_PROBABILITIES, True):
            found["probability"] = probability
        found["is_breakout"] = None if threshold is None else probability >= threshold
        return found


def _threshold(said: Said, options: Mapping[str, Any]) -> float | None:
    chosen = options.get(THRESHOLD_OVERRIDE)
    return said.panel.threshold if chosen is None else float(chosen)
