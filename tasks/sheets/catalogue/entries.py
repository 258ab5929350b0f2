"""The sheet `catalogue_entries`: what there is to look at of a catalogue, and how much it is expected to stream."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.intervals import ANSWER
from models.valuation import added_up
from tasks.forecasting.forecaster import TARGET
from tasks.forecasting.whole_catalogue import pieces
from tasks.sheets.catalogue.now import ALL, ARTIST, CATALOGUE, DATASETS, TRACK, Catalogue, catalogue_now
from tasks.sheets.catalogue.words import notes
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_YEAR_MONTHS = 12
_EXPECTED = ("expected_12", "low_80", "high_80", "low_95", "high_95")
_KNOWN = {"id": pl.String, "last_month": pl.Float64, "counted": pl.Float64}
Numbers = NDArray[np.float64]


def make(material: Material, part: Part) -> Made:
    """The catalogue, its artists, its tracks: of each kind the largest first."""
    del part
    catalogue = catalogue_now(material)
    tracks = _tracks(catalogue)
    artists = _summed(catalogue, tracks.filter(pl.col("artist_id").is_not_null()), "artist_id", ARTIST)
    whole = _summed(catalogue, tracks.with_columns(pl.lit(ALL).alias("whole")), "whole", CATALOGUE)
    rows = pl.concat([whole, *(_largest_first(some) for some in (artists, tracks))], how="diagonal_relaxed")
    whole_of_it = (pl.lit(catalogue.as_of).alias("as_of"), pl.lit(catalogue.furthest).alias("furthest_months"))
    return Made(rows.with_columns(whole_of_it), notes(catalogue), (catalogue.loaded.served,))


def largest_artists(catalogue: Catalogue, count: int) -> list[str]:
    """The ids of the artists who are expected to stream the most."""
    artists = _summed(catalogue, _tracks(catalogue).filter(pl.col("artist_id").is_not_null()), "artist_id", ARTIST)
    return _largest_first(artists)["id"].head(count).to_list()


def _tracks(catalogue: Catalogue) -> pl.DataFrame:
    """A row for each track that is forecast or has months."""
    expected = _expected(catalogue)
    ahead = pl.DataFrame(
        {
            "id": catalogue.measured.track_ids.tolist(),
            **dict(zip(_EXPECTED, expected.T, strict=True)),
        },
        schema={"id": pl.String, **dict.fromkeys(_EXPECTED, pl.Float64)},
    )
    known = pl.DataFrame(
        {
            "id": catalogue.known.track_ids.tolist(),
            "last_month": _last(catalogue.known.whole),
            "counted": _last(catalogue.known.streams),
        },
        schema=_KNOWN,
    )
    skipped = catalogue.skipped
    joined = known.join(ahead, on="id", how="full", coalesce=True).join(
        catalogue.facts.rename({"track_id": "id"}), on="id", how="left"
    )
    ids = joined["id"].to_list()
    return joined.with_columns(
        pl.lit(TRACK).alias("scope"),
        pl.col("name").fill_null(pl.col("id")),
        pl.col("last_month").fill_nan(None),
        pl.col("expected_12").is_not_null().cast(pl.Int64).alias("tracks"),
        pl.Series("why_not", [skipped.get(track) for track in ids], dtype=pl.String),
    )


def _last(months: NDArray[Any]) -> Numbers:
    """The last month of each track; NaN where there is none."""
    return np.asarray(months[:, 0] if months.shape[1] else np.full(len(months), np.nan), dtype=np.float64)


def _expected(catalogue: Catalogue) -> Numbers:
    """ANSWER of the next twelve months of each track together, shape (n, 5)."""
    parts = [
        catalogue.forecaster.of_measured(piece, catalogue.as_of, _YEAR_MONTHS).totals
        for piece in pieces(catalogue.measured, _YEAR_MONTHS)
    ]
    return np.concatenate([np.empty((0, len(ANSWER))), *parts])


def _summed(catalogue: Catalogue, tracks: pl.DataFrame, by: str, scope: str) -> pl.DataFrame:
    """A row for each value of `by`: its tracks together."""
    sums = tracks.group_by(by, maintain_order=True).agg(
        pl.col("counted").sum().alias("last_month"), pl.col("tracks").sum(), pl.col("artist").first().alias("name")
    )
    forecast = tracks.filter(pl.col("expected_12").is_not_null())
    codes, values = _codes(forecast[by].to_list()), forecast.select(_EXPECTED).to_numpy()
    added = added_up(values, codes, catalogue.forecaster.common_share)
    ahead = pl.DataFrame(
        {by: list(dict.fromkeys(forecast[by].to_list())), **dict(zip(_EXPECTED, added.T, strict=True))},
        schema={by: pl.String, **dict.fromkeys(_EXPECTED, pl.Float64)},
    )
    named = sums.join(ahead, on=by, how="left").rename({by: "id"})
    name = pl.lit("The whole catalogue") if scope == CATALOGUE else pl.col("name")
    artist = pl.lit(None, dtype=pl.String) if scope == CATALOGUE else pl.col("name")
    return named.with_columns(pl.lit(scope).alias("scope"), name.alias("name"), artist.alias("artist"))


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    """Numbered in the order in which they come first."""
    places: dict[str, int] = {}
    return np.array([places.setdefault(name, len(places)) for name in names], dtype=np.int64)


def _largest_first(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort(["expected_12", "last_month", "id"], descending=[True, True, False], nulls_last=True)


SHEETS = (
    Sheet(
        "catalogue_entries",
        "The catalogue, its artists and its tracks, with what they stream and are expected to",
        columns(
            ("scope", Kind.TEXT, "What it is: catalogue, artist or track"),
            ("id", Kind.TEXT, "Its id; of the catalogue: all"),
            ("name", Kind.TEXT, "Its name or title"),
            ("artist", Kind.TEXT, "Whose: the artist's name"),
            ("artist_id", Kind.TEXT, "Whose: the artist's id, of a track"),
            ("release_date", Kind.DATE, "When it was released, of a track"),
            ("tracks", Kind.WHOLE, "Tracks of it that have a forecast", "tracks"),
            ("as_of", Kind.DATE, "Last day that the forecast rests on"),
            (
                "last_month",
                Kind.NUMBER,
                "Streams of the last whole month; of several tracks, all that were counted",
                "streams",
            ),
            ("expected_12", Kind.NUMBER, "Streams expected in the next twelve months together", "streams"),
            ("low_80", Kind.NUMBER, "Its 80 % interval: from", "streams"),
            ("high_80", Kind.NUMBER, "Its 80 % interval: to", "streams"),
            ("low_95", Kind.NUMBER, "Its 95 % interval: from", "streams"),
            ("high_95", Kind.NUMBER, "Its 95 % interval: to", "streams"),
            ("furthest_months", Kind.WHOLE, "How many months ahead can be asked for", "months"),
            ("why_not", Kind.TEXT, "Why a track has no forecast"),
        ),
        make,
        datasets=DATASETS,
        targets=(TARGET,),
        search=("name", "artist", "id"),
    ),
)
