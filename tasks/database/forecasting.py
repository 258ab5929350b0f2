"""The step that forecasts a database's catalogue: batches of tracks, read, forecast and written side by side."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from refrain.settings import Frozen
from tasks.database.batches import ForecastTable, Signature
from tasks.database.catalogue import Catalogue, Tracks, read_catalogue
from tasks.database.database import Database
from tasks.database.rows import TrainingRows
from tasks.database.valuing import Terms, Valued, Worth, value_tracks, worth_together, write_values
from tasks.forecasting.columns import month_ends
from tasks.forecasting.forecaster import Forecaster, Forecasts
from tasks.forecasting.histories import Histories, date_of, day_of
from tasks.forecasting.surroundings import Surroundings

MEANWHILE = "forecast by another run meanwhile"
_ROWS_AT_ONCE = 2_000_000
"""Training rows of a batch, so that memory stays small whatever the batch."""


class Options(Frozen):
    """How a catalogue is forecast."""

    months: int = 24
    refresh: bool = False
    """Also the tracks that have a forecast, which is replaced."""
    workers: int = 2
    """Batches at work at the same time."""
    batch: int = 1000
    """Tracks written in one transaction, at most."""
    as_of: date | None = None
    """The last day with a count where none is given."""
    terms: Terms | None = None
    """Where the tracks that are forecast are to be valued as well."""


@dataclass(frozen=True)
class BatchDone:
    """What became of one batch."""

    number: int
    forecast: int
    skipped: dict[str, int]
    """Reason -> tracks."""
    valued: Valued | None


class ForecastReport(Frozen):
    """What became of a catalogue."""

    as_of: date
    months: int
    model: str
    version: int | None
    tracks: int
    """Tracks in the database."""
    on_as_of: int
    """Tracks with a count of the day as_of."""
    had_forecast: int
    """Tracks that were left alone because they have a forecast."""
    forecast: int
    skipped: dict[str, int]
    """Reason -> tracks, the most frequent first."""
    worth: Worth | None
    """Present value of the tracks forecast now, where it was asked for."""

    @property
    def success_rate(self) -> float:
        """Share of the tracks looked at that have a forecast now; 1 where there was nothing to do."""
        looked_at = self.forecast + sum(self.skipped.values())
        return (self.forecast + self.skipped.get(MEANWHILE, 0)) / looked_at if looked_at else 1.0


def forecast_catalogue(
    database: Database,
    forecaster: Forecaster,
    options: Options,
    today: date,
    *,
    began: Callable[[int], None] = lambda tracks: None,
    advanced: Callable[[int], None] = lambda tracks: None,
    values_folder: Path | None = None,
) -> ForecastReport:
    """Forecast the tracks of a database that have none.

    `began` is told how many tracks there are to do, `advanced` how many a batch has dealt with once it is written. A
    batch is written in one transaction: whenever this is stopped, each track has its whole forecast or none, and the
    next call goes on where this one stopped. `values_folder`: where the values of tracks and artists are written, if
    options ask for them.

    Raises DatabaseError, TooFewRowsError where there are no counts, InputError for months or an as_of that cannot be.
    """
    catalogue = read_catalogue(database, options.as_of, today)
    wanted = catalogue.tracks.only(np.flatnonzero(options.refresh | ~catalogue.has_forecast))
    began(len(wanted))
    done: list[BatchDone] = []
    if len(wanted):
        work = _Work(database, forecaster, catalogue, options, today)
        for batch in work.done(wanted):
            advanced(batch.forecast + sum(batch.skipped.values()))
            done.append(batch)
    # As they were planned, not as they were done: sums come out alike.
    done.sort(key=lambda batch: batch.number)
    reasons: Counter[str] = Counter()
    for batch in done:
        reasons.update(batch.skipped)
    return ForecastReport(
        as_of=catalogue.as_of,
        months=options.months,
        model=forecaster.name,
        version=forecaster.version,
        tracks=len(catalogue.tracks),
        on_as_of=catalogue.on_as_of,
        had_forecast=len(catalogue.tracks) - len(wanted),
        forecast=sum(batch.forecast for batch in done),
        skipped=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        worth=_worth([batch.valued for batch in done if batch.valued is not None], forecaster, values_folder),
    )


def _worth(valued: Sequence[Valued], forecaster: Forecaster, folder: Path | None) -> Worth | None:
    """What the tracks of all batches are worth together; none where they were not valued."""
    if not valued:
        return None
    if folder is not None:
        write_values(valued, forecaster, folder)
    return worth_together(np.concatenate([part.values for part in valued]), forecaster)


def catalogue_surroundings(database: Database, forecaster: Forecaster, catalogue: Catalogue) -> Surroundings:
    """What all tracks of a catalogue are to each other, those with a forecast among them, so that a track's forecast
    is the same whichever tracks are forecast with it.
    """
    rows = TrainingRows(database)
    day, settings = day_of(catalogue.as_of), forecaster.settings
    # As far back as is asked of any track: whether it counts, and its month 1 back.
    since = min(month_ends(day, 1, settings.months)[-1], day - settings.min_seen_days, day - settings.seen_within_days)
    parts = catalogue.tracks.batches(len(catalogue.tracks), 5 * _ROWS_AT_ONCE)
    return forecaster.surroundings((rows.of(part, after=date_of(since)) for part in parts), catalogue.as_of)


class _Work:
    def __init__(
        self, database: Database, forecaster: Forecaster, catalogue: Catalogue, options: Options, today: date
    ) -> None:
        self._forecaster = forecaster
        self._as_of = catalogue.as_of
        self._options = options
        self._today = today
        self._rows = TrainingRows(database)
        self._table = ForecastTable(database, Signature(forecaster.name, forecaster.version))
        self._surroundings = catalogue_surroundings(database, forecaster, catalogue)

    def done(self, tracks: Tracks) -> Iterator[BatchDone]:
        """Each batch as it is written, several at work at once; the first fault ends them all."""
        with ThreadPoolExecutor(self._options.workers) as pool:
            waiting: list[Future[BatchDone]] = [
                pool.submit(self._batch, number, batch)
                for number, batch in enumerate(tracks.batches(self._options.batch, _ROWS_AT_ONCE))
            ]
            try:
                for future in as_completed(waiting):
                    yield future.result()
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise

    def _batch(self, number: int, tracks: Tracks) -> BatchDone:
        forecasts = self._forecast(self._rows.of(tracks))
        written = self._table.write(forecasts, tracks, replace=self._options.refresh)
        skipped = {reason: len(ids) for reason, ids in forecasts.skipped.items()}
        if written < len(forecasts):
            skipped[MEANWHILE] = len(forecasts) - written
        return BatchDone(number, written, skipped, self._valued(forecasts, tracks))

    def _valued(self, forecasts: Forecasts, tracks: Tracks) -> Valued | None:
        if self._options.terms is None:
            return None
        artists = dict(zip(tracks.ids, tracks.artist_ids, strict=True))
        whose = [artists[track] for track in forecasts.track_ids]
        return value_tracks(forecasts, whose, self._forecaster, self._options.terms)

    def _forecast(self, histories: Histories) -> Forecasts:
        return self._forecaster.forecast(
            histories, self._as_of, self._options.months, surroundings=self._surroundings, received_on=self._today
        )
