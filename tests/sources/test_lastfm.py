"""Exports of plays, with the quirks of the exporters that wrote them."""

from datetime import datetime

import pytest

from sources.lastfm import Options

PLAYS = "ts,track,artist,album\n2021-05-10 12:59:22+03:00,Parabola,Tool,Lateralus\n"
STILL_PLAYING = "still playing when exported: its time is empty or 1970"


def load(bench, content, **options):
    return bench.load("lastfm", "scrobbles", content, **options)


def played(imported):
    return [row["played_at"] for row in imported.rows]


def test_the_real_export_comes_out_oldest_first_in_utc(bench, shared_data):
    imported = load(bench, shared_data / "scrobbles" / "lastfm_listener.csv.gz")
    assert (imported.report.read, imported.report.kept, imported.report.merged) == (25_078, 25_077, 1)
    assert imported.rows[0] == {
        "played_at": "2019-06-03T13:54:52Z",
        "artist": "Massive Attack",
        "track": "Babel",
        "album": "Heligoland",
    }
    assert played(imported) == sorted(played(imported))
    assert imported.report.notes == ()


def test_the_same_bytes_give_the_same_bytes(bench, shared_data):
    first = load(bench, shared_data / "scrobbles" / "lastfm_listener.csv.gz")
    assert load(bench, shared_data / "scrobbles" / "lastfm_listener.csv.gz").text == first.text


@pytest.mark.parametrize(
    "time",
    [
        "2021-05-10 12:59:22+03:00",
        "2021-05-10T12:59:22+03:00",
        "2021-05-10T12:59:22.75+0300",
        "2021-05-10T09:59:22Z",
        "2021-05-10 09:59:22 UTC",
        "2021-05-10 06:29:22 -03:30",
        "2021-05-10 09:59:22",
        "2021-05-10T09:59:22.123456",
        "1620640762",
        "1620640762.0",
        "1620640762999",
        "1620640762999999",
        "10 May 2021 09:59:22",
    ],
)
def test_times_are_understood_in_many_spellings(bench, time):
    imported = load(bench, f"ts,track,artist\n{time},Parabola,Tool\n")
    assert played(imported) == ["2021-05-10T09:59:22Z"]


@pytest.mark.parametrize("time", ["10 May 2021 09:59", '"10 May 2021, 09:59"', "2021-05-10 09:59"])
def test_times_to_the_minute_are_understood(bench, time):
    assert played(load(bench, f"ts,track,artist\n{time},Parabola,Tool\n")) == ["2021-05-10T09:59:00Z"]


@pytest.mark.parametrize(
    "time", ["2021-05-10", "2021-02-30 10:00:00", "2021-05-10 25:00:00", "yesterday", "0021-05-10 10:00"]
)
def test_what_is_no_time_is_rejected_with_its_line(bench, time):
    imported = load(bench, PLAYS + f"{time},Parabol,Tool,Lateralus\n")
    assert imported.report.rejected == {"ts is not a time": 1}
    assert imported.rejects == [["3", "ts is not a time", time, "Parabol", "Tool", "Lateralus"]]


def test_a_time_without_a_zone_is_utc_and_said_so(bench):
    imported = load(bench, "date,track,artist\n2021-05-10 09:59:22,Parabola,Tool\n")
    assert played(imported) == ["2021-05-10T09:59:22Z"]
    assert imported.report.notes == (
        "The times in date carry no zone and were taken as UTC; if they are not, "
        "set sources.lastfm.timezone in params.yaml.",
    )


def test_a_column_named_for_utc_needs_no_note_and_no_zone(bench):
    imported = load(bench, "utc_time,track,artist\n2021-05-10 09:59:22,A,B\n", timezone="Europe/Berlin")
    assert (played(imported), imported.report.notes) == (["2021-05-10T09:59:22Z"], ())


def test_naive_times_are_read_in_the_zone_that_is_given(bench):
    content = "date,track,artist\n2021-05-10 12:59:22,A,B\n1620640763,A,B\n2021-05-10 13:00:00+03:00,A,B\n"
    imported = load(bench, content, timezone="Europe/Helsinki")
    assert played(imported) == ["2021-05-10T09:59:22Z", "2021-05-10T09:59:23Z", "2021-05-10T10:00:00Z"]
    assert imported.report.notes == ()


def test_an_hour_shown_twice_is_the_first_and_an_hour_skipped_is_rejected(bench):
    content = "date,track,artist\n2021-10-31 02:30:00,A,B\n2021-03-28 02:30:00,A,B\n"
    imported = load(bench, content, timezone="Europe/Berlin")
    assert played(imported) == ["2021-10-31T00:30:00Z"]
    assert imported.report.rejected == {"date is not a time": 1}


def test_a_time_format_of_ones_own(bench):
    imported = load(bench, "date,track,artist\n10/05/2021 09:59,A,B\n", time_format="%d/%m/%Y %H:%M")
    assert played(imported) == ["2021-05-10T09:59:00Z"]


def test_an_export_of_the_eight_columns(bench):
    header = "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    row = '"1620640762","10 May 2021, 09:59","Tool","66fc","Lateralus","","Parabola",""\n'
    for content in (header + row, row):
        imported = load(bench, content)
        assert imported.rows == [
            {"played_at": "2021-05-10T09:59:22Z", "artist": "Tool", "track": "Parabola", "album": "Lateralus"}
        ]


def test_other_names_for_the_columns(bench):
    content = "Artist Name,Song,Release Name,Listened at,User\nTool,Parabola,Lateralus,1620640762,ann\n"
    assert load(bench, content).rows == [
        {
            "played_at": "2021-05-10T09:59:22Z",
            "artist": "Tool",
            "track": "Parabola",
            "album": "Lateralus",
            "listener": "ann",
        }
    ]


def test_names_of_ones_own_by_a_mapping(bench):
    imported = bench.load(
        "lastfm",
        "scrobbles",
        "when,who,what\n1620640762,Tool,Parabola\n",
        {"played_at": "when", "artist": "who", "track": "what"},
    )
    assert imported.rows == [{"played_at": "2021-05-10T09:59:22Z", "artist": "Tool", "track": "Parabola"}]


@pytest.mark.parametrize(
    ("row", "order"),
    [
        ("Tool,Lateralus,Parabola,10 May 2021 09:59\n", "artist, album, track, date"),
        ("Tool,Parabola,10 May 2021 09:59\n", "artist, track, date"),
        ("2021-05-10 09:59:00,Parabola,Tool,Lateralus\n", "ts, track, artist, album"),
    ],
)
def test_a_file_without_a_header_is_known_by_where_its_times_stand(bench, row, order):
    imported = load(bench, row)
    expected = {"played_at": "2021-05-10T09:59:00Z", "artist": "Tool", "track": "Parabola"}
    assert {name: imported.rows[0][name] for name in expected} == expected
    assert (
        f"no header line; from where the times stand, its columns were taken to be {order}." in imported.report.notes[0]
    )


def test_a_file_without_a_header_may_begin_with_the_track_that_is_playing(bench):
    imported = load(bench, "Tool,10000 Days,Vicarious,\nTool,Lateralus,1999,10 May 2021 09:59\n")
    assert imported.rows[0]["track"] == "1999"
    assert imported.rejects == [["1", STILL_PLAYING, "Tool", "10000 Days", "Vicarious", ""]]


def test_one_word_that_is_also_a_column_name_makes_no_header(bench):
    imported = load(bench, "Time,10000 Days,Vicarious,\nTool,Lateralus,1999,10 May 2021 09:59\n")
    assert [reject[1:3] for reject in imported.rejects] == [[STILL_PLAYING, "Time"]]


def test_more_artists_than_tracks_are_pointed_out(bench):
    imported = load(bench, "a,x,t,10 May 2021 09:59\nb,x,t,10 May 2021 09:58\n")
    assert "It has more artists than tracks" in imported.report.notes[0]


def test_the_columns_of_a_file_without_a_header_may_be_named(bench):
    imported = load(bench, "Parabola,1620640762,Tool\n", header=("track", "uts", "artist"))
    assert imported.rows == [{"played_at": "2021-05-10T09:59:22Z", "artist": "Tool", "track": "Parabola"}]


def test_a_file_without_a_header_in_an_unknown_order_is_an_error(bench):
    message = bench.error("lastfm", "scrobbles", "Parabola,1620640762,Tool\n")
    assert "input.csv has no header line" in message
    assert "times stand in column 2" in message
    assert "sources.lastfm.header" in message


@pytest.mark.parametrize("zone", ["UTC", "Europe/Helsinki", "America/New_York"])
@pytest.mark.parametrize("time", ["", "0", "1970-01-01 00:00:00", "01 Jan 1970 00:00", "1970-01-01T03:00:00+03:00"])
def test_what_is_playing_is_rejected_with_that_reason(bench, time, zone):
    imported = load(bench, PLAYS + f"{time},Parabol,Tool,Lateralus\n", timezone=zone)
    assert imported.report.rejected == {STILL_PLAYING: 1}
    assert imported.rejects == [["3", STILL_PLAYING, time, "Parabol", "Tool", "Lateralus"]]


def test_the_same_play_twice_is_one(bench):
    row = "2021-05-10 12:59:22+03:00,Parabola,Tool,Lateralus\n"
    imported = load(bench, PLAYS + row + row.replace("12:59:22+03:00", "09:59:22Z"))
    assert (imported.report.kept, imported.report.merged) == (1, 2)


def test_a_play_listed_with_and_without_its_album_keeps_it(bench):
    row = "2021-05-10 12:59:22+03:00,Parabola,Tool,"
    for content in (PLAYS + row + "\n", "ts,track,artist,album\n" + row + "\n" + PLAYS.splitlines()[1] + "\n"):
        imported = load(bench, content)
        assert [row["album"] for row in imported.rows] == ["Lateralus"]


def test_two_listeners_may_play_the_same_track_at_the_same_time(bench):
    content = "ts,track,artist,user\n1620640762,A,B,ann\n1620640762,A,B,bob\n1620640762,A,B,\n"
    assert [row["listener"] for row in load(bench, content).rows] == ["ann", "bob", ""]


def test_the_listener_may_be_named_where_the_file_does_not(bench):
    assert load(bench, PLAYS, listener="ann").rows[0]["listener"] == "ann"
    content = "ts,track,artist,user\n1620640762,A,B,\n1620640763,A,B,bob\n"
    assert [row["listener"] for row in load(bench, content, listener="ann").rows] == ["ann", "bob"]


@pytest.mark.parametrize("column", ["track", "artist"])
def test_a_play_without_a_name_is_rejected(bench, column):
    names = {"track": "Parabola", "artist": "Tool"} | {column: "  "}
    imported = load(bench, PLAYS + f"1620640763,{names['track']},{names['artist']},\n")
    assert imported.report.rejected == {f"{column} is empty": 1}


def test_missing_columns_are_named_with_those_that_are_there(bench):
    message = bench.error("lastfm", "scrobbles", "ts,trakc,album\n1620640762,A,B\n")
    assert "input.csv, line 1: the header lacks the columns artist, track" in message
    assert "trakc for track" in message
    assert "it has: ts, trakc, album" in message
    assert "Known names are for played_at: played_at, uts" in message


def test_a_column_that_stands_twice_is_an_error(bench):
    message = bench.error("lastfm", "scrobbles", "ts,artist,track,artist\n1620640762,A,B,C\n")
    assert "line 1: the header has the column artist more than once" in message


def test_where_every_row_is_rejected_the_message_says_why_and_what_to_do(bench):
    message = bench.error("lastfm", "scrobbles", "ts,track,artist\n10/05/2021,A,B\n11/05/2021,A,C\n")
    assert "every one of the 2 rows was rejected: ts is not a time (2)" in message
    assert "The first is line 2 (ts is not a time): '10/05/2021,A,B'" in message
    assert "sources.lastfm.time_format" in message


def test_where_most_rows_are_rejected_a_note_says_so(bench):
    imported = load(bench, PLAYS + "x,A,B,\ny,A,B,\n")
    assert imported.report.notes[0].startswith("2 of 3 rows were rejected: ts is not a time (2). The first is line 3")


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(ValueError, match="Mars/Base is no time zone"):
        Options(timezone="Mars/Base")


def test_output_is_valid_for_every_second_of_a_day(bench):
    start = int(datetime.fromisoformat("2021-03-28T00:00:00+00:00").timestamp())
    body = "".join(f"{start + 7 * step},t{step},a\n" for step in reversed(range(5_000)))
    imported = load(bench, "uts,track,artist\n" + body)
    assert [int(datetime.fromisoformat(time).timestamp()) for time in played(imported)] == [
        start + 7 * step for step in range(5_000)
    ]
