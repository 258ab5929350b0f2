"""What the features of a track are called, and how their values are written."""

from typing import Any

from dashboard.shown import words

MOVED = ("danceability", "energy", "valence", "tempo")
"""The features that have a slider."""
FOLDED = (
    "loudness",
    "speechiness",
    "acousticness",
    "instrumentalness",
    "liveness",
    "duration_ms",
    "key",
    "mode",
)
"""The other audio features."""
COMPARED = (*MOVED, *FOLDED[:6])
"""Those of which a mean says something: key and mode name things."""

_FAMILIES = {"logistic": "Logistic regression", "forest": "Random forest", "xgboost": "XGBoost"}
_KEYS = ("C", "C sharp", "D", "D sharp", "E", "F", "F sharp", "G", "G sharp", "A", "A sharp", "B")
_NAMES = {
    "tempo": "tempo (beats a minute)",
    "loudness": "loudness (decibels)",
    "duration_ms": "length (seconds)",
    "release_day": "release, counted in days",
    "others_same_song_earlier": "earlier tracks of others with that song name",
    "artist_same_song_earlier": "earlier tracks of the artist with that song name",
    "artist_earlier_tracks": "earlier tracks of the artist",
    "artist_earlier_tracks_in_genre": "earlier tracks of the artist in the genre",
    "artist_earlier_release_days": "days with earlier releases of the artist",
    "artist_tracks_last_365_days": "tracks of the artist in the 365 days before",
    "artist_earlier_genres": "genres of the artist's earlier tracks",
    "days_since_last_release": "days since the artist's last release",
    "days_since_first_release": "days since the artist's first release",
    "days_since_same_song": "days since the artist's last track of that name",
    "same_day_tracks": "tracks of the artist that day",
    "same_day_tracks_in_genre": "tracks of the artist that day in the genre",
    "same_day_versions": "versions of the song that day",
    "artist_mean_duration_ms": "artist's mean length (seconds)",
    "title_characters": "characters of the title",
    "title_words": "words of the title",
    "title_has_brackets": "title has brackets",
    "title_has_dash": "title has a dash",
}
_IN_SECONDS = ("duration_ms", "artist_mean_duration_ms")


def name(feature: str) -> str:
    """A feature, for a person."""
    if feature in _NAMES:
        return _NAMES[feature]
    if feature.startswith("title_is_"):
        return f"title says {feature.removeprefix('title_is_')}"
    if feature.startswith("artist_mean_"):
        return f"artist's mean {feature.removeprefix('artist_mean_')}"
    return feature.replace("_", " ")


def value(feature: str, given: Any) -> str:
    """Its value, for a person."""
    if not words.is_known(given):
        return words.NOT_KNOWN
    return given if isinstance(given, str) else _number(feature, float(given))


def _number(feature: str, number: float) -> str:
    if feature == "key":
        return _KEYS[int(number)] if 0 <= number < len(_KEYS) else "none found"
    if feature == "mode":
        return "major" if number else "minor"
    if feature.startswith(("title_is_", "title_has_")):
        return "yes" if number else "no"
    return f"{number:.0f}" if feature == "release_year" else _plain(shown_number(feature, number))


def shown_number(feature: str, number: float) -> float:
    """A number in the unit that `name` says."""
    return number / 1000 if feature in _IN_SECONDS else number


def with_value(feature: str, given: Any) -> str:
    """As "energy: 0.64"."""
    return f"{name(feature)}: {value(feature, given)}"


def released(row: Any) -> str:
    """When a track came out, as exactly as it is known."""
    precision = row["release_precision"] if words.is_known(row["release_precision"]) else "day"
    if precision == "year":
        return str(row["release_date"].year)
    return words.month(row["release_date"]) if precision == "month" else words.day(row["release_date"])


def family(named: str) -> str:
    """A family of models, for a person."""
    return _FAMILIES.get(named, named)


def _plain(number: float) -> str:
    if number == round(number):
        return f"{number:,.0f}"
    return f"{number:,.1f}" if abs(number) >= 1 else f"{number:.3f}"
