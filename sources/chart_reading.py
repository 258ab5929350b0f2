"""From the files of a chart to one table of counts: which chart it is, what its dates mean, what is refused."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl

from refrain.errors import InputError
from sources import chart_notes
from sources.chart_columns import NoChartError
from sources.chart_dates import KINDS, NAME, WEEK, DatedBy, as_weeks, days_by_distance
from sources.chart_files import ChartFile, ChartOptions, open_chart, read_chart
from sources.folders import other_files
from sources.rejects import Reject
from sources.tabular import cells_at

_TWICE = "the track is listed for that date before, with another count"


class Options(ChartOptions):
    """What may be said about the files."""

    days: Literal[1, 7] | None = None
    """1 for a daily chart, 7 for a weekly one, where the files do not say or are of both kinds."""
    dated_by: DatedBy | None = None
    """Which day stands for a week, where that is not the Thursday that ends it."""


class ChartReading:
    """The files of a chart, taken one after the other, and what came of them."""

    def __init__(self, place: Path, options: Options) -> None:
        self._place, self._options = place, options
        self._files: list[ChartFile] = []
        self._frames: list[pl.DataFrame] = []
        self._regions: Counter[str] = Counter()
        self._other_regions: Counter[str] = Counter()
        self._viral = 0
        self._other_charts: list[Path] = []
        self._no_charts: list[NoChartError] = []
        self.read = 0
        self.rejects: list[list[Reject]] = []
        """Refused rows, a list for each file and reason."""
        self.notes: list[str] = []
        """What a person should know; complete once `rows` was called."""

    @property
    def header(self) -> list[str]:
        """What the cells of a refused row are called."""
        names = self._files[0].layout.header
        return ["file", *names] if self._place.is_dir() else names

    def take(self, path: Path, columns: Mapping[str, str]) -> None:
        """Read a file, unless it is of another chart than the one asked for or no chart at all."""
        try:
            file, rows = open_chart(path, self._options, columns)
        except NoChartError as error:
            self._no_charts.append(error)
            return
        if self._is_another(file):
            self._other_charts.append(path)
            return
        found = read_chart(file, rows)
        self._files.append(file)
        self._add_rejects(file, found.rejects)
        self.read += found.read
        self._viral += found.viral
        self._other_regions.update(found.other_regions)
        self._regions.update(dict(found.frame["region"].value_counts().iter_rows()))
        self._frames.append(found.frame.with_columns(file=pl.lit(len(self._files) - 1)))
        if len(self._regions) > 1:
            self._frames = []  # which will be refused: what is still read is only which regions there are

    def rows(self) -> pl.DataFrame:
        """The counts of the chart, with the columns of daily_streams.

        Raises InputError where there are none, where they are of several charts, or where it cannot be known what their
        dates mean.
        """
        self._require_one_chart()
        rows = pl.concat(self._frames)
        if rows.is_empty():
            return rows
        days = self._days(rows)
        weekday = None
        if days == WEEK:
            weeks = as_weeks(rows, self._options.dated_by, self._place)
            weekday = weeks.weekday
            reason = f"dated as no other: the chart's weeks end on {weekday}s"
            rows = self._refuse(weeks.rows, weeks.off, reason)
        first = pl.col("streams").first().over("track_id", "date")
        rows = self._refuse(rows, rows.select(pl.col("streams") != first).to_series(), _TWICE)
        self.notes = [
            chart_notes.described(rows, days, weekday, next(iter(self._regions))),
            *chart_notes.missing_dates(rows, days),
            *chart_notes.missing_ranks(rows),
            *self._left_out(),
        ]
        return rows.with_columns(cutoff=pl.col("streams").min().over("date"), days=pl.lit(days, pl.Int64))

    def _is_another(self, file: ChartFile) -> bool:
        options, said = self._options, file.days
        if options.days is not None and said is not None and said != options.days:
            return True
        if options.region is None or "region" in file.layout.positions:
            return False
        if file.name.region is None and not self._place.is_dir():
            return False  # a file that names no region is of the one that is asked for
        return file.name.region != options.region.strip().casefold()

    def _require_one_chart(self) -> None:
        if not self._files and not self._other_charts:
            first = self._no_charts[0]
            if not self._place.is_dir():
                raise first
            raise InputError(
                f"None of the {len(self._no_charts)} files in {self._place} is a chart. {first.message}",
                hint=first.hint,
            )
        asked = " ".join(filter(None, (KINDS.get(self._options.days or 0, ""), self._options.region)))
        if not self._files or (not self.read and self._other_regions):
            others = [*sorted(self._other_regions), *(path.name for path in self._other_charts)]
            raise InputError(
                f"{self._place} holds no {asked} chart, but {chart_notes.listed(others)}.",
                hint=f"Correct sources.{NAME}.region or sources.{NAME}.days in params.yaml.",
            )
        if len(self._regions) > 1:
            counts = sorted(self._regions.items(), key=lambda item: (-item[1], item[0]))
            shown = [f"{region or 'one not named'} ({rows:,} rows)" for region, rows in counts]
            raise InputError(
                f"{self._place} holds the charts of several regions: {chart_notes.listed(shown)}.",
                hint=f"Choose one in params.yaml: sources.{NAME}.region: {max(self._regions)} say.",
            )

    def _days(self, rows: pl.DataFrame) -> int:
        files = [self._files[number] for number in rows["file"].unique().sort()]
        said = {file.days for file in files if file.days} | ({WEEK} if rows["whole"].any() else set())
        if len(said) > 1:
            daily = [file.path.name for file in files if file.days == 1]
            raise InputError(
                f"{self._place} holds both daily and weekly charts (daily ones are {chart_notes.listed(daily)}).",
                hint=f"Choose in params.yaml: sources.{NAME}.days: 1 or 7.",
            )
        if self._options.days is not None:
            if said - {self._options.days}:
                raise InputError(
                    f"{self._place} is dated by weeks from one day to another, so it is no daily chart.",
                    hint=f"Take sources.{NAME}.days out of params.yaml.",
                )
            return self._options.days
        known = said.pop() if said else days_by_distance(rows["date"])
        if known is None:
            raise InputError(
                f"Whether {self._place} is a daily or a weekly chart cannot be known from its name, its columns or"
                f" its {rows['date'].n_unique()} dates.",
                hint=f"Say so in params.yaml: sources.{NAME}.days: 1 or 7.",
            )
        return known

    def _refuse(self, rows: pl.DataFrame, refused: pl.Series, reason: str) -> pl.DataFrame:
        for (number,), lines in rows.filter(refused).group_by("file", maintain_order=True):
            file = self._files[int(number)]
            cells = cells_at(file.path, file.options, NAME, set(lines["line"]))
            self._add_rejects(file, [Reject(line, reason, found) for line, found in cells.items()])
        return rows.filter(~refused)

    def _add_rejects(self, file: ChartFile, rejects: Sequence[Reject]) -> None:
        if self._place.is_dir():
            name = file.path.relative_to(self._place).as_posix()
            rejects = [reject._replace(cells=[name, *reject.cells]) for reject in rejects]
        self.rejects.append(list(rejects))

    def _left_out(self) -> list[str]:
        notes = []
        if self._viral:
            rows = chart_notes.counted(self._viral, "row")
            notes.append(f"{rows} of viral charts left out: they count no streams.")
        if self._other_regions:
            rows = chart_notes.counted(sum(self._other_regions.values()), "row")
            notes.append(f"{rows} of other regions left out: {chart_notes.listed(sorted(self._other_regions))}.")
        for what, paths in (
            ("Files of another chart were left out", self._other_charts),
            ("Files without the columns of a chart were left out", [error.path for error in self._no_charts]),
            ("Files of another kind than CSV were left out", other_files(self._place)),
            ("Not UTF-8, and read as latin-1", [file.path for file in self._files if file.not_utf8]),
        ):
            if paths:
                notes.append(f"{what}: {chart_notes.listed([path.name for path in paths])}.")
        return notes
