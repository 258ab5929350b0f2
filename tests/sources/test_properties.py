"""What holds for any file: what goes in comes out, every row is accounted for, and a bad file is an InputError."""

import csv
import gzip
import io
import random
import zipfile
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refrain.datasets import DATASETS, SCROBBLES, TRACKS, ColumnType
from refrain.errors import InputError
from sources.canonical import scan_dataset
from sources.counts import COUNTS

examples = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
many = settings(examples, max_examples=100)

# A cell is trimmed, so that only text without outer spaces comes back as it was. (A lone \r is left out only because
# csv.writer does not quote it before Python 3.13; test_tabular has one.)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)
# From 1973-03-03 on: earlier milliseconds cannot be told from seconds by their size.
FIRST, LAST = (int(datetime(year, 4, 1, tzinfo=UTC).timestamp()) for year in (1973, 2100))
# Few enough values that repeated plays, and repeated plays with another album, happen.
when = st.integers(FIRST, LAST) | st.integers(1_700_000_000, 1_700_000_003)
play = st.tuples(when, words | st.just("a"), words | st.just("t"), st.none() | words)
plays = st.lists(play, min_size=1, max_size=12)


@st.composite
def renditions(draw):
    """How an exporter may write the same plays: a function from rows to bytes."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    names = draw(
        st.sampled_from(
            [
                ("ts", "artist", "track", "album"),
                ("uts", "Artist", "Track", "Album"),
                ("Date", "Artist Name", "Song", "Release Name"),
                ("time", "artist_name", "track_name", "album_name"),
            ]
        )
    )
    order = draw(st.permutations(range(4)))
    written = draw(st.sampled_from(["seconds", "milliseconds", "offset", "Z"]))
    newline, mark = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    newest_first, packing = draw(st.booleans()), draw(st.sampled_from([bytes, gzip.compress, _zipped]))

    def render(rows):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator=newline, quoting=quoting)
        writer.writerow([names[place] for place in order])
        for second, *others in sorted(rows, key=lambda row: row[0], reverse=newest_first):
            cells = [_time(second, written, chance), *(other or "" for other in others)]
            writer.writerow([cells[place] for place in order])
        return packing(mark + text.getvalue().encode())

    return render


def _time(second, written, chance):
    match written:
        case "seconds":
            return str(second)
        case "milliseconds":
            return str(second * 1000 + chance.randrange(1000))
        case "offset":
            zone = timezone(timedelta(minutes=chance.choice([-570, -60, 0, 180, 345])))
            return datetime.fromtimestamp(second, zone).isoformat(sep=" ")
        case _:
            return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export.csv", content)
    return packed.getvalue()


def _canonical(rows):
    """The same plays as a canonical file has them: oldest first, one row per play, with an album if any row has one."""
    kept = {}
    for second, artist, track, album in rows:
        known = kept.get((second, artist, track))
        albums = [name for name in (known, album) if name is not None]
        kept[second, artist, track] = min(albums, default=None)
    return [
        {
            "played_at": f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "artist": artist,
            "track": track,
            "album": album or "",
        }
        for (second, artist, track), album in sorted(kept.items(), key=lambda item: item[0])
    ]


@many
@given(rows=plays, one=renditions(), other=renditions())
def test_plays_come_out_the_same_however_they_were_written(new_bench, rows, one, other):
    bench = new_bench()
    imported = bench.load("lastfm", "scrobbles", one(rows))
    assert imported.rows == _canonical(rows)
    assert imported.report.rejected == {}
    assert bench.load("lastfm", "scrobbles", other(rows)).text == imported.text


@examples
@given(rows=plays, render=renditions())
def test_a_canonical_file_is_its_own_canonical_file(new_bench, rows, render):
    bench = new_bench()
    first = bench.load("lastfm", "scrobbles", render(rows)).text
    assert bench.load("csv", "scrobbles", first).text == first
    assert bench.load("lastfm", "scrobbles", first).text == first


def _whole_second(at):
    return at.replace(microsecond=0)


CELLS = {
    ColumnType.TEXT: words,
    ColumnType.DATE: st.dates(date(1000, 1, 1), date(9999, 12, 31)),
    ColumnType.TIMESTAMP: st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(_whole_second),
    ColumnType.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ColumnType.NUMBER: st.floats(allow_nan=False).map(lambda number: number + 0.0),
}

NOT_NEGATIVE = st.integers(0, 2**63 - 1)


@st.composite
def tables(draw):
    """A dataset, some of its columns, and rows of typed values."""
    dataset = draw(st.sampled_from(list(DATASETS.values())))
    columns = [column for column in dataset.columns if column.required or draw(st.booleans())]
    cells = [NOT_NEGATIVE if column.name in COUNTS.values() else CELLS[column.type] for column in columns]
    row = st.tuples(
        *(cell if column.required else st.none() | cell for column, cell in zip(columns, cells, strict=True))
    )
    return dataset, columns, draw(st.lists(row, min_size=1, max_size=6))


def _written(value):
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M:%S}+00:00".zfill(25) if isinstance(value, datetime) else str(value)


@many
@given(table=tables(), seed=st.integers(0, 1000))
def test_any_dataset_comes_back_from_any_order_of_rows_and_columns(new_bench, table, seed):
    dataset, columns, rows = table
    bench, chance = new_bench(), random.Random(seed)
    order = chance.sample(range(len(columns)), len(columns))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([f"the {columns[place].name}" for place in order])
    for row in chance.sample(rows, len(rows)):
        writer.writerow([_written(row[place]) for place in order])
    names = {column.name: f"the {column.name}" for column in columns}
    bench.load("csv", dataset.name, text.getvalue(), names)
    found = scan_dataset(dataset, bench.destination.dataset).collect()
    assert found.columns == [column.name for column in columns]
    assert sorted(found.rows(), key=repr) == sorted(set(rows), key=repr)


HEADERS = {
    "lastfm": ("scrobbles", "ts,artist,track,album\n"),
    "spotify-charts": ("daily_streams", "date,region,rank,uri,streams,days_on_chart\n"),
    "csv": ("tracks", "track_id,artist_id,title,artist,release_date,danceability,energy,valence,tempo,key\n"),
    "tidytuesday": (
        "tracks",
        "track_id,track_name,track_artist,track_album_release_date,danceability,energy,valence,tempo,playlist_genre\n",
    ),
    "session-logs": ("events", "user_id,login_time,content_watched,total_watch_time,num_pauses,logout_time\n"),
    "netflix": ("events", "Profile Name,Start Time,Duration,Title\n"),
    "hourly-series": ("hourly_users", "time,n\n"),
}
GOOD = {
    "lastfm": "1700000000,a,t,l\n",
    "spotify-charts": "2024-01-05,us,1,7qiZfU4dY1lWllzX7mPBI3,9,1\n",
    "csv": "a,b,c,d,2024-01-05,1,1,1,1,1\n",
    "tidytuesday": "a,b,c,2019-01-05,1,1,1,1,pop\n",
    "session-logs": "u,2024-01-05 10:00,a|b,5,1,\n",
    "netflix": "Ann,2024-01-05 10:00:00,0:30:00,Dark: Season 1: Lies\n",
    "hourly-series": "2024-01-05 10:00,5\n",
}
marks = [",", ",,", '"', '""', "\n", "\r", "\r\n", "\0", " ", "\u2028", "\ufeff", "\x1a", "1,2,3,4\n"]
cells = ["a", "NA", "nan", "inf", "-", "1", "1e9", "0", "1700000000", "é"]
dates = ["2024-01-05", "2024-02-30", "1970-01-01 00:00:00", "2019-01-05"]
pieces = st.sampled_from([*marks, *cells, *dates]) | st.text(max_size=3)
junk = st.lists(pieces, max_size=40).map("".join)


@pytest.mark.parametrize("source", sorted(HEADERS))
@many
@given(body=junk, good=st.integers(0, 2))
def test_every_row_is_kept_merged_or_rejected(source, new_bench, body, good):
    """`load` of the bench checks the sums; what was kept is a canonical file."""
    dataset, header = HEADERS[source]
    bench = new_bench()
    try:
        bench.load(source, dataset, (header + GOOD[source] * good + body).encode("utf-8", "replace"))
    except InputError as error:
        assert "input.csv" in str(error)
        assert bench.left() == []
    else:
        scan_dataset(DATASETS[dataset], bench.destination.dataset).collect()


starts = st.sampled_from(
    [b"", b"\x1f\x8b\x08\x00", b"PK\x03\x04", b"PK\x05\x06", b"\xff\xfe", b"\xef\xbb\xbf", b"PAR1", b'"']
    + [header.encode() for _, header in HEADERS.values()]
)


@pytest.mark.parametrize("source", sorted(HEADERS))
@many
@given(start=starts, body=st.binary(max_size=200))
def test_arbitrary_bytes_give_nothing_but_an_input_error(source, new_bench, start, body):
    bench = new_bench()
    try:
        bench.load(source, HEADERS[source][0], start + body)
    except InputError as error:
        assert "input.csv" in str(error)
        assert bench.left() == []


@examples
@given(place=st.integers(0, 10_000), value=st.integers(0, 255), packing=st.sampled_from([gzip.compress, _zipped]))
def test_one_wrong_byte_in_a_packed_file_gives_nothing_but_an_input_error(new_bench, place, value, packing):
    packed = bytearray(packing((HEADERS["lastfm"][1] + GOOD["lastfm"] * 20).encode()))
    packed[place % len(packed)] = value
    bench = new_bench()
    try:
        assert bench.load("lastfm", SCROBBLES.name, bytes(packed)).report.kept == 1
    except InputError as error:
        assert "input.csv" in str(error)
        assert bench.left() == []


@examples
@given(names=st.lists(words, min_size=2, max_size=4, unique_by=str.casefold))
def test_artists_of_different_names_stay_apart(new_bench, names):
    header, rows = HEADERS["tidytuesday"][1], []
    for place, name in enumerate(names):
        rows.append([f"t{place}", "title", name, "2019-01-05", 1, 1, 1, 1, "pop"])
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    imported = new_bench().load("tidytuesday", TRACKS.name, header + text.getvalue())
    assert len(imported.rows) == len([name for name in names if name != "NA"])
