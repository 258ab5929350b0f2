"""Which column of a scrobble export is which: by the names exporters give them, or by where the times stand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from refrain.datasets import SCROBBLES
from refrain.errors import InputError
from sources.tabular import Row, locate, trimmed_header
from sources.times import looks_like_time, read_times

_NAMES: Mapping[str, tuple[str, ...]] = {
    # In the order of preference: a Unix time leaves no question about its zone.
    "played_at": (
        "played_at",
        "uts",
        "unix_timestamp",
        "utc_time",
        "ts",
        "timestamp",
        "datetime",
        "date_time",
        "date",
        "time",
        "scrobbled_at",
        "scrobble_time",
        "listened_at",
    ),
    "artist": ("artist", "artist_name", "artistname"),
    "track": ("track", "track_name", "trackname", "title", "song", "name"),
    "album": ("album", "album_name", "albumname", "release", "release_name"),
    "listener": ("listener", "user", "username", "user_name", "user_id", "userid"),
}
_UNNAMED: Mapping[tuple[int, tuple[int, ...]], tuple[str, ...]] = {
    # (columns, where the times stand) -> what exporters without a header write in that order
    (4, (3,)): ("artist", "album", "track", "date"),
    (3, (2,)): ("artist", "track", "date"),
    (4, (0,)): ("ts", "track", "artist", "album"),
    (8, (0, 1)): ("uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"),
}
_UNKNOWN = (
    "Known names are "
    + "; ".join(f"for {name}: {', '.join(_NAMES[name])}" for name in SCROBBLES.required)
    + ". Map others to these, or, where there is no header line, name the columns in sources.lastfm.header."
)


@dataclass(frozen=True)
class Layout:
    """How an export is laid out."""

    names: list[str]
    """The file's column names, given or assumed."""
    positions: Mapping[str, int]
    """Canonical name -> where it stands."""
    first_row: int
    """0 where there is no header line, else 1."""
    notes: tuple[str, ...] = ()


def find_layout(path: Path, sample: Sequence[Row], header: Sequence[str] | None, columns: Mapping[str, str]) -> Layout:
    """The layout of a file whose first rows are `sample`.

    `header` names the columns of a file without a header line; `columns` maps canonical names to the file's. Raises
    InputError where a needed column cannot be told.
    """
    first = trimmed_header(path, sample)
    if header is not None:
        return _named(path, list(header), columns, first_row=0)
    if columns or _is_header(first):
        return _named(path, first, columns, first_row=1)
    times = _time_positions(sample, len(first))
    if not times:
        return _named(path, first, columns, first_row=1)
    return _unnamed(path, sample, len(first), times)


def _named(path: Path, names: list[str], columns: Mapping[str, str], first_row: int) -> Layout:
    wanted = {name: columns.get(name) or _by_alias(name, names) for name in _NAMES}
    required = [*SCROBBLES.required, *columns]
    return Layout(names, locate(path, names, wanted, required, source="lastfm", hint=_UNKNOWN), first_row)


def _by_alias(name: str, names: Sequence[str]) -> str:
    """The file's name for a canonical column; the canonical name itself where no alias is there."""
    plain = {_plain(given): given for given in reversed(names)}
    return next((plain[alias] for alias in _NAMES[name] if alias in plain), name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def _is_header(first: Sequence[str]) -> bool:
    """Whether a first row is a header: it names at least two columns and holds no time."""
    plain = {_plain(cell) for cell in first}
    known = [name for name, aliases in _NAMES.items() if plain & set(aliases)]
    return len(known) >= 2 and not any(looks_like_time(cell) for cell in first)


def _time_positions(sample: Sequence[Row], width: int) -> tuple[int, ...]:
    rows = [row.cells for row in sample if len(row.cells) == width]
    return tuple(position for position in range(width) if _holds_times([row[position] for row in rows]))


def _holds_times(cells: Sequence[str]) -> bool:
    """Whether at least half of the filled cells are times after 1970 (a bare year in a title is not)."""
    filled = pl.Series([cell.strip() for cell in cells if cell.strip()], dtype=pl.String)
    known = read_times(filled)[0].drop_nulls()
    return 2 * int((known.dt.year() > 1970).sum()) > len(filled)


def _unnamed(path: Path, sample: Sequence[Row], width: int, times: tuple[int, ...]) -> Layout:
    names = _UNNAMED.get((width, times))
    if names is None:
        places = " and ".join(str(position + 1) for position in times)
        raise InputError(
            f"{path} has no header line, and which of its {width} columns is which cannot be told"
            f" (times stand in column {places}).",
            hint="Name them in order in params.yaml: sources.lastfm.header: [artist, album, track, date] say.",
        )
    layout = _named(path, list(names), {}, first_row=0)
    order = ", ".join(names)
    note = f"The file has no header line; from where the times stand, its columns were taken to be {order}."
    doubt = " It has more artists than tracks, so they may be swapped:" if _seems_swapped(sample, layout) else ""
    ask = f"{doubt} If that is wrong, name them in sources.lastfm.header in params.yaml."
    return Layout(layout.names, layout.positions, 0, (note + ask,))


def _seems_swapped(sample: Sequence[Row], layout: Layout) -> bool:
    rows = [row.cells for row in sample if len(row.cells) == len(layout.names)]
    artists, tracks = ({row[layout.positions[name]] for row in rows} for name in ("artist", "track"))
    return len(artists) > len(tracks)
