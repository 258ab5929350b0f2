"""What `refrain export events` took out of the collector's store: a folder of canonical parts for each dataset."""

from collections.abc import Mapping
from pathlib import Path

from refrain.datasets import EVENTS, SHOWS, USERS
from refrain.errors import InputError
from refrain.settings import Frozen
from sources.canonical import naming, scan_dataset
from sources.folders import text_files
from sources.importing import Plan, chosen_dataset, existing_path, importing
from sources.source import Destination, ImportReport, Source

NAME = "collected"


class Options(Frozen):
    """Nothing needs to be said about parts that Refrain wrote."""


def load(
    dataset: str, path: Path | None, options: Options, columns: Mapping[str, str] | None, destination: Destination
) -> ImportReport:
    """Put the parts of `dataset` in the folder `path` (or the one part that it is) together; see sources.source.Source.

    Rows with the same key are one, as in the parts. Memory grows with the largest part. Raises InputError where a part
    is not as the export wrote it.
    """
    kind, place = chosen_dataset(NAME, SOURCE.datasets, dataset), existing_path(NAME, path)
    if columns:
        raise InputError(
            f"{NAME} has the columns of the dataset, and takes no mapping of them.", hint="Leave --column out."
        )
    header = [column.name for column in kind.columns]
    with importing(Plan(place, kind, header, same=kind.key), destination) as under_way:
        for part in text_files(place):
            with naming(part):
                rows = scan_dataset(kind, part).collect()
            _require_whole(rows.columns, header, part)
            under_way.take(rows.height, rows, [])
        return under_way.finish()


def _require_whole(found: list[str], wanted: list[str], part: Path) -> None:
    # Parts with different columns could not stand in one file.
    missing = [name for name in wanted if name not in found]
    if missing:
        raise InputError(f"{part} lacks the column {', '.join(missing)}.", hint="Run `refrain export events` again.")


SOURCE = Source(
    name=NAME,
    title="what the collector has stored, as `refrain export events` wrote it",
    datasets=(USERS.name, SHOWS.name, EVENTS.name),
    options_type=Options,
    load=load,
    reads_folder=True,
)
