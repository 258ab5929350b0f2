"""Whether the users and shows of sessions are among those that the same folder lists."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from refrain.datasets import SHOWS, USERS, Dataset
from refrain.sessions import SEPARATOR
from sources.folders import text_files
from sources.session_columns import NAME, find_layout, fits
from sources.tabular import FileOptions, header_row, read_rows


class Unlisted:
    """Counts sessions of users, and with shows, that no file of their folder lists. Holds all ids of the folder."""

    def __init__(self, place: Path, options: FileOptions, columns: Mapping[str, str]) -> None:
        known = place.is_dir()
        self._users = _ids(USERS, place, options, columns) if known else None
        self._shows = _ids(SHOWS, place, options, columns) if known else None
        self._of_users = self._with_shows = 0

    def see(self, rows: pl.DataFrame) -> None:
        """Count among sessions as the dataset has them."""
        if self._users is not None:
            self._of_users += int(rows.select((~pl.col("user_id").is_in(self._users.implode())).sum()).item())
        if self._shows is not None and "content_watched" in rows.columns:
            entries = rows.select(pl.col("content_watched").drop_nulls().str.split(SEPARATOR)).with_row_index("session")
            unknown = entries.explode("content_watched").filter(~pl.col("content_watched").is_in(self._shows.implode()))
            self._with_shows += unknown["session"].n_unique()

    @property
    def notes(self) -> list[str]:
        """What was counted, as sentences."""
        found = []
        if self._of_users:
            found.append(f"{self._of_users:,} sessions are of users that no file in the folder lists; they were kept.")
        if self._with_shows:
            found.append(f"{self._with_shows:,} sessions watch shows that no file in the folder lists; they were kept.")
        return found


def _ids(dataset: Dataset, place: Path, options: FileOptions, columns: Mapping[str, str]) -> pl.Series | None:
    """The ids in the folder's files of `dataset`; None where there is no such file."""
    found: set[str] = set()
    files = 0
    for path in text_files(place):
        rows = read_rows(path, options, NAME)
        header = header_row(path, rows)
        if fits(dataset, header, columns):
            files += 1
            position = find_layout(path, dataset, header, columns).positions[dataset.key[0]]
            found.update(row.cells[position].strip() for row in rows if len(row.cells) == len(header))
    return pl.Series(sorted(found), dtype=pl.String) if files else None
