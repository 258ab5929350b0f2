"""From the tracks of a body to what the champion says of them, as arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models.decay.classic import SEGMENT_STARTS
from models.valuation import MONTHS_A_YEAR, added_up, present_values
from refrain.track_months import AGE
from serving.catalogue.body import Asked, Terms, Track, first_day
from tasks.forecasting.forecaster import Forecaster, Forecasts
from tasks.forecasting.histories import NO_ARTIST, Histories, date_of, day_of, histories, starts_of

Numbers = NDArray[np.float64]
NO_NUMBER = "the model gives no finite number"
_DAYS_IN_A_MONTH = 30


@dataclass(frozen=True)
class Worths:
    """Present values of the months ahead, with the columns of models.intervals.ANSWER."""

    terms: Terms
    tracks: Numbers
    """Shape (tracks, 5)."""
    artists: Mapping[str, Numbers]
    """Artist -> shape (5,): of the tracks that say whose they are."""
    together: Numbers
    """Shape (5,)."""


@dataclass(frozen=True)
class Answered:
    """What there is to say of the tracks of a body."""

    forecasts: Forecasts
    segments: NDArray[np.int64]
    """Shape (tracks, months): the segment of its life that a track is in, from the model or by its age; -1 where the
    age is unknown."""
    together: Numbers
    """Shape (5,): streams of all tracks and months together."""
    worths: Worths | None


def answered(asked: Asked, forecaster: Forecaster, today: date) -> Answered:
    """The forecasts of a body's tracks, which are taken for the whole catalogue. Heavy: not for the event loop."""
    artist_ids = [track.get("artist_id") for track in asked.tracks]
    known = histories_of(asked.tracks, artist_ids)
    as_of = asked.as_of or _last_day(known, today)
    known = replace(known, release_days=np.where(known.release_days > day_of(as_of), np.nan, known.release_days))
    forecasts = _finite(forecaster.forecast(known, as_of, asked.months, received_on=today))
    return Answered(
        forecasts=forecasts,
        segments=_segments(forecasts),
        together=_added(forecasts.totals, forecaster),
        worths=None if asked.terms is None else _worths(forecasts, asked, forecaster, asked.terms),
    )


def histories_of(tracks: Sequence[Track], artist_ids: Sequence[str | None]) -> Histories:
    """The tracks as arrays. Entries that are null are days that are not known."""
    lengths = np.array([len(track["daily"]) for track in tracks], dtype=np.int64)
    counts = np.concatenate([np.zeros(0), *(np.array(track["daily"], dtype=np.float64) for track in tracks)])
    firsts = np.array([day_of(first_day(track) or date.min) for track in tracks], dtype=np.int64)
    starts = starts_of(lengths)
    days = np.arange(len(counts)) + np.repeat(firsts - starts[:-1], lengths)
    told = np.isfinite(counts)
    passed = np.concatenate([[0], np.cumsum(told)])
    return histories(
        np.array([track["track_id"] for track in tracks], dtype=object),
        passed[starts].astype(np.int64),
        days[told].astype(np.int32),
        _whole(counts[told]),
        release_days=np.array([_day(track.get("release_date")) for track in tracks]),
        mldr=np.array([_number(track.get("mldr")) for track in tracks]),
        artists=_artists(artist_ids),
    )


def _whole(counts: Numbers) -> NDArray[np.int64] | Numbers:
    """As whole numbers, where all of them are."""
    whole = counts.astype(np.int64)
    return whole if np.array_equal(whole, counts) else counts


def _day(day: date | None) -> float:
    return np.nan if day is None else float(day_of(day))


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _artists(artist_ids: Sequence[str | None]) -> NDArray[np.int64]:
    places: dict[str, int] = {}
    numbers = [NO_ARTIST if artist is None else places.setdefault(artist, len(places)) for artist in artist_ids]
    return np.array(numbers, dtype=np.int64)


def _last_day(known: Histories, today: date) -> date:
    """The last day up to today with a count; today, where there is none."""
    until = known.until(day_of(today)).last_day()
    return today if until is None else date_of(until)


def _finite(forecasts: Forecasts) -> Forecasts:
    """Without the tracks of which the model says what is no number."""
    good = np.isfinite(forecasts.values).all(axis=(1, 2)) & np.isfinite(forecasts.totals).all(axis=1)
    if good.all():
        return forecasts
    return replace(
        forecasts,
        track_ids=forecasts.track_ids[good],
        values=forecasts.values[good],
        totals=forecasts.totals[good],
        columns=forecasts.columns.iloc[np.flatnonzero(good)].reset_index(drop=True),
        segments=None if forecasts.segments is None else forecasts.segments[good],
        skipped={**forecasts.skipped, NO_NUMBER: tuple(forecasts.track_ids[~good])},
    )


def _segments(forecasts: Forecasts) -> NDArray[np.int64]:
    if forecasts.segments is not None:
        return forecasts.segments.astype(np.int64)
    age = forecasts.columns[AGE].to_numpy(dtype=np.float64)
    months = np.floor(age / _DAYS_IN_A_MONTH)[:, None] + np.arange(1, forecasts.months + 1)
    found = np.searchsorted(SEGMENT_STARTS, months, side="right")
    return np.where(np.isnan(months), -1, found)


def _worths(forecasts: Forecasts, asked: Asked, forecaster: Forecaster, terms: Terms) -> Worths:
    values = present_values(
        forecasts.values,
        forecasts.totals,
        rate=terms.rate,
        yearly_discount=terms.discount,
        months_a_year=MONTHS_A_YEAR[forecaster.steps],
    )
    whose = {track["track_id"]: track.get("artist_id") for track in asked.tracks}
    artists = [whose[track] for track in forecasts.track_ids]
    codes = _artists(artists)
    told = codes != NO_ARTIST
    sums = added_up(values[told], codes[told], forecaster.common_share)
    names = dict.fromkeys(artist for artist in artists if artist is not None)
    return Worths(terms, values, dict(zip(names, sums, strict=True)), _added(values, forecaster))


def _added(values: Numbers, forecaster: Forecaster) -> Numbers:
    """All tracks together, shape (5,)."""
    one = np.zeros(len(values), dtype=np.int64)
    return np.asarray(added_up(values, one, forecaster.common_share).sum(axis=0))
