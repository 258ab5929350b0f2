"""Names for artists, tracks and albums: pronounceable, and unique where they must be."""

import polars as pl

from sources.world.arrays import Ints

_ONSETS = ("b", "br", "d", "f", "fl", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w", "y", "z")
_RIMES = (
    "a",
    "ai",
    "an",
    "ar",
    "e",
    "el",
    "en",
    "i",
    "in",
    "o",
    "on",
    "or",
    "ou",
    "u",
    "un",
)  # none ends as an onset begins: no two pairs of syllables read the same
_SYLLABLES = len(_ONSETS) * len(_RIMES)  # 300: two make 90,000 words, enough to start from
_WORDS = _SYLLABLES**2
# A style is a prefix and a suffix. Some hold a comma or an ampersand, as real names do.
_PREFIXES = ("", "", "", "The ", "DJ ", "", "", "")
_SUFFIXES = ("", "", "", "", "", " Orchestra", " & Friends", ", the Younger")
_FIRST = (
    "Another", "Blue", "Broken", "Burning", "City", "Cold", "Crystal", "Dancing", "Dark", "Distant", "Electric",
    "Empty", "Endless", "Falling", "First", "Golden", "Heavy", "Hidden", "Holy", "Last", "Little", "Lonely", "Lost",
    "Midnight", "My", "Neon", "Northern", "Only", "Our", "Paper", "Quiet", "Red", "Restless", "Running", "Sacred",
    "Silver", "Sleepless", "Slow", "Southern", "Stolen", "Summer", "Sweet", "Velvet", "Wild", "Winter", "Your", "Young",
)  # fmt: skip
_SECOND = (
    "Answer", "Avenue", "Bird", "Boy", "Car", "Child", "Cloud", "Country", "Dawn", "Day", "Desert", "Dream", "Echo",
    "Eyes", "Fever", "Fire", "Friend", "Game", "Garden", "Ghost", "Girl", "Hands", "Heart", "Home", "Horizon", "Hour",
    "House", "Island", "Kiss", "Letter", "Light", "Line", "Love", "Memory", "Mirror", "Money", "Moon", "Morning",
    "Name", "Night", "Ocean", "Party", "Promise", "Radio", "Rain", "River", "Road", "Room", "Season", "Secret", "Shore",
    "Sky", "Smoke", "Song", "Star", "Storm", "Story", "Street", "Sun", "Town", "Train", "Voice", "Water", "Window",
)  # fmt: skip
_TITLES = len(_FIRST) * len(_SECOND)
_STRIDE = 7919  # a prime that divides neither _WORDS nor _TITLES: stepping by it meets every name once


def _word(numbers: Ints) -> pl.Series:
    syllables = pl.Series([onset + rime for onset in _ONSETS for rime in _RIMES])
    place = (numbers * _STRIDE) % _WORDS
    word = syllables.gather(place // _SYLLABLES) + syllables.gather(place % _SYLLABLES)
    return word.str.to_titlecase()


def artist_names(artists: Ints) -> pl.Series:
    """The name of each artist number; no two artists share one."""
    word = _word(artists)
    again = artists // _WORDS
    numbered = word + pl.Series(" " + str(n + 1) if n else "" for n in again.tolist())
    style = (artists * 31 + artists // 7) % len(_PREFIXES)
    return pl.Series(_PREFIXES).gather(style) + numbered + pl.Series(_SUFFIXES).gather(style)


def track_titles(artists: Ints, numbers: Ints) -> pl.Series:
    """The title of each artist's track number; an artist has no title twice (up to 3,008 tracks)."""
    place = (artists * 104_729 + numbers * _STRIDE) % _TITLES
    return pl.Series(_FIRST).gather(place // len(_SECOND)) + " " + pl.Series(_SECOND).gather(place % len(_SECOND))


def album_titles(artists: Ints, numbers: Ints) -> pl.Series:
    """The title of each artist's release number."""
    place = artists * 15_485_863 + numbers * 1_299_709
    first, second = place % len(_SECOND), (place // len(_SECOND)) % len(_FIRST)
    return pl.Series(_FIRST).gather(second) + " " + pl.Series(_SECOND).gather(first) + "s"
