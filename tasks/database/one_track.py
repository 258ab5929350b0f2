"""One track of a database: what is known of it, what is expected, and why. Nothing is written into the database."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from models.decay.classic import SEGMENT_STARTS
from refrain.errors import InputError
from refrain.files import replacing
from refrain.track_months import AGE, BACK, MLDR, S30, S90, S365
from tasks.database.catalogue import read_catalogue
from tasks.database.database import Database
from tasks.database.forecasting import Options, catalogue_surroundings
from tasks.database.months import months_after
from tasks.database.rows import TrainingRows
from tasks.database.valuing import Terms, Worth, value_tracks, worth_of
from tasks.forecasting.forecaster import Forecaster, Forecasts
from tasks.forecasting.histories import date_of, day_of

Numbers = NDArray[np.float64]
_DAYS_IN_A_MONTH = 30


@dataclass(frozen=True)
class Month:
    """A month ahead."""

    number: int
    first: date
    last: date
    age: int | None
    """The track's age in 30-day months; none where its release is unknown."""
    segment: int | None
    """The segment of its life that the model puts it in, or that of its age where the model knows none."""
    streams: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


@dataclass(frozen=True)
class TrackReport:
    """A track's diagnostics."""

    track_id: str
    artist_id: str | None
    as_of: date
    model: str
    version: int | None
    first_day: date
    """First day with a count."""
    last_day: date
    known_days: int
    """Days with a count."""
    missing_days: int
    """Days between the first and the last without one."""
    released: date | None
    s30: float
    """Streams of the last 30, 90 and 365 days to as_of; NaN where one of the days is unknown."""
    s90: float
    s365: float
    mldr: float
    """The artist's monthly-listener decay rate; NaN where the database has none."""
    back: Numbers
    """Streams of the months back, the latest first; NaN where one is not known whole."""
    months: tuple[Month, ...]
    total: Numbers
    """Sum over the months: expected, low_80, high_80, low_95, high_95."""
    worth: Worth | None
    """Present value of the months, where it was asked for."""

    @property
    def segment_rates(self) -> dict[int, tuple[int, float]]:
        """Segment -> how many months ahead are in it, and by what share a month falls there on average.

        From the month before the first of them to the last: 1 - (end / begin) ** (1 / months). Negative where it rises.
        """
        rates: dict[int, tuple[int, float]] = {}
        segments = [month.segment for month in self.months]
        path = [self.back[0], *(month.streams for month in self.months)]
        for segment in dict.fromkeys(segment for segment in segments if segment is not None):
            places = [place for place, found in enumerate(segments) if found == segment]
            begin, end = path[places[0]], path[places[-1] + 1]
            if begin > 0 and end > 0:
                rates[segment] = len(places), 1 - (end / begin) ** (1 / len(places))
            else:
                rates[segment] = len(places), float("nan")
        return rates


def report_track(
    database: Database, forecaster: Forecaster, track_id: str, options: Options, today: date
) -> TrackReport:
    """What is known and expected of one track: the very forecast that its catalogue's run makes of it.

    Raises InputError if there is no such track, or it cannot be forecast (the reason is said); DatabaseError.
    """
    catalogue = read_catalogue(database, options.as_of, today)
    as_of_day = day_of(catalogue.as_of)
    track = catalogue.track(track_id)
    history = TrainingRows(database).of(track)
    around = catalogue_surroundings(database, forecaster, catalogue)
    forecast = forecaster.forecast(history, catalogue.as_of, options.months, surroundings=around, received_on=today)
    if not len(forecast):
        reason = next(iter(forecast.skipped), "it has no counts")
        raise InputError(
            f"The track {track_id} cannot be forecast: {reason}.", hint="Mend its training rows and run again."
        )
    known = history.until(as_of_day)
    column = {name: float(forecast.columns[name].iloc[0]) for name in (AGE, MLDR, S30, S90, S365)}
    segments = None if forecast.segments is None else forecast.segments[0]
    return TrackReport(
        track_id=track_id,
        artist_id=track.artist_ids[0],
        as_of=catalogue.as_of,
        model=forecaster.name,
        version=forecaster.version,
        first_day=date_of(int(known.days[0])),
        last_day=date_of(int(known.days[-1])),
        known_days=len(known.days),
        missing_days=int(known.days[-1] - known.days[0]) + 1 - len(known.days),
        released=None if np.isnan(column[AGE]) else date_of(as_of_day - int(column[AGE])),
        s30=column[S30],
        s90=column[S90],
        s365=column[S365],
        mldr=column[MLDR],
        back=forecast.columns[list(BACK)].to_numpy()[0],
        months=tuple(
            _month(number, days, column[AGE], segments, forecast.values[0, number - 1])
            for number, days in enumerate(months_after(catalogue.as_of, options.months, forecaster.steps), start=1)
        ),
        total=forecast.totals[0],
        worth=None if options.terms is None else _worth(forecast, forecaster, options.terms),
    )


def _worth(forecast: Forecasts, forecaster: Forecaster, terms: Terms) -> Worth:
    return worth_of(value_tracks(forecast, [None], forecaster, terms).values[0])


def _month(
    number: int, days: tuple[date, date], age_days: float, segments: NDArray[np.int8] | None, values: Numbers
) -> Month:
    age = None if np.isnan(age_days) else int(age_days // _DAYS_IN_A_MONTH) + number
    segment = None if age is None else int(np.searchsorted(SEGMENT_STARTS, age, side="right"))
    if segments is not None:
        segment = int(segments[number - 1])
    return Month(number, *days, age, segment, *map(float, values))


def write_csv(report: TrackReport, folder: Path) -> Path:
    """Write the months ahead of a track into `folder`, in a file named by its id, and return that file."""
    path = folder / f"{file_stem(report.track_id)}.csv"
    with replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["cm_track_id", "as_of", *Month.__dataclass_fields__])
        for month in report.months:
            cells = [month.number, month.first, month.last, month.age, month.segment]
            amounts = [month.streams, month.low_80, month.high_80, month.low_95, month.high_95]
            writer.writerow([report.track_id, report.as_of, *cells, *(f"{amount:.2f}" for amount in amounts)])
    return path


def file_stem(track_id: str) -> str:
    """A track's id as the name of a file: whatever could name another folder is written in %-signs."""
    return quote(track_id, safe=" ()+,;=@").replace(".", "%2E")[:200] or "track"
