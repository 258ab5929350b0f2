"""The contract of tracks: one row a track, with what is measured of its sound."""

from datetime import date

from contracts.clauses import not_before, one_of, within
from contracts.contract import Contract
from refrain.datasets import TRACKS

_SHARES = (
    "danceability",
    "energy",
    "valence",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
)
_DAY_IN_MS = 86_400_000
_FIRST_RECORDING = date(1860, 1, 1)

CONTRACT = Contract(
    TRACKS,
    moment="release_date",
    clauses=(
        not_before(TRACKS.column("release_date"), _FIRST_RECORDING),
        one_of(TRACKS.column("release_precision"), ("day", "month", "year")),
        within(TRACKS.column("popularity"), 0, 100),
        *(within(TRACKS.column(name), 0, 1) for name in _SHARES),
        within(TRACKS.column("tempo"), 0, 400),  # beats per minute; 0 where none was found
        within(TRACKS.column("key"), -1, 11),  # pitch class from C = 0; -1 where none was found
        within(TRACKS.column("mode"), 0, 1),  # minor, major
        within(TRACKS.column("loudness"), -100, 20),  # dB relative to full scale
        within(TRACKS.column("duration_ms"), 1, _DAY_IN_MS),
    ),
    one_name=(("artist_id", "artist"),),
)
