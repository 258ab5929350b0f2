"""Spotify tracks as TidyTuesday published them on 2020-01-21: one row per playlist, popularity read once for all."""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from refrain.datasets import AUDIO_FEATURES, TRACKS
from refrain.errors import UsageError
from sources.cells import CellReader, Parse, cell_readers, iso_dates, read_cells
from sources.importing import Plan, chosen_dataset, existing_path, importing
from sources.rejects import Reject
from sources.source import Destination, ImportReport, Source
from sources.tabular import Batch, FileOptions, header_row, in_batches, locate, read_rows

NAME = "tidytuesday"
_LABELS = {
    "track_id": "track_id",
    "artist_id": "track_artist",
    "title": "track_name",
    "artist": "track_artist",
    "release_date": "track_album_release_date",
    "release_precision": "track_album_release_date",
    "popularity": "track_popularity",
    **{name: name for name in AUDIO_FEATURES},
    "genre": "playlist_genre",
}
_MISSING = ("NA",)  # how R writes a missing cell


class Options(FileOptions):
    """What may be said about the file."""

    read_on: date = date(2020, 1, 21)
    """The day its popularities were read: a track released later cannot have had one."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import TidyTuesday's spotify_songs.csv as `tracks`; see sources.source.Source. Holds the file in memory.

    * A track stands once for each playlist it is on. It becomes one row: the first, which the others must not
      contradict (a row that does is rejected). How many playlists it is on is not kept in any form: like popularity,
      that was read long after most releases, and popular tracks are on more of them.
    * For the same reason a track with several genres (of playlists of different genres) gets one of them by a rule that
      knows nothing of their number: the one whose digest, taken together with the track's id, comes first. The first
      in the alphabet would not do: "edm" would be likelier the more playlists a track is on.
    * The file has no artist id. `artist_id` is a digest of the artist's name, but for case, width and spacing; two
      artists of one name are one, since the file does not tell them apart.
    * "2012" and "2012-05" become 2012-01-01 and 2012-05-01; `release_precision` says year and month.
    * Rows without a name, and tracks released after `read_on`, are rejected.
    """
    kind, file = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    if columns:
        raise UsageError("The source tidytuesday knows its columns.", hint="Use the source csv to map columns.")
    rows = read_rows(file, options, NAME)
    header = header_row(file, rows)
    positions = locate(file, header, _LABELS, kind.required, source=NAME)
    readers = cell_readers(kind, _LABELS, positions, _PARSERS)
    plan = Plan(file, kind, header, readers, _MISSING)
    reading = _Reading(in_batches(rows, len(header)), readers)
    reading.refuse(
        pl.col("release_date") > options.read_on, f"released after {options.read_on}, the day popularity was read"
    )
    reading.refuse(_contradicts(reading.frame.columns), "contradicts the first row of the same track")
    tracks = _one_row_each(reading.frame)
    with importing(plan, destination) as under_way:
        under_way.take(reading.read, tracks, reading.rejects)
        return under_way.finish()


def artist_id(name: str) -> str:
    """A stable id for an artist known by name alone: equal for names that differ in case, width or spacing only."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return "name-" + hashlib.sha256(plain.encode()).hexdigest()[:16]


def _artist_ids(text: pl.Series) -> pl.Series:
    known = text.drop_nulls().unique().to_list()
    return text.replace_strict({name: artist_id(name) for name in known}, default=None, return_dtype=pl.String)


def _release_dates(text: pl.Series) -> pl.Series:
    return iso_dates(text.str.replace(r"^(\d{4})$", "$1-01-01").str.replace(r"^(\d{4}-\d{2})$", "$1-01"))


def _release_precisions(text: pl.Series) -> pl.Series:
    known = pl.DataFrame({"characters": text.str.len_chars()})
    names = pl.col("characters").replace_strict(
        {4: "year", 7: "month", 10: "day"}, default=None, return_dtype=pl.String
    )
    return known.select(names).to_series()


_PARSERS: Mapping[str, Parse] = {
    "artist_id": _artist_ids,
    "release_date": _release_dates,
    "release_precision": _release_precisions,
}


class _Reading:
    """The whole file, typed, with the original cells at hand for what is refused once every row is known."""

    def __init__(self, batches: Iterable[Batch], readers: Sequence[CellReader]) -> None:
        self._cells: dict[int, list[str]] = {}
        self.rejects: list[Reject] = []
        self.read = 0
        frames = [read_cells(Batch([]), readers, _MISSING).frame]
        for batch in batches:
            typed = read_cells(batch, readers, _MISSING)
            self.read += len(batch.rows) + len(batch.torn)
            self._cells |= {row.line: row.cells for row in batch.rows}
            self.rejects += typed.rejects
            frames.append(typed.frame)
        self.frame = pl.concat(frames)

    def refuse(self, applies: pl.Expr, reason: str) -> None:
        """Reject the rows to which `applies`."""
        marked = self.frame.with_columns(applies.alias("refused"))
        lines = marked.filter("refused")["line"].to_list()
        self.rejects += [Reject(line, reason, self._cells[line]) for line in lines]
        self.frame = marked.filter(~pl.col("refused")).drop("refused")


def _contradicts(columns: Sequence[str]) -> pl.Expr:
    """Whether a row differs from the first of its track in anything that is the track's own, not the playlist's."""
    own = [name for name in columns if name not in ("line", "track_id", "genre")]
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).first().over("track_id")) for name in own)


def _one_row_each(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per track, with its genre chosen among those of its playlists."""
    if "genre" not in rows.columns:
        return rows.unique("track_id", keep="first", maintain_order=True)
    digests = [
        hashlib.sha256(f"{track}\n{genre}".encode()).hexdigest() if genre is not None else None
        for track, genre in rows.select("track_id", "genre").iter_rows()
    ]
    ranked = rows.with_columns(pl.Series("digest", digests, dtype=pl.String))
    return (
        ranked.sort("track_id", "digest", "line", nulls_last=True)
        .unique("track_id", keep="first", maintain_order=True)
        .drop("digest")
    )


SOURCE = Source(
    name=NAME,
    title="Spotify tracks with popularity, genre and audio features (TidyTuesday, 2020-01-21)",
    datasets=(TRACKS.name,),
    options_type=Options,
    load=load,
)
