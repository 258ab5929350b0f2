"""The canonical datasets: which columns each one has, of which type, and which may be absent.

One CSV a dataset under data/raw/. Dates are ISO (YYYY-MM-DD), timestamps ISO in UTC (YYYY-MM-DDTHH:MM:SSZ), ids are
strings, missing values empty cells; UTF-8, comma, one header line, Unix line ends.
"""

from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """How a column's cells are written and read."""

    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    INTEGER = "integer"
    NUMBER = "number"


@dataclass(frozen=True)
class Column:
    """One column. A column that is not `required` may be absent, and its cells empty where it is there."""

    name: str
    type: ColumnType
    required: bool = True


@dataclass(frozen=True)
class Dataset:
    """A canonical dataset: its columns in the order they are written, and the columns that name a row."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError if the dataset has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


AUDIO_FEATURES = (
    "danceability",
    "energy",
    "valence",
    "tempo",
    "key",
    "loudness",
    "mode",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "duration_ms",
)
_ALWAYS_MEASURED = AUDIO_FEATURES[:4]
_WHOLE_NUMBERS = ("key", "mode", "duration_ms")


def _text(name: str, required: bool = True) -> Column:
    return Column(name, ColumnType.TEXT, required)


def _audio(name: str) -> Column:
    kind = ColumnType.INTEGER if name in _WHOLE_NUMBERS else ColumnType.NUMBER
    return Column(name, kind, required=name in _ALWAYS_MEASURED)


TRACKS = Dataset(
    "tracks",
    (
        _text("track_id"),
        _text("artist_id"),
        _text("title"),
        _text("artist"),
        Column("release_date", ColumnType.DATE),
        # day, month or year: how much of release_date is known. The unknown part is written as 01.
        _text("release_precision", required=False),
        Column("popularity", ColumnType.NUMBER, required=False),
        *(_audio(name) for name in AUDIO_FEATURES),
        _text("genre", required=False),
    ),
    key=("track_id",),
)

SCROBBLES = Dataset(
    "scrobbles",
    (
        Column("played_at", ColumnType.TIMESTAMP),
        _text("artist"),
        _text("track"),
        _text("album", required=False),
        _text("listener", required=False),
    ),
    key=("listener", "played_at", "artist", "track"),
)

DAILY_STREAMS = Dataset(
    "daily_streams",
    (
        _text("track_id"),
        Column("date", ColumnType.DATE),
        Column("streams", ColumnType.INTEGER),
        # Days that the count covers, `date` being the last of them: 1 where absent, 7 in a weekly chart.
        Column("days", ColumnType.INTEGER, required=False),
        # The lowest count that the source lists for that date. A track that it does not list had at most so much: its
        # count is unknown, not zero. Absent where the source lists every track.
        Column("cutoff", ColumnType.INTEGER, required=False),
    ),
    key=("track_id", "date"),
)

ARTIST_LISTENERS = Dataset(
    "artist_listeners",
    (_text("artist_id"), Column("date", ColumnType.DATE), Column("monthly_listeners", ColumnType.INTEGER)),
    key=("artist_id", "date"),
)

SOCIALS = Dataset(
    "socials",
    (
        _text("track_id"),
        Column("date", ColumnType.DATE),
        _text("platform"),
        _text("metric"),
        Column("value", ColumnType.NUMBER),
    ),
    key=("track_id", "date", "platform", "metric"),
)

USERS = Dataset(
    "users",
    (
        _text("user_id"),
        Column("registered_at", ColumnType.TIMESTAMP),
        # Whatever describes a user is as stated on registering: nothing later may stand here.
        Column("age", ColumnType.INTEGER, required=False),
        _text("country"),
        _text("preferred_genre", required=False),
        _text("subscription"),
        # When a user said that they leave, and why; empty for all others, among them those who leave without a word.
        Column("cancelled_at", ColumnType.TIMESTAMP, required=False),
        _text("churn_reason", required=False),
    ),
    key=("user_id",),
)

SHOWS = Dataset(
    "shows",
    (
        _text("show_id"),
        _text("title"),
        _text("genre", required=False),
        Column("duration_min", ColumnType.NUMBER, required=False),
        Column("released_at", ColumnType.DATE, required=False),
        Column("rating", ColumnType.NUMBER, required=False),
    ),
    key=("show_id",),
)

EVENTS = Dataset(
    "events",
    (
        _text("user_id"),
        Column("login_time", ColumnType.TIMESTAMP),
        # Lists, see refrain.sessions.
        _text("content_watched", required=False),
        _text("genres_watched", required=False),
        # Minutes.
        Column("total_watch_time", ColumnType.NUMBER, required=False),
        Column("num_pauses", ColumnType.INTEGER, required=False),
        Column("buffer_events", ColumnType.INTEGER, required=False),
        # 1 or 0.
        Column("was_recommended", ColumnType.INTEGER, required=False),
    ),
    key=("user_id", "login_time", "content_watched"),
)

# Users active in each hour, where a platform knows them without knowing its sessions.
HOURLY_USERS = Dataset(
    "hourly_users",
    (
        # The hour's first moment.
        Column("hour", ColumnType.TIMESTAMP),
        Column("users", ColumnType.NUMBER),
    ),
    key=("hour",),
)

_ALL = (TRACKS, SCROBBLES, DAILY_STREAMS, ARTIST_LISTENERS, SOCIALS, USERS, SHOWS, EVENTS, HOURLY_USERS)
DATASETS = {dataset.name: dataset for dataset in _ALL}
