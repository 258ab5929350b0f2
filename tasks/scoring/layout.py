"""Which columns of a file to score are what."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from features.target import AS_OF, LABEL, LABEL_KNOWN_AT, Target
from refrain.errors import InputError


@dataclass(frozen=True)
class Layout:
    """Which columns of an input are what."""

    header: tuple[str, ...]
    keys: tuple[str, ...]
    """Columns that say who or what a row is about; they are passed through."""
    features: tuple[str, ...]
    absent: tuple[str, ...]
    """Features that the input does not have; the model imputes them."""
    ignored: tuple[str, ...]

    @property
    def read(self) -> tuple[str, ...]:
        """The columns that are needed, in the order of the input."""
        needed = {*self.keys, *self.features}
        return tuple(name for name in self.header if name in needed)


def lay_out(target: Target, path: Path, header: Sequence[str]) -> Layout:
    """Sort the columns of an input into keys, features and others.

    Raises InputError for a column that stands there twice, a required feature that is missing, and a column that nobody
    knows but that looks like a misspelt feature.
    """
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(
            f"{path}, line 1: the header has {', '.join(twice)} more than once.", hint="Remove or rename one of them."
        )
    known_keys = dict.fromkeys((*target.entity, *target.cluster, AS_OF, LABEL_KNOWN_AT, LABEL))
    keys = tuple(name for name in header if name in known_keys)
    unknown = [name for name in header if name not in target.features and name not in keys]
    absent = tuple(name for name in target.features if name not in header)
    misspelt = _misspelt(unknown, absent)
    missing = [name for name in absent if name in target.required]
    if missing or misspelt:
        guesses = "; ".join(f"did you mean {right} by {wrong}?" for wrong, right in misspelt.items())
        fault = f"lacks {', '.join(missing)}" if missing else "has columns that nobody knows"
        raise InputError(
            f"{path}, line 1: the header {fault}{f' ({guesses})' if guesses else ''}.",
            hint=f"{target.name} needs {', '.join(target.required)}, and takes {_others(target)}.",
        )
    features = tuple(name for name in target.features if name in header)
    return Layout(tuple(header), keys, features, absent, tuple(unknown))


def no_rows(path: Path) -> InputError:
    """The error of an input that has a header alone."""
    return InputError(f"{path} has a header and no rows.", hint="Give at least one row to score.")


def _misspelt(unknown: Sequence[str], absent: Sequence[str]) -> dict[str, str]:
    """Unknown column -> the absent feature that it looks like."""
    folded = {name.casefold(): name for name in absent}
    matches = {name: get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.8) for name in unknown}
    return {name: folded[match[0]] for name, match in matches.items() if match}


def _others(target: Target) -> str:
    others = [name for name in (*target.entity, AS_OF, *target.features) if name not in target.required]
    return ", ".join(dict.fromkeys(others))
