"""The source that makes its data up: one coherent world, the same for the same settings to the last byte."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl

from refrain.errors import UsageError
from sources.source import Destination, ImportReport, Source
from sources.world.artists import artist_blocks
from sources.world.audience.datasets import audience_events, audience_shows, audience_truth, audience_users, told_users
from sources.world.reach import artist_listeners
from sources.world.scrobbles import scrobbles
from sources.world.settings import WorldSettings
from sources.world.socials import socials
from sources.world.streams import daily_streams
from sources.world.tracks import tracks_frame, tracks_of, tracks_oracle
from sources.world.writing import csv_writer, write_parquet

Batch = tuple[pl.DataFrame, pl.DataFrame | None]
"""Rows of a dataset, and of its oracle where it has one."""


def _tracks(settings: WorldSettings) -> Iterator[Batch]:
    for artists in artist_blocks(settings):
        tracks = tracks_of(settings, artists)
        yield tracks_frame(settings, tracks), tracks_oracle(tracks)


def _scrobbles(settings: WorldSettings) -> Iterator[Batch]:
    for listener in scrobbles(settings):
        yield listener.plays, listener.oracle


def _alone(frames: Iterable[pl.DataFrame]) -> Iterator[Batch]:
    for frame in frames:
        yield frame, None


_DATASETS: Mapping[str, Callable[[WorldSettings], Iterator[Batch]]] = {
    "tracks": _tracks,
    "scrobbles": _scrobbles,
    "daily_streams": lambda settings: _alone(daily_streams(settings)),
    "artist_listeners": lambda settings: _alone(artist_listeners(settings)),
    "socials": lambda settings: _alone(socials(settings)),
    "users": audience_users,
    "shows": audience_shows,
    "events": lambda settings: _alone(audience_events(settings)),
}
_TRUTHS: Mapping[str, Callable[[WorldSettings], Iterator[pl.DataFrame]]] = {"events": audience_truth}
"""Oracles whose rows do not come with the dataset's."""


def simulate(
    dataset: str, path: Path | None, options: Any, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Write one dataset of the world as CSV, a batch at a time, and its true chances to `destination.oracle`.

    The oracle of tracks: track_id, popularity_mean, popularity_sd (of the latent normal that is rounded and clipped
    into popularity: `sources.world.popularity.probability_at_least` gives the chance of a hit). The oracle of
    scrobbles: listener, artist, month (its first day), p_core = P(the artist is core in either of the next two months).
    The oracles of users (true parameters, left_at, reason) and of events (user_id, as_of, p_silent, p_<reason>) are
    described in `sources.world.audience.truth`. The other datasets have none.

    Raises UsageError where a file or a column mapping is handed in.
    """
    if path is not None or columns:
        raise UsageError("The simulated source reads no file.", hint="Leave out the path and the columns.")
    rows = 0
    with ExitStack() as files:
        write_rows = files.enter_context(csv_writer(destination.dataset))
        write_oracle = None
        for frame, oracle in _DATASETS[dataset](options):
            write_rows(frame)
            rows += len(frame)
            if oracle is not None and destination.oracle is not None:
                write_oracle = write_oracle or files.enter_context(csv_writer(destination.oracle))
                write_oracle(oracle)
        if destination.oracle is not None and dataset in _TRUTHS:
            write_oracle = files.enter_context(csv_writer(destination.oracle))
            for oracle in _TRUTHS[dataset](options):
                write_oracle(oracle)
    return ImportReport(read=rows, kept=rows)


def simulate_scrobbles_parquet(path: Path, rows: int, options: WorldSettings | None = None) -> int:
    """Write about `rows` scrobbles (within a few per cent for millions) as Parquet; the number written.

    The columns and types are those of the scrobbles dataset, with played_at as timestamps without a zone (UTC).
    """
    options = options or WorldSettings()
    fitting = options.model_copy(update={"scale": options.scale_for_scrobbles(rows)})
    return write_parquet((listener.plays for listener in scrobbles(fitting)), path)


def simulate_events_parquet(path: Path, rows: int, options: WorldSettings | None = None) -> int:
    """Write about `rows` sessions (within a few per cent for millions) as Parquet, and `users.parquet` and
    `shows.parquet` of the same world beside it; the number of sessions written.

    The columns and types are those of the datasets, with timestamps without a zone (UTC). Sessions are sorted by
    login_time, then user_id.
    """
    options = options or WorldSettings()
    fitting = options.model_copy(update={"scale": options.scale_for_events(rows)})
    told: list[pl.DataFrame] = []
    written = write_parquet(audience_events(fitting, lambda users, lives: told.append(told_users(users, lives))), path)
    write_parquet(told, path.with_name("users.parquet"))
    write_parquet((frame for frame, _ in audience_shows(fitting)), path.with_name("shows.parquet"))
    return written


SOURCE = Source(
    name="simulated",
    title="a made-up world of artists, tracks and listeners (the embedded data)",
    datasets=tuple(_DATASETS),
    options_type=WorldSettings,
    load=simulate,
    reads_file=False,
)
