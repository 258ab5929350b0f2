"""All sheets, found by looking: a file in tasks/sheets/ that has SHEETS adds them."""

import importlib
import pkgutil
from functools import cache

import tasks.sheets as folder
from tasks.sheets.faults import AskedWrongError
from tasks.sheets.sheet import Sheet


@cache
def all_sheets() -> dict[str, Sheet]:
    """Name -> sheet, in the order of their names."""
    found: dict[str, Sheet] = {}
    for module in sorted(info.name for info in pkgutil.walk_packages(folder.__path__, f"{folder.__name__}.")):
        for sheet in getattr(importlib.import_module(module), "SHEETS", ()):
            found[sheet.name] = sheet
    return dict(sorted(found.items()))


def find_sheet(name: str) -> Sheet:
    """The sheet called `name`. Raises AskedWrongError."""
    known = all_sheets()
    if name not in known:
        raise AskedWrongError("sheet: there is no such sheet.", hint=f"There are {', '.join(known)}.")
    return known[name]
