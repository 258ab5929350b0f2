"""Sheets as JSON."""

from typing import Any

import orjson

from tasks.sheets.asking import Found
from tasks.sheets.sheet import Sheet

_AS_READ = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z


def written(found: Found) -> str:
    """name, title, columns, notes, models, missing, total, and the rows as objects."""
    made = found.made
    return orjson.dumps(
        {
            **described(found.sheet),
            "notes": list(made.notes),
            "models": [model.model_dump(mode="json") for model in made.models],
            "missing": made.missing,
            "total": found.total,
            "rows": made.rows.to_dicts(),
        },
        option=_AS_READ,
    ).decode()


def described(sheet: Sheet) -> dict[str, Any]:
    """What a sheet is, without its rows."""
    return {
        "sheet": sheet.name,
        "title": sheet.title,
        "columns": [
            {"name": one.name, "kind": str(one.kind), "meaning": one.meaning, "unit": one.unit} for one in sheet.columns
        ],
        "searched": list(sheet.search),
        "required": list(sheet.parted_by),
    }
