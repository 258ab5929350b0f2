"""Rows to score come out of files as they stand there, however they are read; scored rows go in whole or not at all."""

import csv
import datetime
import io
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.registry import find_target
from refrain.errors import InputError
from tasks.scoring.batches import opened, read_batches
from tasks.scoring.csv_file import CsvRows
from tasks.scoring.refused import refused
from tasks.scoring.threads import ahead, behind
from tasks.scoring.writing import array, constant, writer

TARGET = find_target("breakout.core")
HIT = find_target("hits.hit")
HEADER = "artist,plays_t,share_t,delta_1m"


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def found(path: Path, *, plain: bool = True, target: Any = TARGET) -> Any:
    """What is read of a file: keys and features, or the fault. `plain`: whether Arrow may read it."""
    try:
        file = opened(target, path)
        if not plain:
            assert isinstance(file, CsvRows)
            file._plain = False
        batches = list(read_batches(target, path, file))
    except InputError as error:
        return str(error)
    keys = [tuple(row.values()) for batch in batches for row in pa.table(batch.keys).to_pylist()]
    numbers = np.concatenate([batch.rows.numbers for batch in batches])
    return keys, numbers.round(12).tolist().__repr__()


CELLS = st.one_of(
    st.sampled_from(["", "1", " 2.5 ", "nan", "NA", "None", "-nan", "inf", "1_0", "0x1", "1e400", '"3"', '""', "é"]),
    st.sampled_from(['"a,b"', '"a""b"', 'a"b', '"a"b', '"a\nb"', '"', '""b', " ", "\r", "\t"]),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=5), min_size=1, max_size=5), end=ENDS, last=st.booleans())
def test_arrow_and_the_careful_reader_read_the_same(rows, end, last, tmp_path_factory):
    """Most of these files are faulty; whichever reads them says so in the same words."""
    text = end.join([HEADER, *(",".join(row) for row in rows)]) + (end if last else "")
    path = written(tmp_path_factory.getbasetemp() / "either.csv", text)
    assert found(path) == found(path, plain=False)


def written_alike(text: str) -> bool:
    """Whether every Python's csv writer writes it so that it can be read: some put no quotes around a bare \\r."""
    return not {"\0", "\r"} & set(text)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.text(max_size=6).filter(written_alike), st.floats(-1e6, 1e6), st.floats(0, 1)),
        min_size=1,
        max_size=6,
    ),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_good_rows_are_read_as_they_were_written(rows, quoting, tmp_path_factory):
    stream = io.StringIO()
    sheet = csv.writer(stream, lineterminator="\n", quoting=quoting)
    sheet.writerow(["artist", "plays_t", "share_t"])
    sheet.writerows(rows)
    path = written(tmp_path_factory.getbasetemp() / "good.csv", stream.getvalue().encode("utf-8", "replace").decode())
    keys, _ = found(path)
    assert keys == [(artist.encode("utf-8", "replace").decode(),) for artist, _, _ in rows]


def test_plain_files_are_read_by_arrow_to_their_end(tmp_path, monkeypatch):
    """The careful reader, ten times as slow, is not asked for any row of them."""
    monkeypatch.setattr("tasks.scoring.plain_lines._BLOCK", 64)
    monkeypatch.setattr(CsvRows, "_carefully", lambda *_: pytest.fail("it was asked"))
    lines = [f'"artist, {number}",{number},0.5,NA' for number in range(50)]
    keys, _ = found(written(tmp_path / "plain.csv", "\n".join([HEADER, *lines])))
    assert keys == [(f"artist, {number}",) for number in range(50)]


def test_from_an_odd_line_on_the_careful_reader_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.scoring.plain_lines._BLOCK", 64)
    lines = [f"artist {number},{number},0.5, {number}" for number in range(50)]
    lines[30] = '"an artist\nof two lines",30,0.5,none'
    path = written(tmp_path / "odd.csv", "\n".join([HEADER, *lines]))
    keys, _ = found(path)
    assert [key[0] for key in keys[29:32]] == ["artist 29", "an artist\nof two lines", "artist 31"]
    assert len(keys) == 50
    lines[40] = "artist 40,40,0.5,much"
    assert "line 43, column delta_1m: 'much' is not a number" in found(
        written(tmp_path / "odd.csv", "\n".join([HEADER, *lines]))
    )


NUMBERS = {
    "int": pa.array([1, None, 3], pa.int64()),
    "float": pa.array([1.0, None, 3.0], pa.float32()),
    "nan": pa.array([1.0, float("nan"), 3.0]),
    "bool": pa.array([True, None, True]),
    "decimal": pa.array([Decimal("1.0"), None, Decimal("3.0")]),
    "text": pa.array(["1", " NA ", "3e0"]),
    "dictionary": pa.array(["1", None, "3"]).dictionary_encode(),
    "nothing": pa.nulls(3),
}


@pytest.mark.parametrize("kind", list(NUMBERS))
def test_numbers_of_any_type_are_numbers(kind, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"plays_t": [1, 2, 3], "share_t": [0.1] * 3, "delta_1m": NUMBERS[kind]}), path)
    (batch,) = read_batches(TARGET, path, opened(TARGET, path))
    first = {"nothing": np.nan}.get(kind, 1.0)
    last = {"nothing": np.nan, "bool": 1.0}.get(kind, 3.0)
    np.testing.assert_array_equal(batch.rows.column("delta_1m"), [first, np.nan, last])


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (pa.array([datetime.date(2024, 1, 1)] * 3), r"row 1, column delta_1m: datetime\.date\(2024, 1, 1\) is not"),
        (pa.array([[1.0]] * 3), r"row 1, column delta_1m: \[1\.0\] is not a number; row 2"),
        (pa.array([1.0, 2.0, float("-inf")]), "row 3, column delta_1m: -inf is infinite"),
    ],
)
def test_what_is_no_number_is_named(cells, said, tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"plays_t": [1, 2, 3], "share_t": [0.1] * 3, "delta_1m": cells}), path)
    with pytest.raises(InputError, match=said):
        list(read_batches(TARGET, path, opened(TARGET, path)))


def test_words_of_any_type_are_words_and_missing_ones_are_empty(tmp_path):
    path = tmp_path / "rows.parquet"
    needed = {name: [0.5, 0.5, 0.5] for name in HIT.required}
    words = {"genre": pa.array(["pop", None, "rock"]).dictionary_encode(), "title": pa.array([1, None, 22])}
    pq.write_table(pa.table(needed | words), path)
    (batch,) = read_batches(HIT, path, opened(HIT, path))
    assert list(batch.rows.words["genre"]) == ["pop", "", "rock"]
    assert list(batch.rows.words["title"]) == ["1", "", "22"]


class NoNegativePlays:
    """A model that refuses rows, as those of streams do."""

    def answers(self, rows: Any) -> Any:
        bad = np.flatnonzero(rows.column("plays_t") < 0)
        if len(bad):
            raise InputError(f"Row {bad[0]}: plays_t is negative.", hint="Mend it.")
        return np.zeros(len(rows))


@pytest.mark.parametrize("bad", [0, 1, 36, 98, 99])
def test_a_row_that_the_model_refuses_is_named_by_its_line(bad, tmp_path):
    plays = [-1 if number in (bad, 99) else number for number in range(100)]
    lines = [f"a,{each},0.5,1" for each in plays]
    path = written(tmp_path / "rows.csv", "\n".join([HEADER, "", *lines, ""]))
    file = opened(TARGET, path)
    (batch,) = read_batches(TARGET, path, file)
    error = refused(batch, NoNegativePlays(), file, path)  # type: ignore[arg-type]
    assert str(error) == f"{path}, line {bad + 3}: plays_t is negative. Mend it."
    taking = SimpleNamespace(answers=lambda rows: np.zeros(len(rows)))
    assert refused(batch, taking, file, path) is None  # type: ignore[arg-type]


AWKWARD = ["plain", "a, b", 'a "b"', "two\nlines", "", None, "é", "\r", " "]


def test_a_csv_of_scored_rows_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "out.csv"
    days = [datetime.date(2024, 1, 31)] * len(AWKWARD)
    with writer(path, ".csv") as out:
        for _ in range(2):
            out.write(
                {
                    "artist, or so": pa.array(AWKWARD),
                    "as_of": pa.array(days),
                    "probability": array(np.full(len(AWKWARD), 1 / 3)),
                    "model": constant("a, b", len(AWKWARD)),
                    "is_baseline": constant(True, len(AWKWARD)),
                }
            )
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["artist, or so", "as_of", "probability", "model", "is_baseline"]
    assert rows == [[word or "", "2024-01-31", repr(1 / 3), "a, b", "True"] for word in AWKWARD * 2]


def test_a_parquet_file_of_scored_rows_has_few_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.scoring.writing._ROWS_TOGETHER", 100)
    with writer(tmp_path / "out.parquet", ".parquet") as out:
        for start in range(0, 300, 30):
            out.write({"number": array(np.arange(start, start + 30)), "model": constant("m", 30)})
    file = pq.ParquetFile(tmp_path / "out.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [120, 120, 60]
    assert file.read()["number"].to_pylist() == list(range(300))
    assert set(file.read()["model"].to_pylist()) == {"m"}


def test_what_is_read_ahead_comes_in_order_and_its_error_in_its_place():
    def values():
        yield from range(20)
        raise InputError("here")

    taken = []
    with pytest.raises(InputError, match="here"), ahead(values()) as ready:
        taken.extend(ready)
    assert taken == list(range(20))


def test_reading_ahead_ends_with_who_reads():
    before = threading.active_count()
    made = []

    def values():
        for number in range(1_000_000):
            made.append(number)
            yield number

    with ahead(values()) as ready:
        assert next(ready) == 0
    assert threading.active_count() == before
    assert len(made) < 10  # a few batches ahead, not the whole file


def test_all_is_written_behind_before_the_block_ends():
    done: list[int] = []
    with behind(done.append) as write:
        for number in range(50):
            write(number)
    assert done == list(range(50))


def test_an_error_of_writing_behind_is_raised():
    def full(_: int) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"), behind(full) as write:
        write(1)
    with pytest.raises(OSError, match="no space"), behind(full) as write:
        while True:
            write(1)
