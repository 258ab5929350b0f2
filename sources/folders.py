"""Where a source may read many files: which of a folder's files are read, in which order, and their digest."""

import hashlib
from pathlib import Path

from refrain.errors import InputError
from refrain.files import file_md5

_SUFFIXES = (".csv", ".tsv", ".txt", ".gz", ".zip")
_JSON = ".json"


def text_files(path: Path) -> list[Path]:
    """`path` itself, or the files below it that can hold a CSV, sorted by their place in the folder; no hidden ones.

    Raises InputError where a folder holds none.
    """
    if not path.is_dir():
        return [path]
    found = [file for file in _files(path) if file.suffix.lower() in _SUFFIXES]
    if not found:
        raise InputError(
            f"The folder {path} holds no file that could be a CSV ({', '.join(_SUFFIXES)}).", hint="Check the path."
        )
    return found


def json_files(path: Path) -> list[Path]:
    """`path` itself, or the JSON files below it, sorted by their place in the folder; no hidden ones.

    Raises InputError where a folder holds none.
    """
    if not path.is_dir():
        return [path]
    found = [file for file in _files(path) if file.suffix.lower() == _JSON]
    if not found:
        raise InputError(f"The folder {path} holds no JSON file.", hint="Check the path; of a zip file, name itself.")
    return found


def other_files(path: Path) -> list[Path]:
    """The files below a folder that `text_files` leaves out, but for the hidden ones."""
    return [file for file in _files(path) if file.suffix.lower() not in _SUFFIXES] if path.is_dir() else []


def content_md5(path: Path) -> str:
    """MD5 in hex of a file's bytes; of a folder, of the names and digests of the files that a source may read in it.

    Raises InputError where a folder holds none.
    """
    if not path.is_dir():
        return file_md5(path)
    found = [file for file in _files(path) if file.suffix.lower() in (*_SUFFIXES, _JSON)] or text_files(path)
    lines = (f"{file_md5(file)} {file.relative_to(path).as_posix()}\n" for file in found)
    return hashlib.md5("".join(lines).encode(), usedforsecurity=False).hexdigest()


def _files(folder: Path) -> list[Path]:
    files = (file for file in folder.rglob("*") if file.is_file())
    places = ((file.relative_to(folder), file) for file in files)
    return [file for place, file in sorted(places) if not any(part.startswith(".") for part in place.parts)]
