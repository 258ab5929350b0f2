"""The step that forecasts a database's catalogue: batches of tracks, read, forecast and written side by side."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import date

import numpy as np

from refrain.settings import Frozen
from tasks.database.batches import ForecastTable, Signature
from tasks.database.catalogue import Catalogue, Tracks, read_catalogue
from tasks.database.database import Database
from tasks.database.rows import TrainingRows
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


class BatchDone(Frozen):
    """What became of one batch."""

    forecast: int
    skipped: dict[str, int]
    """Reason -> tracks."""


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
) -> ForecastReport:
    """Forecast the tracks of a database that have none.

    `began` is told how many tracks there are to do, `advanced` how many a batch has dealt with once it is written. A
    batch is written in one transaction: whenever this is stopped, each track has its whole forecast or none, and the
    next call goes on where this one stopped.

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
    )


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
                pool.submit(self._batch, batch) for batch in tracks.batches(self._options.batch, _ROWS_AT_ONCE)
            ]
            try:
                for future in as_completed(waiting):
                    yield future.result()
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise

    def _batch(self, tracks: Tracks) -> BatchDone:
        forecasts = self._forecast(self._rows.of(tracks))
        written = self._table.write(forecasts, tracks, replace=self._options.refresh)
        skipped = {reason: len(ids) for reason, ids in forecasts.skipped.items()}
        if written < len(forecasts):
            skipped[MEANWHILE] = len(forecasts) - written
        return BatchDone(forecast=written, skipped=skipped)

    def _forecast(self, histories: Histories) -> Forecasts:
        return self._forecaster.forecast(
            histories, self._as_of, self._options.months, surroundings=self._surroundings, received_on=self._today
        )
