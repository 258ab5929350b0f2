"""Opening a file by what it holds, whatever it is called: plain, gzipped, or zipped with one CSV inside."""

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

from refrain.errors import InputError

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = {
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7z file",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"%PDF": "a PDF",
}
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_DAMAGE = (
    EOFError,  # a gzip or zip stream that breaks off
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # a member with a password
    OSError,  # BadGzipFile is one
)


@contextmanager
def open_bytes(path: Path, member: str | None = None, option: str = "the option member") -> Iterator[IO[bytes]]:
    """Open the bytes of the text that `path` holds, unpacked.

    `member` names the file to read inside a zip that holds several; `option` is where a person says so. Raises
    InputError, on opening or while reading, where the file is missing, of another kind, damaged, or a zip with no CSV
    in it or with several.
    """
    with ExitStack() as stack:
        try:
            stream: IO[bytes] = stack.enter_context(path.open("rb"))
            start = stream.read(16)
            stream.seek(0)
        except FileNotFoundError:
            raise InputError(f"There is no file {path}.", hint="Check the path.") from None
        except IsADirectoryError:
            raise InputError(f"{path} is a folder.", hint="Name the file inside it.") from None
        except (OSError, ValueError) as error:
            raise InputError(f"{path} cannot be opened: {error}.", hint="Check the path and its permissions.") from None
        yield stack.enter_context(_unpacked(path, stream, start, member, option))


@contextmanager
def _unpacked(path: Path, stream: IO[bytes], start: bytes, member: str | None, option: str) -> Iterator[IO[bytes]]:
    if start.startswith(_GZIP):
        yield _guarded(gzip.GzipFile(fileobj=stream), path, "a gzip file")
    elif start.startswith(_ZIP):
        try:
            with zipfile.ZipFile(stream) as archive:
                inner = archive.open(_member(path, archive, member, option))
        except _DAMAGE as error:
            raise _damaged(path, "a zip file", error) from None
        with inner:
            yield _guarded(inner, path, "a zip file")
    else:
        for magic, kind in _OTHERS.items():
            if start.startswith(magic):
                raise InputError(f"{path} is {kind}, not a CSV.", hint="Unpack or export it as CSV first.")
        yield _guarded(stream, path, "a file")


def _member(path: Path, archive: zipfile.ZipFile, wanted: str | None, option: str) -> str:
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    texts = [name for name in names if name.lower().endswith(_TEXT_SUFFIXES)]
    if wanted is not None:
        if wanted in names:
            return wanted
        raise InputError(
            f"{path} holds no {wanted}; it holds {_listed(names)}.", hint=f"Correct {option} in params.yaml."
        )
    if len(texts) == 1:
        return texts[0]
    if not texts and len(names) == 1:
        return names[0]
    if not texts:
        raise InputError(
            f"{path} is a zip file without a CSV in it; it holds {_listed(names)}.",
            hint="If it is a spreadsheet, save it as CSV; otherwise unpack it and name the file.",
        )
    raise InputError(
        f"{path} is a zip file with {len(texts)} CSV files in it: {_listed(texts)}.",
        hint=f"Name the one to read in params.yaml ({option}: {texts[0]} say), or unpack it.",
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:8])
    return (f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown) or "nothing"


def _damaged(path: Path, kind: str, error: BaseException) -> InputError:
    return InputError(
        f"{path} is {kind} that breaks off or is damaged: {str(error).rstrip('.') or type(error).__name__}.",
        hint="Download or export it again.",
    )


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Guarded(io.RawIOBase):
    """A raw stream whose read errors are InputErrors, so that only reading is guarded and not the reader's own code."""

    def __init__(self, inner: _Readable, path: Path, kind: str) -> None:
        self._inner = inner
        self._path = path
        self._kind = kind

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            block = self._inner.read(len(buffer))
        except _DAMAGE as error:
            raise _damaged(self._path, self._kind, error) from None
        buffer[: len(block)] = block
        return len(block)


def _guarded(inner: _Readable, path: Path, kind: str) -> IO[bytes]:
    return io.BufferedReader(_Guarded(inner, path, kind), buffer_size=1 << 17)
