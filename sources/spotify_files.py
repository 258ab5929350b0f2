"""The records of a Spotify account's streaming history: which files hold them, and what a record says."""

import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refrain.errors import InputError
from sources.containers import open_bytes
from sources.folders import json_files

_HISTORY = re.compile(r"(streaming_?history|endsong).*\.json", re.IGNORECASE)
_HINT = "It should hold StreamingHistory_music_0.json or Streaming_History_Audio_2023.json, say, as Spotify sends them."


@dataclass(frozen=True)
class Play:
    """What a record says, as it stands there; None where it says nothing."""

    file: str
    number: int
    """Of the record in its file, from 1 on."""
    ended: Any
    milliseconds: Any
    title: Any
    by: Any
    """Who made it: the artist, the podcast, the author."""
    uri: Any
    country: Any
    account: Any
    """Who played it. Only told apart, and kept nowhere."""

    @property
    def cells(self) -> list[str]:
        """What may be kept of a refused record: nothing of the person, the network or the device."""
        said = (self.file, self.ended, self.milliseconds, self.title)
        return ["" if cell is None else str(cell).encode("utf-8", "replace").decode() for cell in said]


CELLS = ("file", "ended", "milliseconds", "title")


def read_plays(place: Path) -> Iterator[Play]:
    """The records of a file, of the history's files in a folder, or of those in a zip; a file is held at a time.

    Raises InputError where there is no history, or a file of it is not what it says it is.
    """
    for name, content in _contents(place):
        try:
            records = json.loads(content)
        except (ValueError, RecursionError) as error:
            reason = str(error).rstrip(".") if isinstance(error, json.JSONDecodeError) else "it is no JSON"
            raise InputError(f"{place}: {name} cannot be read: {reason}.", hint="Download it again.") from None
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise InputError(f"{place}: {name} holds no list of records.", hint=_HINT)
        if records and not any("endTime" in record or "ts" in record for record in records):
            raise InputError(f"{place}: {name} is no streaming history: its records have no time.", hint=_HINT)
        for number, record in enumerate(records, start=1):
            yield _play(name, number, record)


def _contents(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_file() and zipfile.is_zipfile(place):
        for member in _members(place):
            with open_bytes(place, member) as stream:
                yield Path(member).name, stream.read()
        return
    found = json_files(place)
    if place.is_dir():
        found = [file for file in found if _HISTORY.fullmatch(file.name)]
        if not found:
            raise InputError(f"The folder {place} holds no streaming history.", hint=_HINT)
    for file in found:
        with open_bytes(file) as stream:
            yield file.name, stream.read()


def _members(place: Path) -> list[str]:
    try:
        with zipfile.ZipFile(place) as archive:
            names = sorted(name for name in archive.namelist() if _HISTORY.fullmatch(Path(name).name))
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError(f"{place} is a damaged zip file: {error}.", hint="Download it again.") from None
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if not names:
        raise InputError(f"{place} is a zip file without a streaming history in it.", hint=_HINT)
    return names


def _play(file: str, number: int, record: Mapping[str, Any]) -> Play:
    return Play(
        file=file,
        number=number,
        ended=_first(record, "endTime", "ts"),
        milliseconds=_first(record, "msPlayed", "ms_played"),
        title=_first(
            record,
            "trackName",
            "master_metadata_track_name",
            "episodeName",
            "episode_name",
            "chapterName",
            "audiobook_chapter_title",
            "audiobookName",
            "audiobook_title",
        ),
        by=_first(
            record,
            "artistName",
            "master_metadata_album_artist_name",
            "podcastName",
            "episode_show_name",
            "authorName",
            "audiobook_title",
        ),
        uri=_first(record, "spotify_track_uri", "spotify_episode_uri", "audiobook_chapter_uri", "audiobook_uri"),
        country=_first(record, "conn_country"),
        account=_first(record, "username"),
    )


def _first(record: Mapping[str, Any], *names: str) -> Any:
    """What the first of `names` that says something says."""
    found = next((record[name] for name in names if record.get(name) not in (None, "")), None)
    # JSON can name a lone half of a surrogate pair, which is no text.
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else found
