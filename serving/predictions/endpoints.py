"""The predictions over HTTP: /oneweek, /threeweek, /hit and /breakout."""

from collections.abc import Mapping

from features.registry import find_target
from features.streams import ONE_WEEK, THREE_WEEK
from refrain.settings import ServingSettings
from serving.predictions import breakout, examples, hits, streams
from serving.predictions.faults import unfit, unknown
from serving.predictions.fields.breakout import BREAKOUT_FIELDS
from serving.predictions.fields.hits import HIT_FIELDS
from serving.predictions.fields.kinds import Field, RecordFields
from serving.predictions.fields.streams import ONE_WEEK_FIELDS, THREE_WEEK_FIELDS
from serving.predictions.predicting import Predicting
from serving.predictions.records import RecordReader
from serving.predictions.schemas import answer_schema, body_schema, flag_parameter
from serving.predictions.windows import Windows
from serving.web.endpoint import Call, Endpoint, Reply
from tasks.champions.shelf import Shelf
from tasks.collected.outcome import Refusal
from tasks.prediction_log.log import PredictionLog

_TAG = "predictions"
_FAMILIES, _CONTRIBUTIONS = "families", "contributions"
_PARAMETERS = {
    _FAMILIES: flag_parameter(_FAMILIES, "false leaves out what each family says, which takes most of the time."),
    _CONTRIBUTIONS: flag_parameter(
        _CONTRIBUTIONS, "false leaves out what each feature adds, which takes most of the time and of the answer."
    ),
}
_PROBLEMS = {
    422: "A record cannot be answered: each fault with its field, and the place of its record as `line`.",
    503: "No model is served now, or it gives no answer.",
}


def prediction_endpoints(shelf: Shelf, settings: ServingSettings, log: PredictionLog | None = None) -> list[Endpoint]:
    """What answers with single predictions, from what `shelf` holds when it is asked."""
    return [
        _one_week(shelf, settings, log),
        _three_week(shelf, settings, log),
        _hit(shelf, settings, log),
        _breakout(shelf, settings, log),
    ]


def _reader(target: str, fields: RecordFields, options: Mapping[str, Field] | None = None) -> RecordReader:
    return RecordReader(find_target(target), fields, options)


def _flags(query: Mapping[str, str], *names: str) -> list[bool]:
    """The named parameters of a query, true where not given. Raises ProblemError (422) for any other."""
    faults = [unknown(name, names, None) for name in query if name not in names]
    faults += [
        Refusal(name, "is neither true nor false", "Write true or false.")
        for name in names
        if query.get(name, "true") not in ("true", "false")
    ]
    if faults:
        raise unfit(faults)
    return [query.get(name, "true") == "true" for name in names]


def _one_week(shelf: Shelf, settings: ServingSettings, log: PredictionLog | None) -> Endpoint:
    predicting = Predicting(shelf, "streams.one_week", log)
    reader, windows = _reader("streams.one_week", ONE_WEEK_FIELDS), Windows(ONE_WEEK.days)
    wordings = {families: streams.OneWeek(families) for families in (True, False)}

    async def answer(call: Call) -> Reply:
        (families,) = _flags(call.query, _FAMILIES)
        records = reader.read(call.body, settings.max_records)
        windows.check(records, predicting.panel().loaded)
        shares = await predicting.ask(records.rows, families=families)
        return await predicting.reply(call, records, shares, wordings[families])

    return Endpoint(
        "POST",
        "/oneweek/predict",
        "How often tracks will be streamed in the next 7 days",
        answer,
        _TAG,
        body=body_schema(ONE_WEEK_FIELDS, settings.max_records),
        parameters=[_PARAMETERS[_FAMILIES]],
        answers=answer_schema(streams.ONE_WEEK_ROW, {}, streams.ONE_WEEK_OPTIONAL),
        example=examples.ONE_WEEK,
        problems=_PROBLEMS,
    )


def _three_week(shelf: Shelf, settings: ServingSettings, log: PredictionLog | None) -> Endpoint:
    predicting = Predicting(shelf, "streams.three_week", log)
    reader, windows = _reader("streams.three_week", THREE_WEEK_FIELDS), Windows(THREE_WEEK.days)
    wording = streams.ThreeWeek()

    async def answer(call: Call) -> Reply:
        _flags(call.query)
        records = reader.read(call.body, settings.max_records)
        windows.check(records, predicting.panel().loaded)
        shares = await predicting.ask(records.rows)
        return await predicting.reply(call, records, shares, wording)

    return Endpoint(
        "POST",
        "/threeweek/predict",
        "How often tracks will be streamed on days 15 to 21 from as_of",
        answer,
        _TAG,
        body=body_schema(THREE_WEEK_FIELDS, settings.max_records),
        answers=answer_schema(streams.THREE_WEEK_ROW, {}, streams.THREE_WEEK_OPTIONAL),
        example=examples.THREE_WEEK,
        problems=_PROBLEMS,
    )


def _hit(shelf: Shelf, settings: ServingSettings, log: PredictionLog | None) -> Endpoint:
    predicting, reader = Predicting(shelf, "hits.hit", log), _reader("hits.hit", HIT_FIELDS)
    both = (True, False)
    wordings = {(some, others): hits.Hit(some, others) for some in both for others in both}

    async def answer(call: Call) -> Reply:
        families, contributions = _flags(call.query, _FAMILIES, _CONTRIBUTIONS)
        records = reader.read(call.body, settings.max_records)
        shares = await predicting.ask(records.rows, families=families, drivers=contributions)
        return await predicting.reply(call, records, shares, wordings[families, contributions])

    return Endpoint(
        "POST",
        "/hit/predict",
        "Whether tracks will be hits, on the day they come out",
        answer,
        _TAG,
        body=body_schema(HIT_FIELDS, settings.max_records),
        parameters=[_PARAMETERS[_FAMILIES], _PARAMETERS[_CONTRIBUTIONS]],
        answers=answer_schema(hits.ROW, hits.HEAD, hits.OPTIONAL),
        example=examples.HIT,
        problems=_PROBLEMS,
    )


def _breakout(shelf: Shelf, settings: ServingSettings, log: PredictionLog | None) -> Endpoint:
    predicting = Predicting(shelf, "breakout.core", log)
    reader = _reader("breakout.core", BREAKOUT_FIELDS, breakout.OPTIONS)
    wording = breakout.Breakout()

    async def answer(call: Call) -> Reply:
        _flags(call.query)
        records = reader.read(call.body, settings.max_records)
        shares = await predicting.ask(records.rows)
        return await predicting.reply(call, records, shares, wording)

    return Endpoint(
        "POST",
        "/breakout/predict",
        "Whether artists that are new to a listener will become core artists of theirs in the next two months",
        answer,
        _TAG,
        body=body_schema(BREAKOUT_FIELDS, settings.max_records, breakout.OPTIONS),
        answers=answer_schema(breakout.ROW, breakout.HEAD, breakout.OPTIONAL),
        example=examples.BREAKOUT,
        problems=_PROBLEMS,
    )
