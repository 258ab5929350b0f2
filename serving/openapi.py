"""Writes docs/openapi.json: `python -m serving.openapi`. With --check it only says whether that is up to date."""

import difflib
import json
import sys
from pathlib import Path

from refrain.project import Project
from refrain.settings import CollectorSettings, ServingSettings
from serving.api import Parts, document
from serving.audience.figures import FiguresHere
from serving.collector.collector import Collector
from serving.sheets.making import SheetsHere
from tasks.champions.shelf import Shelf
from tasks.collected.opening import store_in
from tasks.sheets.asking import Sheets
from tasks.sheets.material import Material
from tasks.tracking import Store

FILE = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
COMMAND = "python -m serving.openapi"
_NOWHERE = Path("nowhere.db")


def written() -> str:
    """The document of the API with the settings that hold where params.yaml says nothing: it opens no file."""
    store = store_in(_NOWHERE)
    shelf = Shelf(Store(f"sqlite:///{_NOWHERE}", Path(), _NOWHERE, None))
    parts = Parts(
        shelf=shelf,
        collector=Collector(store, CollectorSettings()),
        figures=FiguresHere(store, "UTC"),
        sheets=SheetsHere(Sheets(Material(Project(Path()), shelf))),
        settings=ServingSettings(),
    )
    return json.dumps(document(parts), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def differences() -> str:
    """What the file lacks, as a unified diff; empty where it is up to date."""
    kept = FILE.read_text(encoding="utf-8") if FILE.is_file() else ""
    lines = difflib.unified_diff(
        kept.splitlines(keepends=True), written().splitlines(keepends=True), "docs/openapi.json", "the API"
    )
    return "".join(lines)


def main(words: list[str]) -> int:
    """Write the file, or compare it."""
    if words == ["--check"]:
        found = differences()
        sys.stdout.write(found and f"{found}\nRun `{COMMAND}`.\n")
        return int(bool(found))
    FILE.write_text(written(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
