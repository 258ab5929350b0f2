"""Who makes the sheets that are asked for: this process, or one beside it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from refrain.errors import ModelError, RefrainError
from serving.beside.beside import Beside
from serving.sheets.writing import written
from tasks.database.address import Address
from tasks.sheets.asking import Asked, Sheets
from tasks.sheets.faults import AskedWrongError, SheetError
from tasks.sheets.registry import find_sheet

_MODULE = "serving.sheets.answering"
_FAULTS = (SheetError, AskedWrongError, ModelError)
_SECONDS_TO_MAKE = 300.0
"""After which the process beside is ended. Longer than anybody waits: what is made by then is there for the next."""


class SheetMaker(Protocol):
    """Gives rows of sheets, as JSON."""

    def ask(self, name: str, asked: Asked) -> str:
        """The rows, as serving.sheets.writing writes them. Raises AskedWrongError, SheetError or ModelError."""

    def close(self) -> None:
        """Let go of everything."""


class SheetsHere:
    """Makes them in the thread that asks."""

    def __init__(self, sheets: Sheets) -> None:
        self._sheets = sheets

    def ask(self, name: str, asked: Asked) -> str:  # noqa: D102 - as in the protocol
        try:
            return written(self._sheets.find(find_sheet(name), asked))
        except _FAULTS:
            raise
        except RefrainError as error:
            # A file that is not what it should be: which one, but not where on this machine.
            folder = f"{self._sheets.material.project.root}/"
            raise SheetError(error.message.replace(folder, ""), hint=error.hint.replace(folder, "")) from error

    def close(self) -> None:  # noqa: D102
        pass


class SheetsBeside:
    """Makes them in a process beside, started when it is first asked for, and again where it has ended."""

    def __init__(self, project: Path, events: Address, seconds_to_make: float = _SECONDS_TO_MAKE) -> None:
        told = {"project": str(project), "events": events.url.render_as_string(hide_password=False)}
        self._beside = Beside(_MODULE, told, seconds_to_make, _FAULTS)

    def ask(self, name: str, asked: Asked) -> str:  # noqa: D102 - as in the protocol
        return self._beside.ask(name, asdict(asked))

    def close(self) -> None:  # noqa: D102
        self._beside.close()


def asked_of(given: Mapping[str, Any]) -> Asked:
    """What came through the pipe."""
    return Asked(**given)
