"""Spotify's daily and weekly Top 200 as they are downloaded, collected and passed on: one file, or a folder of them.

A chart is censored: a track that it does not list was streamed, at most as often as the last one that is listed. So
nothing is written for a track on a day without it, and `cutoff` carries the bound.
"""

from collections.abc import Mapping
from pathlib import Path

from refrain.datasets import DAILY_STREAMS
from sources.chart_dates import NAME
from sources.chart_reading import ChartReading, Options
from sources.folders import text_files
from sources.importing import Plan, chosen_dataset, existing_path, importing, with_notes
from sources.source import Destination, ImportReport, Source


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Import a chart as `daily_streams`; see sources.source.Source. Holds the chart's rows in memory.

    * `path` is a file or a folder, of which every file that could be a CSV is read, in the order of their names.
    * Columns are known by the names under which charts are published, or by `columns`. A date or region that no column
      says is taken from the file's name. A note above the header line is passed over.
    * Whether counts are of days or weeks is told by the file's name, by its columns (days_on_chart, weeks_on_chart) or
      by how far apart its dates lie. `date` is the last day covered; sources.chart_dates says what a week's date means.
    * One import is one chart: of several regions, or of days and weeks, an option must choose.
    * The same track twice for one date is one row where the counts agree; where they do not, the first stays.
    * `cutoff` is the lowest count listed for the date.
    """
    kind, place = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    reading = ChartReading(place, options)
    for file in text_files(place):
        reading.take(file, columns or {})
    rows = reading.rows()
    with importing(Plan(place, kind, reading.header), destination) as under_way:
        under_way.take(reading.read, rows, [])
        for rejects in reading.rejects:
            under_way.take(0, rows.clear(), rejects)
        return with_notes(under_way.finish(), reading.notes)


SOURCE = Source(
    name=NAME,
    title="Spotify's daily or weekly Top 200, as downloaded or collected: a file, or a folder of them",
    datasets=(DAILY_STREAMS.name,),
    options_type=Options,
    load=load,
    reads_folder=True,
)
