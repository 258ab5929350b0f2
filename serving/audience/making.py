"""Having the audience's figures made, one after another, and what goes wrong said as problem details."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from refrain.errors import ModelError
from serving.audience.figures import Figures
from serving.audience.parameters import AT_HINT
from serving.predictions.faults import unfit
from serving.web.problems import ProblemError, unavailable
from tasks.audience.faults import BeforeTheDataError, NoAudienceError
from tasks.champions.loaded import LoadedTarget
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal
from tasks.collected.store import EventStoreError


class Making:
    """Asks for figures. Belongs to one event loop."""

    def __init__(self, figures: Figures, seconds_to_answer: float) -> None:
        self._figures, self._seconds = figures, seconds_to_answer
        # One is made at a time: the others wait here and hold up no other thread.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audience")

    async def ask(self, question: str, **given: Any) -> bytes:
        """The answer as JSON. Raises ProblemError: 422 where `at` is too early, 503 where there is no answer."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                said = await loop.run_in_executor(self._thread, lambda: self._figures.ask(question, **given))
        except TimeoutError:
            raise unavailable("The figures are not there in time. They are being made.", 10) from None
        except BeforeTheDataError as error:
            raise unfit([Refusal("at", "lies before the data", f"{error.hint} {AT_HINT}")]) from None
        except NoAudienceError as error:
            raise unavailable(str(error), 60) from None
        except ModelError as error:
            raise unavailable(str(error), 5) from None
        except EventStoreError:
            raise unavailable("The store, or the process beside, does not answer.", 5) from None
        return said.encode()


def served(shelf: Shelf, target: str) -> LoadedTarget:
    """What is served of a target. Raises ProblemError (503)."""
    try:
        return shelf.of(target)
    except ModelError as error:
        raise unavailable(str(error), 5) from None


def served_or_none(shelf: Shelf, target: str) -> LoadedTarget | None:
    """What is served of a target, if anything."""
    try:
        return served(shelf, target)
    except ProblemError:
        return None
