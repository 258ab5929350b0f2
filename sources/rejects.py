"""The rows that an import refuses: counted by reason, and written down so that none is silently lost."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from refrain.errors import InputError


class Reject(NamedTuple):
    """A refused row: the line it begins on, why (a phrase for a person), and its cells as they stood in the file."""

    line: int
    reason: str
    cells: Sequence[str]


class Rejects:
    """Writes refused rows to an open file (CSV: line, reason, the original cells) and counts them by reason."""

    def __init__(self, stream: IO[str], header: Sequence[str]) -> None:
        # Everything is quoted: csv leaves a lone carriage return bare otherwise, and tears the row.
        self._writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        self._writer.writerow(["line", "reason", *header])
        self._counts: dict[str, int] = {}
        self._first: Reject | None = None

    def add(self, rejects: Iterable[Reject]) -> None:
        """Write and count `rejects`, in the order of their lines."""
        for reject in sorted(rejects, key=lambda reject: reject.line):
            self._first = self._first or reject
            self._counts[reject.reason] = self._counts.get(reject.reason, 0) + 1
            self._writer.writerow([reject.line, reject.reason, *reject.cells])

    @property
    def counts(self) -> dict[str, int]:
        """Reason -> rows, the most frequent first."""
        return dict(sorted(self._counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def total(self) -> int:
        """All refused rows."""
        return sum(self._counts.values())

    def require_some_kept(self, path: Path, read: int, hints: Mapping[str, str]) -> None:
        """Raise InputError where `path` has no rows, or every one was refused; `hints` says what to do per reason."""
        if read == 0:
            raise InputError(f"{path} has a header but no rows.", hint="Export or download it again.")
        if self.total < read:
            return
        raise InputError(
            f"{path}: every one of the {read:,} rows was rejected: {self._listed()}. {self._example()}",
            hint=self._hint(hints),
        )

    def note(self, read: int, hints: Mapping[str, str]) -> tuple[str, ...]:
        """A note where more than half of the rows were refused: a file is seldom that bad, a setting often is."""
        if self.total * 2 <= read:
            return ()
        note = f"{self.total:,} of {read:,} rows were rejected: {self._listed()}. {self._example()}"
        return (f"{note} {self._hint(hints)}".strip(),)

    def _listed(self) -> str:
        return ", ".join(f"{reason} ({count:,})" for reason, count in list(self.counts.items())[:5])

    def _example(self) -> str:
        assert self._first is not None
        row = ",".join(self._first.cells)
        shown = row if len(row) <= 120 else f"{row[:120]}..."
        return f"The first is line {self._first.line} ({self._first.reason}): {shown!r}."

    def _hint(self, hints: Mapping[str, str]) -> str:
        commonest = next(iter(self.counts))
        return hints.get(commonest, "Correct the file or the source's options in params.yaml.")
