"""Streaming histories as Spotify sends them, in both forms."""

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.spotify_history import NAME

SHORT = {"endTime": "2023-05-01 20:15", "artistName": "Tool", "trackName": "Parabola", "msPlayed": 180_000}
LONG = {
    "ts": "2023-05-01T20:15:30Z",
    "username": "ann.the.listener",
    "platform": "Android",
    "ms_played": 90_000,
    "conn_country": "DE",
    "ip_addr": "203.0.113.7",
    "master_metadata_track_name": "Parabola",
    "master_metadata_album_artist_name": "Tool",
    "spotify_track_uri": "spotify:track:abc",
    "episode_name": None,
    "spotify_episode_uri": None,
}


def load(bench, dataset, records, **options):
    return bench.load(NAME, dataset, json.dumps(records), **options)


def at(minute, **changes):
    """A short record that ends so many minutes after 20:00."""
    return SHORT | {"endTime": f"{datetime(2023, 5, 1, 20) + timedelta(minutes=minute):%Y-%m-%d %H:%M}", **changes}


def test_a_record_is_of_the_end_of_a_play(bench):
    assert load(bench, "events", [LONG]).rows == [
        {
            "user_id": "listener",
            "login_time": "2023-05-01T20:14:00Z",
            "content_watched": "spotify:track:abc",
            "total_watch_time": "1.5",
        }
    ]
    assert load(bench, "events", [SHORT]).rows == [
        {
            "user_id": "listener",
            "login_time": "2023-05-01T20:12:00Z",
            "content_watched": "Tool - Parabola",
            "total_watch_time": "3.0",
        }
    ]


def test_plays_close_to_each_other_are_one_session(bench):
    # From 20:03 to 20:33 there is silence of 30 minutes less a second, then of 30.
    close = at(36, trackName="Two", msPlayed=3 * 60_000 + 1_000)
    apart = at(69, trackName="Three", msPlayed=3 * 60_000)
    imported = load(bench, "events", [apart, at(3), close])
    assert [(row["login_time"][11:19], row["content_watched"], row["total_watch_time"]) for row in imported.rows] == [
        ("20:00:00", "Tool - Parabola|Tool - Two", "36.0"),
        ("21:06:00", "Tool - Three", "3.0"),
    ]
    assert (imported.report.read, imported.report.kept, imported.report.merged) == (3, 2, 1)
    assert load(bench, "events", [apart, at(3), close], gap_minutes=31).report.kept == 1


def test_a_session_is_never_longer_than_a_day(bench):
    imported = load(bench, "events", [at(minute, msPlayed=20 * 60_000) for minute in range(20, 3000, 20)])
    assert [float(row["total_watch_time"]) for row in imported.rows] == [1440, 1440, 100]


def test_the_user_registers_with_the_first_play_and_is_nobody_in_particular(bench):
    imported = load(bench, "users", [LONG | {"ts": "2023-05-02T00:00:00Z", "conn_country": "FR"}, LONG])
    assert imported.rows == [
        {
            "user_id": "listener",
            "registered_at": "2023-05-01T20:14:00Z",
            "country": "DE",
            "subscription": "unknown",
        }
    ]
    named = load(bench, "users", [SHORT], user="me", country="AT", subscription="premium").rows[0]
    assert (named["user_id"], named["country"], named["subscription"]) == ("me", "AT", "premium")


def test_what_was_played_are_the_shows(bench):
    episode = LONG | {"master_metadata_track_name": None, "master_metadata_album_artist_name": None}
    episode |= {"spotify_track_uri": None, "episode_name": "One", "episode_show_name": "Talk"}
    episode |= {"spotify_episode_uri": "spotify:episode:x"}
    podcast = {"endTime": "2023-05-01 20:15", "podcastName": "Talk", "episodeName": "A | B", "msPlayed": 1000}
    imported = load(bench, "shows", [LONG, LONG | {"ts": "2023-05-02T20:15:30Z"}, episode, podcast])
    assert [(row["show_id"], row["title"]) for row in imported.rows] == [
        ("Talk - A / B", "Talk - A / B"),
        ("spotify:episode:x", "Talk - One"),
        ("spotify:track:abc", "Tool - Parabola"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ms_played": -1}, "the time played is negative"),
        ({"ms_played": 0}, "played for no time"),
        ({"ms_played": 86_400_001}, "played for longer than a day"),
        ({"ms_played": "long"}, "the time played is not a number"),
        ({"ms_played": None}, "the time played is not a number"),
        ({"ms_played": True}, "the time played is not a number"),
        ({"ms_played": float("nan")}, "the time played is not a number"),
        ({"ts": "yesterday"}, "its time is none"),
        ({"ts": None}, "it has no time"),
        ({"ts": "2023-05-04T00:00:00Z"}, "ended later than the day the data was received"),
        ({"master_metadata_track_name": None}, "names nothing that was played"),
    ],
)
def test_what_is_no_play_is_refused_and_nothing_of_the_person_is_kept(bench, change, reason, monkeypatch):
    received = replace(bench.destination, received_on=datetime(2023, 5, 3).date())
    monkeypatch.setattr(type(bench), "destination", received)
    imported = load(bench, "events", [LONG, LONG | change])
    assert imported.report.rejected == {reason: 1}
    assert imported.report.kept == 1
    assert [cells[:3] for cells in imported.rejects] == [["2", reason, "input.csv"]]
    everything = imported.text + str(imported.rejects) + str(imported.report)
    assert not any(secret in everything for secret in ("ann.the", "203.0", "Android"))


def test_an_address_in_a_title_is_struck_out(bench):
    record = SHORT | {"trackName": "write to ann@example.org"}
    assert load(bench, "shows", [record]).rows[0]["title"] == "Tool - write to (an e-mail address)"
    imported = load(bench, "shows", [SHORT, record | {"msPlayed": 0}])
    assert "ann@" not in str(imported.rejects)


def test_a_folder_and_a_zip_hold_the_files_of_the_history(bench):
    files = {
        "MyData/StreamingHistory_music_0.json": [at(0)],
        "MyData/StreamingHistory_music_1.json": [at(0), at(100)],
        "MyData/Userdata.json": {"email": "ann@example.org"},
    }
    packed, folder = io.BytesIO(), bench.folder / "unpacked"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, records in files.items():
            archive.writestr(name, json.dumps(records))
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(records))
    zipped = bench.load(NAME, "events", packed.getvalue())
    assert (zipped.report.read, zipped.report.kept, zipped.report.merged) == (3, 2, 1)
    assert bench.load(NAME, "events", folder).text == zipped.text


def test_the_plays_of_two_accounts_are_not_one_persons(bench):
    records = [LONG, LONG | {"username": "ben"}]
    error = bench.error(NAME, "events", json.dumps(records))
    assert "plays of 2 accounts" in error
    assert "ben" not in error


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("{}", "no list of records"),
        ('[{"a": 1}]', "no streaming history"),
        ("[1]", "no list of records"),
        ("[]", "no rows"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"PK\x05\x06" + bytes(18), "without a streaming history"),
    ],
)
def test_what_is_no_history_is_refused(bench, content, said):
    assert said in bench.error(NAME, "events", content)


def test_a_folder_without_a_history_is_refused(bench):
    (bench.folder / "empty").mkdir()
    assert "no JSON file" in bench.error(NAME, "events", bench.folder / "empty")


texts = st.text(max_size=5) | st.sampled_from(["|", "\0", "a@b.cc", "\ud800"])
values = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.lists(st.integers(), max_size=2)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: f"{moment.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
)
fields = {"ts": moments | values, "ms_played": st.integers(-1, 10**8) | values}
fields |= {name: values for name in LONG if name not in (*fields, "username")}


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    records=st.lists(st.fixed_dictionaries({}, optional=fields), max_size=6),
    dataset=st.sampled_from(["users", "shows", "events"]),
)
def test_every_record_is_kept_merged_or_refused(new_bench, records, dataset):
    """`load` of the bench checks the sums."""
    imported = load(new_bench(), dataset, [LONG, *records])
    assert imported.report.kept >= 1
    assert "203.0" not in imported.text + str(imported.rejects) or any("203.0" in str(record) for record in records)
