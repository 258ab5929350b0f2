"""Reading a dataset's CSV as text, and saying where it is torn. What is in the cells is the contract's concern."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from refrain.errors import ContractError

_HINT = "Import the dataset again, or mend the file."


def scan_cells(dataset: str, path: Path) -> pl.LazyFrame:
    """The cells of a CSV as text, unread as yet; an empty cell is null. Collect it inside `explaining`.

    Raises ContractError where the file is missing, empty, cut off in its last line, has a column twice, or a header
    that is not UTF-8.
    """
    names = _header(dataset, path)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _broken(dataset, f"{path} has the column {', '.join(twice)} more than once.")
    if not _ends_with_newline(path):
        raise _broken(dataset, f"{path} is cut off: its last line has no end.")
    return pl.scan_csv(path, infer_schema=False, glob=False)


@contextmanager
def explaining(dataset: str, path: Path) -> Iterator[None]:
    """Turn what polars raises on `path` inside the block into a ContractError that names the line."""
    try:
        yield
    except PolarsError as error:
        reason = _torn_line(path) or str(error).partition("\n")[0].rstrip(".")
        raise _broken(dataset, f"{path} is not a readable CSV: {reason}.") from error


def _header(dataset: str, path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            names = next(csv.reader(stream), [])
    except FileNotFoundError:
        raise _broken(dataset, f"There is no {path}.") from None
    except OSError as error:
        raise _broken(dataset, f"{path} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise _broken(dataset, f"{path} is not a readable CSV: {_torn_line(path) or 'its header is torn'}.") from None
    if not names:
        raise _broken(dataset, f"{path} is empty, without even a header line.")
    return names


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(-1, 2)
        return stream.read(1) == b"\n"


def _torn_line(path: Path) -> str:
    """What is wrong with the first line that is not UTF-8 or has another number of cells than the header."""
    return _not_utf8(path) or _uneven(path)


def _not_utf8(path: Path) -> str:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number} is not UTF-8 (byte {error.start + 1} of the line is 0x{line[error.start]:02x})"
    return ""


def _uneven(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        try:
            expected = len(next(reader))
            for cells in reader:
                if len(cells) != expected:
                    return f"line {reader.line_num} has {len(cells)} cells where the header has {expected}"
        except csv.Error as error:
            return f"line {reader.line_num}: {error}"
    return ""


def _broken(dataset: str, message: str) -> ContractError:
    return ContractError(message, dataset=dataset, hint=_HINT)
