"""What the sheets of the registry have in common: reading it, and writing what was measured into columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from refrain.errors import ModelError
from tasks.sheets.faults import AskedWrongError, NotYetError, SheetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Column, Kind, Made, Part, columns
from tasks.version_notes import Measured
from tasks.versions import RegisteredTarget, Version, read_target

TARGET_COLUMN = ("target", Kind.TEXT, "A target's name")
VERSION_COLUMN = ("version", Kind.WHOLE, "The number of a version in the registry")
_ENDS = {"value": "", "low": "_low", "high": "_high"}


def registered(material: Material, target: str) -> RegisteredTarget:
    """What the registry holds of a target, which may be nothing. Raises AskedWrongError or SheetError."""
    if target not in material.shelf.targets:
        raise AskedWrongError(
            "target: there is no such target here.", hint=f"There are {', '.join(material.shelf.targets)}."
        )
    try:
        return read_target(material.shelf.store, target)
    except Exception as error:
        # Any of a dozen libraries may be behind the store.
        raise SheetError("The registry cannot be read now.", hint="Is its server or its file in order?") from error


def nothing_registered() -> NotYetError:
    """Said of an empty registry."""
    return NotYetError("No model is registered yet.", hint="Run `refrain run`, or `refrain up --demo`.")


def all_registered(material: Material) -> tuple[RegisteredTarget, ...]:
    """All targets of which there are versions. Raises NotYetError where there are none at all."""
    found = tuple(one for name in material.shelf.targets if (one := registered(material, name)).versions)
    if not found:
        raise nothing_registered()
    return found


def one_registered(material: Material, part: Part) -> RegisteredTarget:
    """The target of a part. Raises NotYetError where it has no version."""
    found = registered(material, part["target"])
    if not found.versions:
        raise NotYetError(f"{found.target} has not been registered yet.", hint=f"Run `refrain run {found.target}`.")
    return found


def one_version(material: Material, part: Part) -> Version:
    """The version of a part. Raises AskedWrongError where there is none of this number."""
    try:
        return one_registered(material, part).version(int(part["version"]))
    except ModelError as error:
        raise AskedWrongError(f"version: {error.message}", hint=error.hint) from None


def target_parts(material: Material) -> Iterator[Part]:
    """One for each registered target. Raises NotYetError."""
    return ({"target": one.target} for one in all_registered(material))


def version_parts(material: Material) -> Iterator[Part]:
    """One for each version. Raises NotYetError."""
    return (
        {"target": one.target, "version": str(version.version)}
        for one in all_registered(material)
        for version in one.versions
    )


def measured(name: str, found: Measured) -> dict[str, float | None]:
    """The cells of the three columns that `measured_columns` describes."""
    return {f"{name}{end}": getattr(found, part) for part, end in _ENDS.items()}


def measured_columns(name: str, meaning: str) -> tuple[Column, ...]:
    """A column for a number, and one for each end of its 95 % interval."""
    return columns(
        (name, Kind.NUMBER, meaning),
        (f"{name}_low", Kind.NUMBER, "Lower end of its 95 % interval"),
        (f"{name}_high", Kind.NUMBER, "Upper end of its 95 % interval"),
    )


def made(rows: Sequence[Mapping[str, Any]], *notes: str) -> Made:
    """A sheet's rows, from dictionaries."""
    return Made(pl.DataFrame(rows, infer_schema_length=None), notes)
