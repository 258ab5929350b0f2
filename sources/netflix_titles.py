"""What a title in a viewing history is about: the show of an episode, or a film."""

import re

from sources.plays import plain

_SEASON = re.compile(
    r"""^(?P<show>.+?):\s+
    (?:(?:limited\ |mini)series
      |(?:season|series|staffel|saison|temporada|stagione|part|parte|teil|volume|vol\.?|book|chapter|seizoen|sezon|kausi)
       \s*\d+
      |\d+\.\s*(?:staffel|sezon)
      |.*\b(?:season|staffel|temporada)\s*\d+)
    \b.*:\s+.+$""",
    re.IGNORECASE | re.VERBOSE,
)


def show_of(title: str) -> str:
    """The show of "Show: Season 1: Episode"; any other title as it is: films have colons, too."""
    found = _SEASON.match(title)
    return plain(found["show"] if found else title)
