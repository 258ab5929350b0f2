"""The fields of a track on the day it comes out (see features.hits)."""

from features.hits import MEANS
from features.release_history import mean_name
from serving.predictions.fields.kinds import Day, Number, RecordFields, Text

_MOST_DAYS = 100_000
_MOST_TRACKS = 1e6
_AUDIO = {
    "danceability": Number("how danceable the track is", 0, 1),
    "energy": Number("how loud, fast and dense the track feels", 0, 1),
    "valence": Number("how cheerful the track sounds", 0, 1),
    "tempo": Number("beats per minute", 0, 1000),
    "key": Number("the key, 0 for C to 11 for B; -1 where none was found", -1, 11),
    "loudness": Number("the mean loudness in dB, most often from -60 to 0", -100, 30),
    "mode": Number("1 for major, 0 for minor", 0, 1),
    "speechiness": Number("how much of the track is spoken", 0, 1),
    "acousticness": Number("how likely the track is acoustic", 0, 1),
    "instrumentalness": Number("how likely nobody sings", 0, 1),
    "liveness": Number("how likely an audience is heard", 0, 1),
    "duration_ms": Number("the length in milliseconds", 0, 1e9),
}
_DATE = {
    "release_year": Number("the year of the release", 1, 9999),
    "release_month": Number("the month of the release", 1, 12),
    "release_day_of_month": Number("the day of the month of the release", 1, 31),
    "release_weekday": Number("the weekday of the release, 1 for Monday to 7 for Sunday", 1, 7),
    "release_day": Number("the release as a count of days, 1 for 0001-01-01 (738000 is 2021-07-29)", 1, 3_652_059),
}
_SAME_DAY = {
    "same_day_tracks": Number("tracks of the artist that come out that day, 1 for a single", 0, _MOST_TRACKS),
    "same_day_tracks_in_genre": Number("those of them in the track's genre", 0, _MOST_TRACKS),
    "same_day_versions": Number("those of them with the track's song name", 0, _MOST_TRACKS),
}
_HISTORY = {
    "artist_earlier_tracks": Number("tracks of the artist that were out before", 0, _MOST_TRACKS),
    "artist_earlier_release_days": Number("days on which they came out", 0, _MOST_TRACKS),
    "artist_tracks_last_365_days": Number("those of them of the last 365 days", 0, _MOST_TRACKS),
    "artist_earlier_genres": Number("their genres", 0, _MOST_TRACKS),
    "artist_earlier_tracks_in_genre": Number("those of them in the track's genre", 0, _MOST_TRACKS),
    "artist_same_song_earlier": Number("those of them with the track's song name", 0, _MOST_TRACKS),
    "others_same_song_earlier": Number("earlier tracks of other artists with that song name", 0, _MOST_TRACKS),
    "days_since_last_release": Number("days since the artist's last release", 0, _MOST_DAYS),
    "days_since_first_release": Number("days since the artist's first release", 0, _MOST_DAYS),
    "days_since_same_song": Number("days since the artist's last track with that song name", 0, _MOST_DAYS),
}
_MEANS = {
    mean_name(name): Number(f"mean {name} of the artist's earlier tracks", number.low, number.high)
    for name, number in _AUDIO.items()
    if mean_name(name) in MEANS
}
_SAID = {
    "is_remix": "a remix",
    "is_feature": "another artist's part",
    "is_remaster": "a remaster",
    "is_live": "a live take",
    "is_acoustic": "an acoustic version or a demo",
    "is_edit": "an edit or another version",
    "is_from": "where the song is from",
    "has_brackets": "something in brackets",
    "has_dash": "something after a dash",
}
_TITLE = {
    **{f"title_{name}": Number(f"1 where the title names {what}, else 0", 0, 1) for name, what in _SAID.items()},
    "title_characters": Number("characters of the title", 0, 10_000),
    "title_words": Number("words of the title", 0, 10_000),
}

HIT_FIELDS = RecordFields(
    numbers={**_AUDIO, **_DATE, **_SAME_DAY, **_HISTORY, **_MEANS, **_TITLE},
    words={"genre": Text("the genre, as the data that was learned from names it"), "title": Text("the title", 500)},
    passed={
        "track_id": Text("the track, which comes back with the answer"),
        "as_of": Day("the day of the release; it comes back with the answer"),
    },
    required=("danceability", "energy", "valence", "tempo"),
    example={
        "danceability": 0.71,
        "energy": 0.64,
        "valence": 0.52,
        "tempo": 118,
        "loudness": -6.2,
        "genre": "pop",
        "title": "Night Train",
    },
)
