"""What was noted of a version when it was registered, read from its tags and from the metrics of its run."""

from collections.abc import Iterator, Mapping
from datetime import date
from math import isfinite

from refrain.settings import Frozen
from tasks.registration import TRAINING
from tasks.versions import BASELINE, RegisteredTarget, Version

_DATASET = "dataset."
_ENDS = ("_low", "_high")


class Measured(Frozen):
    """A number with its 95 % interval; null where it was not measured."""

    value: float | None
    low: float | None = None
    high: float | None = None


NOT_MEASURED = Measured(value=None)


def headline_metric(version: Version) -> Measured:
    """Its headline metric on the test window of its training."""
    return _tagged(version, version.tags.get("headline", ""))


def headline_difference(version: Version) -> Measured:
    """The same minus that of the best baseline, on the same rows."""
    return _tagged(version, f"difference_{version.tags.get('headline', '')}")


def best_baseline(registered: RegisteredTarget, version: Version) -> Version | None:
    """The version that is the best baseline of the same training; it differs from itself by nothing."""
    bars = [
        one
        for one in registered.versions
        if one.is_baseline
        and one.tags.get(TRAINING) == version.tags.get(TRAINING)
        and headline_difference(one) == Measured(value=0.0, low=0.0, high=0.0)
    ]
    aliased = [one for one in bars if BASELINE in one.aliases]
    return next(iter(aliased + bars), None)


def with_intervals(metrics: Mapping[str, float]) -> Iterator[tuple[str, Measured]]:
    """Metrics of a run with the ends of their intervals, which are metrics by themselves in MLflow."""
    for name, value in sorted(metrics.items()):
        if not (name.endswith(_ENDS) and name.rpartition("_")[0] in metrics):
            low, high = (metrics.get(f"{name}{end}") for end in _ENDS)
            yield name, Measured(value=value, low=low, high=high)


def datasets_of(version: Version) -> Mapping[str, str]:
    """Dataset -> MD5 of its canonical CSV."""
    return {key.removeprefix(_DATASET): md5 for key, md5 in version.tags.items() if key.startswith(_DATASET)}


def learned_until(version: Version) -> date | None:
    """The last as_of that it learned from."""
    try:
        return date.fromisoformat(version.tags.get("learned_until", ""))
    except ValueError:
        return None


def _tagged(version: Version, name: str) -> Measured:
    value, low, high = (_number(version.tags.get(f"{name}{end}")) for end in ("", *_ENDS))
    return Measured(value=value, low=low, high=high)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if isfinite(number) else None
