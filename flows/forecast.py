"""`refrain forecast`: the streams of a database's tracks in the months ahead."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from features.catalogue import CatalogueSettings
from refrain.datasets import ARTIST_LISTENERS, DAILY_STREAMS, TRACKS
from refrain.project import Project
from refrain.settings import validated
from tasks.database.fan_chart import write_fan_chart
from tasks.database.forecasting import ForecastReport, Options, forecast_catalogue
from tasks.database.loading import Loaded, load_datasets
from tasks.database.one_track import TrackReport, report_track, write_csv
from tasks.database.opening import open_database
from tasks.forecasting.forecaster import TARGET, Forecaster
from tasks.tracking import open_store

_LOADED = (DAILY_STREAMS, TRACKS, ARTIST_LISTENERS)


def load(project: Project) -> Loaded:
    """Fill the database from the project's own datasets. Raises InputError where it has no daily streams."""
    files = {dataset.name: project.raw(dataset.name) for dataset in _LOADED}
    return load_datasets(open_database(project), files, _settings(project))


def forecast(
    project: Project,
    options: Options,
    today: date,
    began: Callable[[int], None] = lambda tracks: None,
    advanced: Callable[[int], None] = lambda tracks: None,
) -> ForecastReport:
    """Forecast the tracks of the database that have no forecast, with the champion of catalogue.decay.

    Raises ModelError where there is no champion, and what `open_database` and `forecast_catalogue` raise.
    """
    forecaster = _champion(project)
    return forecast_catalogue(
        open_database(project),
        forecaster,
        options,
        today,
        began=began,
        advanced=advanced,
        values_folder=forecasts_folder(project),
    )


def forecast_track(project: Project, track_id: str, options: Options, today: date) -> tuple[TrackReport, Path, Path]:
    """One track's diagnostics, and the CSV and the picture that were written of it. Raises as `forecast` does, and
    InputError where there is no such track, or it cannot be forecast.
    """
    forecaster = _champion(project)
    report = report_track(open_database(project), forecaster, track_id, options, today)
    folder = forecasts_folder(project)
    return report, write_csv(report, folder), write_fan_chart(report, folder)


def forecasts_folder(project: Project) -> Path:
    """Where the files of forecasts go: one track's table and picture, and the values of tracks and artists."""
    return project.root / "data" / "forecasts"


def _champion(project: Project) -> Forecaster:
    return Forecaster.from_champion(open_store(project), _settings(project))


def _settings(project: Project) -> CatalogueSettings:
    return validated(CatalogueSettings, project.settings.target(TARGET).snapshot, str(project.params_file))
