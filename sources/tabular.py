"""Reading a CSV found in the wild: its rows with their line numbers, and where the wanted columns stand."""

import codecs
import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from refrain.errors import InputError
from refrain.settings import Frozen
from sources.containers import open_bytes

_BATCH = 20_000
_BLOCK = 1 << 20
_MORE_CELLS = "more cells than the header"
_FEWER_CELLS = "fewer cells than the header"
FORM_HINTS = {
    _MORE_CELLS: "A cell that holds a comma must stand in quotes, and every column needs a name in the header.",
    _FEWER_CELLS: "Every column of the header needs a cell in each row, if an empty one.",
}
"""What to do about rows that are out of form: fault -> hint."""
_NO_COLUMN = "Map the file's names to the dataset's, or export it with these columns."


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)  # unlike codecs.lookup, this refuses codecs that are not for text
    except LookupError:
        raise ValueError(f"{name} is no text encoding (utf-8, latin-1, cp1252 and utf-16 are)") from None
    return codecs.lookup(name).name


class FileOptions(Frozen):
    """How a text file is written, where that is not plain UTF-8 with commas."""

    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r'[^"\r\n]')] = ","
    member: str | None = None
    """The file to read inside a zip that holds several."""


class Row(NamedTuple):
    """A row, the line it begins on (the header is line 1), and what is wrong with its form, if anything is."""

    line: int
    cells: list[str]
    fault: str | None = None


@dataclass(frozen=True)
class Batch:
    """A run of rows: those that have as many cells as the header, and those that are out of form."""

    rows: list[Row]
    torn: list[Row] = field(default_factory=list)


def read_rows(path: Path, options: FileOptions, source: str) -> Iterator[Row]:
    """The rows of `path`, header included, blank lines left out; read as a stream.

    A row whose quotes do not close properly is yielded with its raw text as the only cell and a `fault`. Raises
    InputError where the file cannot be opened or decoded, or where a quote is never closed.
    """
    with open_bytes(path, options.member, f"sources.{source}.member") as stream:
        encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
        text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        try:
            yield from _parsed(path, text, options.delimiter)
        except UnicodeDecodeError:
            raise _undecodable(path, options, source) from None


def decodes(path: Path, options: FileOptions, source: str) -> bool:
    """Whether the whole file is text in its encoding. A file with NUL bytes counts as such: no 8-bit text has them."""
    decoder = codecs.getincrementaldecoder(options.encoding)()
    with open_bytes(path, options.member, f"sources.{source}.member") as stream:
        while block := stream.read(_BLOCK):
            if b"\0" in block:
                return True
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False
    return True


def cells_at(path: Path, options: FileOptions, source: str, lines: Collection[int]) -> dict[int, list[str]]:
    """The cells of the rows that begin on `lines`, by reading the file once more."""
    return {row.line: row.cells for row in read_rows(path, options, source) if row.line in lines}


def _parsed(path: Path, text: Iterable[str], delimiter: str) -> Iterator[Row]:
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = 0
    while True:
        lines.read.clear()
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "expected after" not in str(error):
                raise _unclosed(path, start, str(error)) from None
            yield Row(start, ["".join(lines.read).rstrip("\r\n")], "a quote mark in the middle of a cell")
        else:
            if 0 < len(cells) < width and not lines.read[-1].endswith(("\n", "\r")):
                raise InputError(
                    f"{path} breaks off in line {start}: its last row has {len(cells)} of {width} cells.",
                    hint="Download or export it again.",
                )
            width = width or len(cells)
            if cells:
                yield Row(start, cells)


def _unclosed(path: Path, line: int, error: str) -> InputError:
    what = (
        f"a cell is longer than {csv.field_size_limit():,} characters; most likely a quote mark is never closed"
        if "limit" in error
        else "a cell that begins with a quote mark here is never closed"
    )
    return InputError(
        f"{path}, line {line}: {what}.",
        hint="The file breaks off, or the quote mark is a stray one: mend that line or export it again.",
    )


class _Lines:
    """The lines of a text, remembering those handed out since `read` was last cleared."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self.read: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.read.append(line)
        return line


def _undecodable(path: Path, options: FileOptions, source: str) -> InputError:
    """The error that names the first byte that cannot be decoded; finds it by reading the file once more."""
    decoder = codecs.getincrementaldecoder(options.encoding)()
    line, offset = 1, 0
    with open_bytes(path, options.member, f"sources.{source}.member") as stream:
        while True:
            block = stream.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                line += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                place = offset - pending + error.start
                byte = error.object[error.start]
                break
            offset += len(block)
            if not block:  # decoded after all: only TextIOWrapper stumbled, at the very end
                return InputError(f"{path} is not {options.encoding} text.", hint=_encoding_hint(source, ""))
    shown = {"utf-8": "UTF-8"}.get(options.encoding, options.encoding)
    return InputError(
        f"{path} is not {shown} text: line {line}, byte {place + 1} of the file (0x{byte:02x}) cannot be decoded.",
        hint=_encoding_hint(source, "utf-16" if place == 0 and byte in (0xFF, 0xFE) else "latin-1"),
    )


def _encoding_hint(source: str, guess: str) -> str:
    return f"If it is written in another encoding, set sources.{source}.encoding: {guess or 'latin-1'} in params.yaml."


def header_row(path: Path, rows: Iterator[Row]) -> list[str]:
    """The first row's cells, trimmed; InputError where there is none or where it cannot be a header."""
    return trimmed_header(path, list(islice(rows, 1)))


def trimmed_header(path: Path, sample: Sequence[Row]) -> list[str]:
    """The cells of the first row of `sample`, trimmed; InputError where there is none or it cannot be a header."""
    if not sample:
        raise InputError(f"{path} is empty.", hint="Export or download it again.")
    first = sample[0]
    if first.fault or any("\0" in cell for cell in first.cells):
        what = first.fault or "a NUL byte"
        raise InputError(
            f"{path}, line {first.line}: the header holds {what}.", hint="It may not be a CSV: export it as one."
        )
    return [cell.strip() for cell in first.cells]


def locate(
    path: Path,
    header: Sequence[str],
    wanted: Mapping[str, str],
    required: Iterable[str],
    *,
    source: str,
    hint: str = _NO_COLUMN,
) -> dict[str, int]:
    """Where in `header` the wanted columns stand: canonical name -> position, in the order of `wanted`.

    `wanted` maps a canonical name to the file's name; those not `required` may be absent. Raises InputError that names
    the missing columns, with close matches, those that are there and `hint`, or the wanted ones that stand there twice.
    """
    missing = list(dict.fromkeys(wanted[name] for name in required if wanted[name] not in header))
    if missing:
        raise InputError(
            f"{path}, line 1: the header lacks the {_columns(missing)}{_close(missing, header)};"
            f" it has: {', '.join(header)}.",
            hint=_separator_hint(header, source) or hint,
        )
    present = {name: column for name, column in wanted.items() if column in header}
    twice = sorted({column for column in present.values() if header.count(column) > 1})
    if twice:
        raise InputError(
            f"{path}, line 1: the header has the {_columns(twice)} more than once.",
            hint="Which one is meant cannot be known: rename or remove the other.",
        )
    return {name: header.index(column) for name, column in present.items()}


def _columns(names: Sequence[str]) -> str:
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _close(missing: Sequence[str], header: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in header}
    matches = {name: get_close_matches(name.casefold(), folded, n=1) for name in missing}
    guesses = [f"{folded[match[0]]} for {name}" for name, match in matches.items() if match]
    return f" (did you mean {', '.join(guesses)}?)" if guesses else ""


def _separator_hint(header: Sequence[str], source: str) -> str:
    for separator, shown in ((";", '";"'), ("\t", r'"\t"'), ("|", '"|"')):
        if len(header) == 1 and separator in header[0]:
            return f"Its cells seem to be separated by {shown}: set sources.{source}.delimiter: {shown} in params.yaml."
    return ""


def in_batches(rows: Iterator[Row], width: int, size: int = _BATCH) -> Iterator[Batch]:
    """The rows in runs of `size`, those without exactly `width` cells set apart with their fault."""
    while taken := list(islice(rows, size)):
        good = [row for row in taken if len(row.cells) == width and row.fault is None]
        if len(good) == len(taken):
            yield Batch(good)
            continue
        torn = [row if row.fault else row._replace(fault=_ragged(row, width)) for row in taken if not _fits(row, width)]
        yield Batch(good, torn)


def _fits(row: Row, width: int) -> bool:
    return len(row.cells) == width and row.fault is None


def _ragged(row: Row, width: int) -> str:
    return _MORE_CELLS if len(row.cells) > width else _FEWER_CELLS
