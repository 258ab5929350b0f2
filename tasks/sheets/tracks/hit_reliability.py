"""The sheet `hit_reliability`: of the tracks that were given about some probability, how many became hits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.hits import TARGETS
from models.compiled.rows import Numbers
from tasks.bootstrap import cluster_draws, estimate
from tasks.share_interval import share_interval
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

HIT = TARGETS[0]
EDGES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def make(material: Material, part: Part) -> Made:
    """A row for each candidate and band of probability in which it has test rows."""
    del part
    record = material.record(HIT.name)
    if not material.is_of_champion(HIT.name):
        raise NotYetError(
            "The last training of hits.hit is not the one that the champion came from.",
            hint="Run `refrain run hits`: what comes out of it is measured here.",
        )
    tested = _tested(material)
    if tested.is_empty():
        raise NotYetError("There is no test window of hits.hit.", hint="Run `refrain run hits`.")
    artists = tested.select(pl.struct(HIT.cluster).rank("dense")).to_series().to_numpy().astype(np.int64) - 1
    training = material.project.settings.target(HIT.name).training
    drawn = np.concatenate(list(cluster_draws(int(artists.max()) + 1, training.replicates, training.seed)))
    hits = tested["label"].to_numpy().astype(np.float64)
    rows = [
        row
        for candidate in record.candidates
        for row in _bands(candidate.name, tested[candidate.name].to_numpy(), hits, artists, drawn)
    ]
    return Made(pl.DataFrame(rows), (_note(tested),))


def _tested(material: Material) -> pl.DataFrame:
    """What each candidate said of the test rows, what came, and whose tracks they are."""
    said = material.predictions(HIT.name).filter(pl.col("window") == "test")
    clusters = material.snapshot(HIT.name).select(*HIT.entity, *HIT.cluster).collect()
    return said.join(clusters, on=list(HIT.entity), how="inner")


def _bands(
    candidate: str, chances: Numbers, hits: Numbers, artists: NDArray[np.int64], drawn: Numbers
) -> Iterator[dict[str, Any]]:
    places = np.clip(np.searchsorted(EDGES, chances, side="right") - 1, 0, len(EDGES) - 2)
    for place in np.unique(places):
        inside = (places == place).astype(np.float64)
        low, high = _interval(inside, hits, artists, drawn)
        yield {
            "candidate": candidate,
            "from_probability": EDGES[place],
            "to_probability": EDGES[place + 1],
            "tracks": int(inside.sum()),
            "hits": int(inside @ hits),
            "predicted": float(inside @ chances / inside.sum()),
            "share": float(inside @ hits / inside.sum()),
            "low": low,
            "high": high,
        }


def _interval(inside: Numbers, hits: Numbers, artists: NDArray[np.int64], drawn: Numbers) -> tuple[float, float]:
    """The wider of two 95 % intervals: by resampling artists whole, and Wilson's.

    Of a band in which all or none became hits the first has no width; the second takes an artist's tracks for
    independent.
    """
    tracks, became = np.bincount(artists, weights=inside), np.bincount(artists, weights=inside * hits)
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = estimate(0.0, (drawn @ became) / (drawn @ tracks))
    low, high = share_interval(became.sum(), tracks.sum())
    return min(low, max(resampled.low, 0.0)), max(high, resampled.high)


def _note(tested: pl.DataFrame) -> str:
    days = [str(day) for day in tested["as_of"].to_list()]
    return (
        f"Counted among the {len(tested):,} tracks of the test window, {min(days)} to {max(days)}, "
        "that no model learned from."
    )


SHEETS = (
    Sheet(
        "hit_reliability",
        "Of the test tracks that a candidate gave about some probability, how many became hits",
        columns(
            ("candidate", Kind.TEXT, "The name of a candidate or baseline"),
            ("from_probability", Kind.NUMBER, "The band: from here on", "probability"),
            ("to_probability", Kind.NUMBER, "The band: below this", "probability"),
            ("tracks", Kind.WHOLE, "Test tracks in it", "tracks"),
            ("hits", Kind.WHOLE, "Those of them that became hits", "tracks"),
            ("predicted", Kind.NUMBER, "Mean probability that they were given", "probability"),
            ("share", Kind.NUMBER, "Share of them that became hits", "probability"),
            ("low", Kind.NUMBER, "From here ... (95 % interval, artists kept whole)", "probability"),
            ("high", Kind.NUMBER, "... to here", "probability"),
        ),
        make,
        targets=(HIT.name,),
    ),
)
