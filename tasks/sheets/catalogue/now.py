"""The catalogue as the dataset has it now: its tracks, their months, and who forecasts them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from features.catalogue import CatalogueSettings
from refrain.datasets import ARTIST_LISTENERS, DAILY_STREAMS, TRACKS
from refrain.project import Project
from refrain.settings import validated
from refrain.track_months import MONTH_AHEAD
from tasks.champions.loaded import LoadedModel
from tasks.forecasting.faults import Fault
from tasks.forecasting.forecaster import MOST_MONTHS, TARGET, Forecaster
from tasks.forecasting.histories import Histories, day_of
from tasks.forecasting.known_months import KnownMonths, joined, known_months
from tasks.forecasting.measured import Measured, completed, measure, surroundings_of
from tasks.forecasting.readers import CatalogueFiles
from tasks.forecasting.whole_catalogue import each_chunk, last_day
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material, now
from tasks.sheets.registry import find_sheet

DATASETS = (DAILY_STREAMS.name, TRACKS.name, ARTIST_LISTENERS.name)
NEAR_MONTHS = 24
CATALOGUE, ARTIST, TRACK = "catalogue", "artist", "track"
"""What can be looked at."""
ALL = "all"
"""The id of the catalogue."""
_MOST_CELLS = 20_000_000
"""Months of tracks that are held at once: a larger catalogue is looked at less far ahead."""
_WITH_MONTHS = frozenset({Fault.NONE.reason, Fault.STALE.reason, Fault.SHORT.reason})
"""Why tracks may be skipped whose counts are good."""


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All tracks that have a count or a forecast."""

    as_of: date
    loaded: LoadedModel
    forecaster: Forecaster
    measured: Measured
    """The tracks that are forecast, n of them."""
    known: KnownMonths
    """The months of all tracks whose counts are good."""
    facts: pl.DataFrame
    """track_id, name, artist_id, artist, release_date: of all tracks; the last four are null where unknown."""
    tested_months: int
    """How many months ahead the last training was tested; 0 where there was none here."""

    @property
    def skipped(self) -> Mapping[str, str]:
        """Track -> why it has no forecast."""
        return {track: reason for reason, tracks in self.measured.skipped.items() for track in tracks}

    @property
    def furthest(self) -> int:
        """Months ahead that can be asked for."""
        return int(np.clip(_MOST_CELLS // max(1, len(self.measured)), NEAR_MONTHS, MOST_MONTHS))

    def artists_of(self, track_ids: NDArray[np.object_]) -> NDArray[np.object_]:
        """The artist of each track, shape (n,); None where unknown."""
        of = dict(zip(self.facts["track_id"], self.facts["artist_id"], strict=True))
        return np.array([of.get(track) for track in track_ids], dtype=object)


def catalogue_now(material: Material) -> Catalogue:
    """The catalogue at the last day with counts. Raises NotYetError without counts, or without a model."""
    state = material.state(find_sheet("catalogue_months"))
    kept = _kept.get(material)
    if kept is None or kept[0] != state:
        kept = _kept[material] = (state, _read(material))
    return kept[1]


_kept: "WeakKeyDictionary[Material, tuple[Hashable, Catalogue]]" = WeakKeyDictionary()


def _read(material: Material) -> Catalogue:
    loaded = material.served(TARGET).champion
    if material.dataset(DAILY_STREAMS.name).limit(1).collect().is_empty():
        raise NotYetError("There are no daily streams.", hint="Run `refrain run catalogue`, or import some.")
    forecaster = Forecaster(
        loaded.model, _settings(material.project), name=loaded.served.name, version=loaded.served.version
    )
    today = now().date()
    files, as_of = _files(material.project), last_day(material.project.raw(DAILY_STREAMS.name), today)
    parts = each_chunk(lambda chunk: _chunk(chunk, forecaster, as_of, today), forecaster, files, as_of, workers=1)
    around = surroundings_of((measured for measured, _ in parts), day_of(as_of))
    measured = _joined([completed(measured, around) for measured, _ in parts])
    known = joined(months for _, months in parts)
    # What was before the first count of all is not known to have been nothing.
    whole = known.since(int(known.first_days.min(initial=day_of(as_of) + 1)))
    return Catalogue(as_of, loaded, forecaster, measured, whole, _facts(material, as_of), _tested_months(material))


def _chunk(chunk: Histories, forecaster: Forecaster, as_of: date, today: date) -> tuple[Measured, KnownMonths]:
    day = day_of(as_of)
    measured = measure(chunk, day, forecaster.settings, day_of(today))
    faulty = {track for reason, tracks in measured.skipped.items() if reason not in _WITH_MONTHS for track in tracks}
    good = np.array([track not in faulty for track in chunk.track_ids], dtype=np.bool_)
    known = chunk.until(day).only(good & (chunk.lengths > 0))
    return measured, known_months(known, day, forecaster.settings.months)


def _joined(parts: list[Measured]) -> Measured:
    skipped: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for reason, tracks in part.skipped.items():
            skipped[reason] = (*skipped.get(reason, ()), *tracks)
    return replace(
        parts[0],
        track_ids=np.concatenate([part.track_ids for part in parts]),
        artists=np.concatenate([part.artists for part in parts]),
        columns=pd.concat([part.columns for part in parts], ignore_index=True),
        skipped=skipped,
    )


def _facts(material: Material, as_of: date) -> pl.DataFrame:
    """Of the tracks that were out at `as_of`: before that nobody knows of them."""
    names = {"track_id": "track_id", "title": "name", "artist_id": "artist_id", "artist": "artist"}
    try:
        tracks = material.dataset(TRACKS.name)
    except NotYetError:
        return pl.DataFrame(schema={**dict.fromkeys(names.values(), pl.String), "release_date": pl.Date})
    out = tracks.filter(pl.col("release_date") <= as_of).unique("track_id", keep="first", maintain_order=True)
    return out.select(*(pl.col(name).alias(shown) for name, shown in names.items()), "release_date").collect()


def _tested_months(material: Material) -> int:
    try:
        of_champion, said = material.is_of_champion(TARGET), material.predictions(TARGET)
    except NotYetError:
        return 0
    tested = said.lazy().filter(pl.col("window") == "test")
    return int(tested.select(pl.col(MONTH_AHEAD).max()).collect().item() or 0) if of_champion else 0


def _files(project: Project) -> CatalogueFiles:
    streams, tracks, listeners = (project.raw(name) for name in DATASETS)
    return CatalogueFiles(streams, tracks if tracks.is_file() else None, listeners if listeners.is_file() else None)


def _settings(project: Project) -> CatalogueSettings:
    where = f"params.yaml, targets.{TARGET}.snapshot"
    return validated(CatalogueSettings, dict(project.settings.target(TARGET).snapshot), where)
