"""Rows on their way to a canonical CSV: sorted and merged as if all were held at once, in whatever order they came."""

import random
from datetime import datetime, timedelta

import polars as pl
import pytest

from refrain.datasets import DAILY_STREAMS, SCROBBLES
from sources import spool as spool_module
from sources.spool import Spool, row_order

START = datetime(2024, 1, 1)


@pytest.fixture
def small(monkeypatch):
    """Parts and slices of a few rows, so that many of each are needed."""
    monkeypatch.setattr(spool_module, "_PART_ROWS", 50)
    monkeypatch.setattr(spool_module, "_SLICE_ROWS", 20)
    monkeypatch.setattr(spool_module, "_SAMPLE_EVERY", 5)


def plays(count, seconds):
    chance = random.Random(7)
    return [
        (
            START + timedelta(seconds=chance.randrange(seconds)),
            chance.choice("abc"),
            chance.choice("xyz"),
            chance.choice(["l", None]),
        )
        for _ in range(count)
    ]


def frame(rows):
    schema = {"played_at": pl.Datetime("us"), "artist": pl.String, "track": pl.String, "album": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def write(folder, rows, same=None, batch=30):
    folder.mkdir()
    spool = Spool(SCROBBLES, folder)
    for start in range(0, len(rows), batch):
        spool.add(frame(rows[start : start + batch]))
    kept = spool.write(folder / "out.csv", same)
    return kept, (folder / "out.csv").read_text()


@pytest.mark.parametrize("seconds", [1, 10, 5_000])
def test_slices_give_what_one_sort_gives(small, tmp_path, seconds):
    rows = plays(1_000, seconds)
    kept, text = write(tmp_path / "spool", rows)
    expected = sorted({(at, artist, track, album or "~") for at, artist, track, album in rows})
    lines = [f"{at:%Y-%m-%dT%H:%M:%SZ},{artist},{track},{album.strip('~')}" for at, artist, track, album in expected]
    assert text.splitlines() == ["played_at,artist,track,album", *lines]
    assert kept == len(lines)


def test_the_order_in_which_rows_come_leaves_no_trace(small, tmp_path):
    rows = plays(500, 300)
    ways = (rows, rows[::-1], sorted(rows, key=str))
    texts = {write(tmp_path / str(way), given, batch=17 + way)[1] for way, given in enumerate(ways)}
    assert len(texts) == 1


def test_rows_that_agree_in_the_named_columns_are_one_and_the_one_that_says_more_stays(small, tmp_path):
    rows = [(START, "a", "x", None), (START, "a", "x", "m"), (START, "a", "x", "l"), (START, "a", "y", None)]
    kept, text = write(tmp_path / "spool", rows, same=("played_at", "artist", "track", "listener"))
    assert (kept, text.splitlines()[1:]) == (2, ["2024-01-01T00:00:00Z,a,x,l", "2024-01-01T00:00:00Z,a,y,"])


def test_times_come_first_in_the_order_of_rows():
    assert row_order(SCROBBLES, ["played_at", "artist", "track", "listener"])[:2] == ["played_at", "listener"]
    assert row_order(DAILY_STREAMS, ["track_id", "date", "streams"]) == ["track_id", "date", "streams"]
