"""The least that can answer with the same models: a bare ASGI application, the yardstick of `refrain serve`.

`python -m benchmarks.bare_serving --project FOLDER --port N` runs it in the server of `refrain serve`, with the same
settings. It parses the same bodies, asks the same loaded models (requests that arrive in one turn of the event loop
together), and writes the same fields. It checks nothing of what it is sent, keeps no log and no figures, and knows
no keys, limits or request ids.
"""

import argparse
import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import uvicorn

from features.target import Kind
from models.compiled.rows import Rows
from models.contributions import Contributions
from refrain.project import find_project
from tasks.champions.loaded import LoadedModel, LoadedTarget, columns_of
from tasks.champions.shelf import Shelf
from tasks.kinds.kind import Answers
from tasks.tracking import open_store

Record = Mapping[str, Any]
Answering = Callable[[LoadedTarget, Sequence[Record], bool], list[dict[str, Any]]]
"""The answers to some records; the last argument: with what each family says and what drives the scores."""
_PATHS = {"/oneweek/predict": "streams.one_week", "/hit/predict": "hits.hit", "/breakout/predict": "breakout.core"}
_HEADERS = (b"content-type", b"application/json")
_MOST_IN_ONE_CALL = 512


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    chosen = parser.parse_args()
    shelf = Shelf(open_store(find_project(chosen.project)), _PATHS.values())
    shelf.refresh()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    config = uvicorn.Config(
        Bare(shelf),
        port=chosen.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run()


class Bare:
    """The application."""

    def __init__(self, shelf: Shelf) -> None:
        self._turns = {
            (path, full): _Turn(_answering(shelf, target, full))
            for path, target in _PATHS.items()
            for full in (False, True)
        }

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        said = await self._said(scope, body) if body else b"{}"
        headers = [_HEADERS, (b"content-length", b"%d" % len(said))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": said})

    async def _said(self, scope: Any, body: bytes) -> bytes:
        turn = self._turns[scope["path"], b"=false" not in scope["query_string"]]
        given = orjson.loads(body)
        many = given if isinstance(given, list) else given.get("records")
        if many is None:
            return orjson.dumps(await turn.answer(given))
        answers: list[dict[str, Any]] = []
        for first in range(0, len(many), _MOST_IN_ONE_CALL):
            answers += turn.ask(many[first : first + _MOST_IN_ONE_CALL])
        model = answers[0]["model"]
        for answer in answers:
            del answer["model"]
        return orjson.dumps({"model": model, "predictions": answers})


class _Turn:
    """Requests that arrive in one turn of the event loop are answered together."""

    def __init__(self, ask: Callable[[Sequence[Record]], list[dict[str, Any]]]) -> None:
        self.ask = ask
        self._waiting: list[tuple[Record, asyncio.Future[dict[str, Any]]]] = []

    async def answer(self, record: Record) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_soon(self._answer)
        future: asyncio.Future[dict[str, Any]] = loop.create_future()
        self._waiting.append((record, future))
        return await future

    def _answer(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            answers = self.ask([record for record, _ in waiting])
        except Exception as error:
            for _, future in waiting:  # which would wait for ever
                future.set_exception(error)
            return
        for (_, future), said in zip(waiting, answers, strict=True):
            future.set_result(said)


def _answering(shelf: Shelf, target: str, full: bool) -> Callable[[Sequence[Record]], list[dict[str, Any]]]:
    answers = {"streams.one_week": _week, "hits.hit": _hit, "breakout.core": _breakout}[target]
    model = _model_of(shelf.of(target).champion)
    optional = frozenset(shelf.of(target).champion.target.features) - {*shelf.of(target).champion.target.required}

    def ask(records: Sequence[Record]) -> list[dict[str, Any]]:
        said = answers(shelf.of(target), records, full)
        for answer, record in zip(said, records, strict=True):
            answer["imputed"] = list(optional - record.keys())
            answer["warnings"] = []
            answer["model"] = model
        return said

    return ask


def _model_of(champion: LoadedModel) -> dict[str, Any]:
    return champion.served.model_dump(mode="json")


def _week(of: LoadedTarget, records: Sequence[Record], full: bool) -> list[dict[str, Any]]:
    rows = _rows(of, records)
    said = of.champion.answers(rows)
    answers: list[dict[str, Any]] = [
        {"prediction": amount, "interval_80": (low_80, high_80), "interval_95": (low_95, high_95)}
        for amount, low_80, high_80, low_95, high_95 in said.tolist()
    ]
    if full:
        for answer, family in zip(answers, _families(of, rows, said), strict=True):
            answer |= {"lr_preds": family["ridge"], "rfr_preds": family["forest"], "families": family}
    return answers


def _hit(of: LoadedTarget, records: Sequence[Record], full: bool) -> list[dict[str, Any]]:
    rows, learned = _rows(of, records), of.champion.learned
    said = of.champion.answers(rows)
    base_rate = None if learned is None else learned.mean_label
    answers: list[dict[str, Any]] = [{"base_rate": base_rate, "probability": chance} for chance in said.tolist()]
    if full:
        found = of.champion.contributions(rows)
        for place, (answer, family) in enumerate(zip(answers, _families(of, rows, said), strict=True)):
            answer["families"] = family
            answer["contributions"] = _drivers(found, place, records[place])
            answer["contributions_base"] = float(found.base[place])
            answer["contributions_scale"] = found.scale
    return answers


def _drivers(found: Contributions, place: int, record: Record) -> list[dict[str, Any]]:
    effects = found.values[place].tolist()
    order = sorted((one for one, effect in enumerate(effects) if effect), key=lambda one: -abs(effects[one]))
    names = found.features
    return [{"feature": names[one], "value": record.get(names[one]), "effect": effects[one]} for one in order]


def _breakout(of: LoadedTarget, records: Sequence[Record], full: bool) -> list[dict[str, Any]]:
    threshold = of.champion.threshold or 0.5
    said = of.champion.answers(_rows(of, records)).tolist()
    return [
        {
            "artist_name": record.get("artist_name"),
            "month": record.get("month"),
            "probability": probability,
            "is_breakout": probability >= threshold,
            "threshold": threshold,
        }
        for record, probability in zip(records, said, strict=True)
    ]


def _families(of: LoadedTarget, rows: Rows, said: Answers) -> list[dict[str, float]]:
    one = slice(None) if of.champion.target.kind is Kind.CHANCE else (slice(None), 0)
    found = {
        name: (said if model is of.champion else model.answers(rows))[one].tolist()
        for name, model in of.families.items()
    }
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def _rows(of: LoadedTarget, records: Sequence[Record]) -> Rows:
    columns = columns_of(of.champion.target)
    numbers = np.array([[record.get(name) for name in columns.numeric] for record in records], dtype=np.float64)
    words = {name: [record.get(name, "") for record in records] for name in (*columns.categorical, *columns.text)}
    return Rows(columns, numbers, words)


if __name__ == "__main__":
    main()
