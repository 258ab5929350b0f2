"""What an answer says of a record besides the prediction: what was imputed, and what is unlike all training rows."""

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from models.compiled.rows import Numbers, Rows
from models.preprocessing import Columns
from tasks.records import LearnedRecord

Warnings = list[dict[str, str]]
_MOST_PATTERNS = 4096
_WHOLE = 1e15


class Imputed:
    """Names the features that rows lack.

    Most records of a client lack the same ones, so that their names are written once for each combination.
    """

    def __init__(self, columns: Columns) -> None:
        self._names = (*columns.numeric, *columns.categorical, *columns.text)
        self._numbers = len(columns.numeric)
        self._written: dict[bytes, orjson.Fragment] = {}
        self.nothing = orjson.Fragment(b"[]")
        """That of every row that lacks none."""

    def of(self, rows: Rows) -> list[orjson.Fragment]:
        """A JSON list of names for each row."""
        missing = np.empty((len(rows), len(self._names)), dtype=bool)
        np.isnan(rows.numbers, out=missing[:, : self._numbers])
        for place, name in enumerate(self._names[self._numbers :], start=self._numbers):
            missing[:, place] = [not word for word in rows.words[name]]
        packed = np.packbits(missing, axis=1)
        patterns: list[bytes] = packed.view(f"V{packed.shape[1]}").ravel().tolist()
        return [self._written.get(pattern) or self._write(pattern) for pattern in patterns]

    def _write(self, pattern: bytes) -> orjson.Fragment:
        bits = np.unpackbits(np.frombuffer(pattern, dtype=np.uint8), count=len(self._names))
        if len(self._written) >= _MOST_PATTERNS:
            self._written.clear()
        names = [self._names[place] for place in np.flatnonzero(bits)]
        found = orjson.Fragment(orjson.dumps(names)) if names else self.nothing
        self._written[pattern] = found
        return found


class Unlike:
    """Names the numbers of rows that lie outside of all that a model learned from."""

    def __init__(self, columns: Columns, learned: LearnedRecord | None) -> None:
        ranges = None if learned is None else learned.ranges
        self._names = columns.numeric
        # A feature without a range was known of no training row: any number is outside.
        self._ranges = [
            (-np.inf, np.inf) if ranges is None else ranges.get(name, (np.inf, -np.inf)) for name in self._names
        ]
        self._low, self._high = np.array(self._ranges).reshape(-1, 2).T
        self._never_known = {
            place: {
                "field": name,
                "message": f"{name} was known of no row that the model learned from, which knows nothing of it",
            }
            for place, (name, (low, high)) in enumerate(zip(self._names, self._ranges, strict=True))
            if low > high
        }
        """Of these all rows of a request are warned, in the same words."""

    def of(self, numbers: Numbers) -> list[Warnings]:
        """The warnings of each row; the very same empty list where there are none."""
        outside: NDArray[np.bool_] = (numbers < self._low) | (numbers > self._high)
        none: Warnings = []
        warnings = [none] * len(numbers)
        rows, places = np.nonzero(outside)
        if not len(rows):
            return warnings
        for row, place, value in zip(rows.tolist(), places.tolist(), numbers[outside].tolist(), strict=True):
            found = self._never_known.get(place) or {
                "field": self._names[place],
                "message": self._message(place, value),
            }
            if warnings[row] is none:
                warnings[row] = [found]
            else:
                warnings[row].append(found)
        return warnings

    def _message(self, place: int, value: float) -> str:
        name, (low, high) = self._names[place], self._ranges[place]
        side = "below" if value < low else "above"
        return f"{name} {_shown(value)} is {side} all that the model learned from ({_shown(low)} to {_shown(high)})"


def _shown(value: Any) -> str:
    """A number for a person: whole ones in full, others with six digits."""
    return f"{value:.0f}" if value == round(value) and abs(value) < _WHOLE else f"{value:.6g}"
