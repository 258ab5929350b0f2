"""POST /catalogue/forecast: what some tracks will stream in each of the next months, and what that is worth."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from features.catalogue import CatalogueSettings
from refrain.errors import ModelError
from refrain.settings import ServingSettings
from serving.catalogue.answer import written
from serving.catalogue.body import HINTS, read_body
from serving.catalogue.described import EXAMPLE_ANSWER, answer_schema, body_schema
from serving.catalogue.forecasting import answered
from serving.catalogue.kept import Logged, logged
from serving.collector.clock import Clock, system_clock
from serving.predictions.faults import unfit
from serving.web.endpoint import Call, Endpoint, Predicted, Reply
from serving.web.problems import unavailable
from tasks.champions.loaded import LoadedModel
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal
from tasks.forecasting.forecaster import TARGET, Forecaster
from tasks.prediction_log.log import PredictionLog

PATH = "/catalogue/forecast"
_AT_ONCE = 2
"""Requests that are worked on; others wait. Each holds its body and its answer some times over."""


@dataclass(frozen=True)
class _Served:
    """A champion, and what asks it. Boosted trees fail when two threads ask the same ones: it copies them."""

    model: LoadedModel
    forecaster: Forecaster


class _Forecasting:
    """Answers bodies with the champion of the moment, in threads of its own."""

    def __init__(self, shelf: Shelf, settings: ServingSettings, snapshot: CatalogueSettings, clock: Clock) -> None:
        self._shelf, self._settings, self._snapshot, self._clock = shelf, settings, snapshot, clock
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="catalogue")
        self._served: _Served | None = None

    async def reply(self, body: bytes) -> tuple[Reply, LoadedModel, Logged | None]:
        """The answer, who gave it, and what there is to log.

        Raises ProblemError: 422 for a body that cannot be answered, 503 without a champion or in time.
        """
        served, today = self._champion(), self._clock().date()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.seconds_to_answer):
                reply, kept = await loop.run_in_executor(self._threads, self._work, body, served, today)
        except TimeoutError:
            raise unavailable("There was no forecast in time. Send fewer tracks at once.", 5) from None
        return reply, served.model, kept

    def _champion(self) -> _Served:
        try:
            model = self._shelf.of(TARGET).champion
        except ModelError:
            raise unavailable(f"No model of {TARGET} is served now.", 5) from None
        if self._served is None or self._served.model is not model:
            asked = Forecaster(model.model, self._snapshot, name=model.version.name, version=model.version.version)
            self._served = _Served(model, asked)
        return self._served

    def _work(self, body: bytes, served: _Served, today: date) -> tuple[Reply, Logged | None]:
        """One request from its bytes to the bytes of its answer."""
        asked = read_body(body, self._settings.max_tracks, self._settings.max_days)
        found = answered(asked, served.forecaster, today)
        if asked.alone and not len(found.forecasts):
            (reason,) = found.forecasts.skipped
            raise unfit([Refusal("daily", f"tells too little to forecast from: {reason}", HINTS["daily"])])
        text, imputed, warned = written(
            asked, found, served.forecaster.steps, served.model.served, served.model.learned
        )
        predicted = Predicted(TARGET, served.model.served.version, len(found.forecasts), imputed, warned)
        return Reply(text, predicted=(predicted,)), logged(found.forecasts)


def catalogue_endpoints(
    shelf: Shelf,
    settings: ServingSettings,
    snapshot: CatalogueSettings | None = None,
    log: PredictionLog | None = None,
    clock: Clock = system_clock,
) -> list[Endpoint]:
    """What answers about catalogues. `snapshot`: the settings that catalogue.decay's snapshot is taken with."""
    forecasting = _Forecasting(shelf, settings, snapshot or CatalogueSettings(), clock)

    async def forecast(call: Call) -> Reply:
        reply, model, kept = await forecasting.reply(call.body)
        if log is not None and kept is not None:
            log.offer(call.request_id, model.served, *kept)
        return reply

    return [
        Endpoint(
            "POST",
            PATH,
            "Streams of each of the next months of some tracks, with intervals, and what they are worth",
            forecast,
            "catalogue",
            body=body_schema(settings.max_tracks, settings.max_days),
            answers=answer_schema(),
            example=EXAMPLE_ANSWER,
            problems={
                422: "A track or an option cannot be taken: each fault with its track and field.",
                503: "No model is served, or there was no forecast in time.",
            },
        )
    ]
