"""Any CSV as any dataset."""

import pytest
from pydantic import ValidationError

from refrain.errors import InputError, UsageError
from sources.csv import Options

STREAMS = "track_id,date,streams\na,2024-01-05,7\n"


def load(bench, content, columns=None, dataset="daily_streams", **options):
    return bench.load("csv", dataset, content, columns, **options)


def test_columns_of_the_same_name_need_no_mapping(bench):
    imported = load(bench, "streams,extra,date,track_id\n7,x,2024-01-05,b\n8,x,2024-01-05,a\n")
    assert imported.text == "track_id,date,streams\na,2024-01-05,8\nb,2024-01-05,7\n"


def test_columns_are_found_by_the_mapping(bench):
    imported = load(bench, "Song,Day,streams\na,2024-01-05,7\n", {"track_id": "Song", "date": "Day"})
    assert imported.text == STREAMS


def test_rows_stand_in_the_order_of_their_key_whatever_the_order_of_the_file(bench):
    lines = [f"t{track},2024-01-{day:02},{track * day}" for track in (2, 1, 10) for day in (3, 1, 2)]
    forwards = load(bench, "\n".join(["track_id,date,streams", *lines]))
    assert load(bench, "\n".join(["track_id,date,streams", *reversed(lines)])).text == forwards.text
    assert forwards.text.splitlines()[1] == "t1,2024-01-01,1"


def test_every_column_of_every_type(bench):
    header = "track_id,artist_id,title,artist,release_date,popularity,danceability,energy,valence,tempo,key,genre"
    imported = load(bench, f'{header}\n1,2,"A, ""B""\nC",D,2024-01-05,50,.5,1e-3,0,120,7.0,\n', dataset="tracks")
    assert imported.rows == [
        {
            "track_id": "1",
            "artist_id": "2",
            "title": 'A, "B"\nC',
            "artist": "D",
            "release_date": "2024-01-05",
            "popularity": "50.0",
            "danceability": "0.5",
            "energy": "0.001",
            "valence": "0.0",
            "tempo": "120.0",
            "key": "7",
            "genre": "",
        }
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("b,2024-02-30,7", "date is not a date (YYYY-MM-DD)"),
        ("b,05/01/2024,7", "date is not a date (YYYY-MM-DD)"),
        ("b,2024-1-5,7", "date is not a date (YYYY-MM-DD)"),
        ("b,2024-01-05,7.5", "streams is not a whole number"),
        ("b,2024-01-05,seven", "streams is not a whole number"),
        ("b,2024-01-05,99999999999999999999", "streams is not a whole number"),
        ("b,2024-01-05,NaN", "streams is not a whole number"),
        ("b,2024-01-05,-1", "streams is negative"),
        ("b,2024-01-05,1.234", "streams is not a whole number"),
        ("b,2024-01-05,", "streams is empty"),
        (",2024-01-05,7", "track_id is empty"),
        ("b,2024-01-05", "fewer cells than the header"),
        ("b,2024-01-05,7,8", "more cells than the header"),
        ('b,"2024"-01-05,7', "a quote mark in the middle of a cell"),
        ("b\0,2024-01-05,7", "track_id holds a NUL byte"),
    ],
)
def test_a_wrong_cell_is_rejected_with_line_column_and_cells(bench, row, reason):
    imported = load(bench, f"{STREAMS}{row}\nc,2024-01-05,9\n")
    assert imported.report.rejected == {reason: 1}
    assert [row["track_id"] for row in imported.rows] == ["a", "c"]
    cells = [row] if "quote" in reason else row.split(",")
    assert imported.rejects == [["3", reason, *cells]]


def test_a_reason_names_the_files_own_column(bench):
    imported = load(bench, "track_id,date,plays\na,2024-01-05,7\nb,2024-01-05,x\n", {"streams": "plays"})
    assert imported.report.rejected == {"plays is not a whole number": 1}


def test_line_numbers_count_lines_of_the_file_not_rows(bench):
    content = 'track_id,date,streams\n"two\nlines",2024-01-05,1\n\nb,x,1\n'
    assert load(bench, content).rejects[0][0] == "5"


def test_nan_and_infinity_are_numbers_that_the_contract_stops(bench):
    header = "track_id,artist_id,title,artist,release_date,danceability,energy,valence,tempo"
    row = load(bench, f"{header}\na,b,c,d,2024-01-05,NaN,inf,-inf,1\n", dataset="tracks").rows[0]
    assert (row["danceability"], row["energy"], row["valence"]) == ("NaN", "inf", "-inf")


def test_rows_that_say_the_same_are_one_and_rows_that_contradict_are_left_for_the_contract(bench):
    imported = load(bench, STREAMS + "a,2024-01-05,7.0\na,2024-01-05,8\n")
    assert (imported.report.merged, [row["streams"] for row in imported.rows]) == (1, ["7", "8"])


def test_dates_in_a_format_of_their_own(bench, shared_data):
    imported = load(
        bench,
        shared_data / "artists" / "monthly_listeners.csv",
        {"date": "Date", "monthly_listeners": "Monthly Listeners"},
        dataset="artist_listeners",
        date_format="%b %d, %Y",
        constants={"artist_id": "the artist"},
    )
    assert (imported.report.read, imported.report.kept) == (1_726, 1_726)
    assert imported.rows[0] == {"artist_id": "the artist", "date": "2019-04-10", "monthly_listeners": "4165"}


def test_dates_in_an_unknown_format_are_an_error_that_says_how_to_name_it(bench, shared_data):
    message = bench.error(
        "csv",
        "artist_listeners",
        shared_data / "artists" / "monthly_listeners.csv",
        {"date": "Date", "monthly_listeners": "Monthly Listeners"},
        constants={"artist_id": "the artist"},
    )
    assert "every one of the 1,726 rows was rejected: Date is not a date" in message
    assert "The first is line 2" in message
    assert "Apr 10, 2019" in message
    assert "set sources.csv.date_format" in message


def test_the_byte_order_mark_of_a_real_file(bench, shared_data):
    path = shared_data / "artists" / "daily_listeners_streams.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    columns = {"date": "date", "streams": "streams"}
    assert load(bench, path, columns, constants={"track_id": "all"}).report.read == 1_021


def test_a_real_file_in_latin_1(bench, shared_data):
    path, columns = shared_data / "charts" / "spotify_br_daily_top200_2019.csv.gz", {"track_id": "uri"}
    message = bench.error("csv", "daily_streams", path, columns)
    assert "is not UTF-8 text: line 2, byte 386 of the file (0xe9)" in message
    assert "set sources.csv.encoding: latin-1 in params.yaml" in message
    imported = load(bench, path, columns, encoding="latin-1")
    assert imported.report.read == 73_000


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,234,567", "1234567"), ("1 234", "1234"), ("1’234", "1234"), ("12\u202f345.0", "12345"), ("1,23", None)],
)
def test_thousands_set_apart(bench, cell, value):
    imported = load(bench, f'{STREAMS}b,2024-01-05,"{cell}"\n')
    assert [row["streams"] for row in imported.rows] == (["7", value] if value else ["7"])


def test_points_set_thousands_apart_only_where_that_is_said(bench):
    content = STREAMS + "b,2024-01-05,1.234\nc,2024-01-05,1.234.567\n"
    assert load(bench, content).report.rejected == {"streams is not a whole number": 2}
    assert [row["streams"] for row in load(bench, content, thousands=".").rows] == ["7", "1234", "1234567"]


def test_days_that_every_count_covers_can_be_said(bench):
    assert load(bench, STREAMS, constants={"days": 7}).text == "track_id,date,streams,days\na,2024-01-05,7,7\n"


def test_timestamps_become_utc(bench):
    content = "played_at,artist,track\n2024-01-05 10:00:00,a,b\n2024-01-05T10:00:00+01:00,a,b\n"
    imported = load(bench, content, dataset="scrobbles")
    assert [row["played_at"] for row in imported.rows] == ["2024-01-05T09:00:00Z", "2024-01-05T10:00:00Z"]
    assert "Times without a zone were taken as UTC" in imported.report.notes[0]
    berlin = load(bench, content, dataset="scrobbles", timezone="Europe/Berlin")
    assert (berlin.report.merged, berlin.report.notes) == (1, ())


def test_timestamps_in_a_format_of_their_own(bench):
    content = "played_at,artist,track\n05.01.2024 10h00,a,b\n"
    imported = load(bench, content, dataset="scrobbles", timestamp_format="%d.%m.%Y %Hh%M")
    assert imported.rows[0]["played_at"] == "2024-01-05T10:00:00Z"


def test_cells_that_mean_missing_can_be_listed(bench):
    content = STREAMS + "b,2024-01-05,NA\n"
    assert load(bench, content).report.rejected == {"streams is not a whole number": 1}
    assert load(bench, content, missing=("NA",)).report.rejected == {"streams is empty": 1}


def test_missing_columns_are_named_with_close_matches_and_what_is_there(bench):
    message = bench.error("csv", "daily_streams", "track,Date,Streams\na,2024-01-05,7\n")
    assert "input.csv, line 1: the header lacks the columns track_id, date, streams" in message
    assert "Date for date, Streams for streams" in message
    assert "it has: track, Date, Streams" in message


def test_a_mapping_to_a_column_that_is_not_there_is_an_error(bench):
    message = bench.error("csv", "daily_streams", STREAMS, {"streams": "plays"})
    assert "lacks the column plays" in message


def test_a_mapping_of_an_optional_column_that_is_not_there_is_an_error(bench):
    content = "played_at,artist,track\n2024-01-05T10:00:00Z,a,b\n"
    message = bench.error("csv", "scrobbles", content, {"album": "record"})
    assert "lacks the column record" in message


def test_a_mapping_of_a_column_that_the_dataset_has_not_is_an_error(bench):
    message = bench.error("csv", "daily_streams", STREAMS, {"strems": "plays"})
    assert "strems, which daily_streams does not have (did you mean streams?)" in message


def test_a_wanted_column_that_stands_twice_is_an_error_and_another_is_not(bench):
    message = bench.error("csv", "daily_streams", "track_id,date,streams,date\na,2024-01-05,7,2024-01-06\n")
    assert "line 1: the header has the column date more than once" in message
    assert load(bench, "track_id,date,streams,x,x\na,2024-01-05,7,1,2\n").text == STREAMS


def test_another_separator_is_pointed_out_and_can_be_given(bench):
    content = "track_id;date;streams\na;2024-01-05;7\n"
    assert 'set sources.csv.delimiter: ";"' in bench.error("csv", "daily_streams", content)
    assert load(bench, content, delimiter=";").text == STREAMS


def test_a_constant_fills_only_a_column_that_the_file_leaves_out(bench):
    constants = {"track_id": "z", "artist_id": "of another dataset"}
    assert load(bench, "date,streams\n2024-01-05,7\n", constants=constants).rows[0]["track_id"] == "z"
    assert load(bench, STREAMS, constants=constants).text == STREAMS
    mapped = load(bench, "song,date,streams\na,2024-01-05,7\n", {"track_id": "song"}, constants=constants)
    assert mapped.text == STREAMS
    message = bench.error("csv", "daily_streams", "date,streams\n", {"track_id": "song"}, constants=constants)
    assert "lacks the column song" in message


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("encoding", "klingon", "is no text encoding"),
        ("encoding", "base64", "is no text encoding"),
        ("date_format", "%", "does not say a whole date"),
        ("date_format", "%d/%m", "does not say a whole date"),
        ("timestamp_format", "%d/%m/%Y %I:%M", "does not say a whole time"),
        ("timestamp_format", "%d/%m/%Y", "does not say a whole time"),
        ("delimiter", "ab", "at most 1 character"),
        ("constants", {"streams": 7}, "streams is no column of text"),
        ("constants", {"days": "7"}, "days is a column of whole numbers, and '7' is not"),
        ("constants", {"track_id": 7}, "track_id is a column of text, and 7 is not"),
        ("thousands", "x", "thousands are set apart by"),
        ("encodign", "utf-8", "Extra inputs"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused(option, value, words):
    with pytest.raises(ValidationError, match=words):
        Options(**{option: value})


def test_a_dataset_that_is_none_is_wrong_usage(bench):
    with pytest.raises(UsageError, match="not playlists"):
        load(bench, STREAMS, dataset="playlists")


def test_an_old_dataset_stays_as_it_was_when_an_import_fails(bench):
    before = load(bench, STREAMS).text
    with pytest.raises(InputError):
        load(bench, "track_id,date,streams\na,x,y\n")
    assert bench.destination.dataset.read_text() == before
    assert bench.left() == ["dataset.csv", "rejects.csv"]
