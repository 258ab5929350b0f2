"""Making all sheets before anything is written: into files, so that memory holds one sheet at a time."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from refrain.errors import RefrainError
from tasks.publishing.faults import PublishError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Made, Part, Sheet

Tell = Callable[[str], None]
"""Told the name of the sheet that is made next."""


@dataclass(frozen=True)
class Said:
    """What belongs beside the rows of a sheet, or of a part of it, as tasks.sheets.sheet.Made has it."""

    notes: tuple[str, ...]
    models: tuple[Mapping[str, Any], ...]
    missing: str

    @staticmethod
    def of(made: Made) -> "Said":
        """What `made` says beside its rows."""
        return Said(made.notes, tuple(model.model_dump(mode="json") for model in made.models), made.missing)


@dataclass(frozen=True)
class MadeSheet:
    """A sheet with all of its rows."""

    sheet: Sheet
    file: Path
    """Parquet, with the sheet's columns in their order."""
    rows: int
    whole: Said
    parts: Mapping[str, Said]
    """`part_key` -> what is said beside that part; empty of a sheet that is made at once, whoever asks for parts."""


def make_sheets(material: Material, sheets: Iterable[Sheet], folder: Path, tell: Tell) -> list[MadeSheet]:
    """Every sheet, its rows in a file in `folder`. Raises PublishError, naming the sheet that cannot be made."""
    material.shelf.refresh()
    if material.shelf.shown.registry:  # every sheet would say that there is nothing
        raise PublishError(f"Nothing is published: {material.shelf.shown.registry}", hint="Try again.")
    made = []
    for sheet in sheets:
        tell(sheet.name)
        try:
            made.append(_made(material, sheet, folder))
        except RefrainError as error:
            raise PublishError(f"The sheet {sheet.name} cannot be made: {error.message}", hint=error.hint) from error
        except Exception as error:
            raise PublishError(
                f"The sheet {sheet.name} cannot be made: {type(error).__name__}: {error}.",
                hint="This is a fault of the program: add --debug to see where.",
            ) from error
    return made


def part_key(part: Part) -> str:
    """How the tables name a part."""
    return json.dumps(dict(sorted(part.items())), ensure_ascii=False)


def _made(material: Material, sheet: Sheet, folder: Path) -> MadeSheet:
    found = list(sheet.every_part(material))
    file = folder / f"{sheet.name}.parquet"
    rows = pl.concat([made.rows for _, made in found])
    rows.write_parquet(file)
    of_parts = {part_key(part): Said.of(made) for part, made in found if part}
    whole = Said((), _models(of_parts.values()), _missing(of_parts.values())) if of_parts else Said.of(found[0][1])
    return MadeSheet(sheet, file, len(rows), whole, of_parts)


def _models(parts: Iterable[Said]) -> tuple[Mapping[str, Any], ...]:
    """Those of the first part that names any: all parts are asked of the same ones."""
    return next((said.models for said in parts if said.models), ())


def _missing(parts: Iterable[Said]) -> str:
    """Why nothing is there, where no part has anything."""
    reasons = [said.missing for said in parts]
    return reasons[0] if all(reasons) else ""
