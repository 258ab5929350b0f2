"""Text of a CSV that every reader takes for the same: no stray quote marks, no cell over several lines."""

import re
from collections.abc import Iterator
from typing import IO

import numpy as np

_BLOCK = 4 << 20
_QUOTED = re.compile(rb'(?<![^,\r\n])"(?:[^"\r\n]|"")*"(?![^,\r\n])')
"""A quoted cell, from one comma or line end to the next."""
_BOUNDS = np.isin(np.arange(256), [ord(mark) for mark in ",\r\n"])
"""Of each byte whether a cell ends there."""


class OutOfTheOrdinaryError(Exception):
    """Lines that Arrow might read otherwise than we do."""


def plain_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Runs of whole lines, the header alone first, in which all readers take each quote mark and line end for the same.

    Raises OutOfTheOrdinaryError at the first lines of which that is not sure.
    """
    header = stream.readline()
    if not _is_plain(header):
        raise OutOfTheOrdinaryError
    yield header
    begun = b""  # a line whose end is not read yet
    while found := stream.read(_BLOCK):
        text = begun + found
        end = text.rfind(b"\n") + 1
        if not end or not _is_plain(text[:end]):
            raise OutOfTheOrdinaryError
        yield text[:end]
        begun = text[end:]
    if begun:
        if not _is_plain(begun):
            raise OutOfTheOrdinaryError
        yield begun


def _is_plain(lines: bytes) -> bool:
    if lines.count(b"\r") != lines.count(b"\r\n"):
        return False
    return b'"' not in lines or _quotes_whole_cells(lines) or b'"' not in _QUOTED.sub(b"", lines)


def _quotes_whole_cells(lines: bytes) -> bool:
    """Whether each quote mark begins or ends a cell, by turns, and within a line. (False where one stands for itself.)

    The same as _QUOTED says, at once.
    """
    characters = np.frombuffer(b"\n" + lines + b"\n", dtype=np.uint8)
    marks, ends = np.flatnonzero(characters == ord('"')), np.flatnonzero(characters == ord("\n"))
    if len(marks) % 2:
        return False
    opening, closing = marks[::2], marks[1::2]
    whole = _BOUNDS[characters[opening - 1]].all() and _BOUNDS[characters[closing + 1]].all()
    return bool(whole and (np.searchsorted(ends, opening) == np.searchsorted(ends, closing)).all())
