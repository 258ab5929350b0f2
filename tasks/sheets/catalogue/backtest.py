"""The sheets `catalogue_backtest` and `catalogue_last_year`: how well earlier forecasts came true."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import polars as pl

from refrain.datasets import TRACKS
from tasks.forecasting.forecaster import TARGET
from tasks.records import EvaluationRecord
from tasks.sheets.catalogue.now import ARTIST, CATALOGUE, TRACK
from tasks.sheets.catalogue.tested import Measured, SummedUp, summed_up
from tasks.sheets.catalogue.words import in_words
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

_BASELINES = {"flat": "flat", "classic decay": "classic"}
"""Candidate -> the column that it is shown in."""


def make(material: Material, part: Part) -> Made:
    """A row for each scope, candidate and month ahead, and one for all months together."""
    del part
    record = material.record(TARGET)
    rows = pl.DataFrame(
        [
            *_of_tracks(material),
            *_of_sums(summed_up(material, ARTIST), ARTIST),
            *_of_sums(summed_up(material, CATALOGUE), CATALOGUE),
        ],
        infer_schema_length=None,
    )
    served = _served(material)
    flags = pl.DataFrame(
        {
            "candidate": [each.name for each in record.candidates],
            "is_baseline": [each.is_baseline for each in record.candidates],
            "is_served": [each.name == served for each in record.candidates],
        }
    )
    ordered = rows.join(flags, on="candidate", how="left", maintain_order="left")
    return Made(ordered, (*_notes(record, rows), *_unserved(served)), _models(material))


def _of_tracks(material: Material) -> Iterator[Mapping[str, Any]]:
    """What the report of the last training says of all of its rows."""
    path = material.project.backtest_folder(TARGET) / "backtest.json"
    if not path.is_file():
        raise NotYetError(f"{TARGET} has no backtest here.", hint=f"Run `refrain run {TARGET}`.")
    parts = {part["name"]: part for part in orjson.loads(path.read_bytes())["parts"]}
    for stretch in (parts["all"]["whole"], *parts["all"]["steps"]):
        month = int(stretch["name"]) if stretch["name"].isdigit() else None
        for name, scored in stretch["scores"].items():
            wape = scored["wape"]
            yield {
                "scope": TRACK,
                "months_ahead": month,
                "candidate": name,
                "wape": wape["value"],
                "wape_low": wape["low"],
                "wape_high": wape["high"],
                **{metric: scored[metric] for metric in ("bias", "coverage_80", "coverage_95")},
                "rows": stretch["rows"],
                "amount": stretch["amount"],
            }


def _of_sums(summed: SummedUp, scope: str) -> Iterator[Mapping[str, Any]]:
    for month, measured in summed.measured():
        yield {"scope": scope, "months_ahead": month, **_row(measured)}


def _row(measured: Measured) -> Mapping[str, Any]:
    return {
        "candidate": measured.candidate,
        "wape": measured.wape.value,
        "wape_low": measured.wape.low,
        "wape_high": measured.wape.high,
        "bias": measured.bias,
        "coverage_80": measured.coverage_80,
        "coverage_95": measured.coverage_95,
        "rows": measured.rows,
        "amount": measured.amount,
    }


def make_last_year(material: Material, part: Part) -> Made:
    """What was said of all tracks together, as long ago as a year of months is known since, and what came."""
    del part
    summed = summed_up(material, CATALOGUE)
    served = _served(material) or material.record(TARGET).best_baseline
    rows = summed.of_last_year(served, _BASELINES)
    if rows.is_empty():
        raise NotYetError("No forecast is old enough to have come true.", hint="It takes counts of more months.")
    return Made(rows, (_said_then(served), *_unserved(_served(material))), _models(material))


def _served(material: Material) -> str | None:
    """The name of the candidate that is served now, where it came from the last training here."""
    return material.served(TARGET).champion.served.name if material.is_of_champion(TARGET) else None


def _models(material: Material) -> tuple[Any, ...]:
    return (material.served(TARGET).champion.served,)


def _unserved(served: str | None) -> Iterable[str]:
    if served is None:
        yield "The version that is served comes from another training than these figures."


def _notes(record: EvaluationRecord, rows: pl.DataFrame) -> tuple[str, ...]:
    last, months = record.test, int(rows["months_ahead"].max() or 0)  # type: ignore[arg-type]
    between = f"from {in_words(last.first_as_of)} to {in_words(last.last_as_of)}"
    return (
        f"Forecasts as they would have been made {between}, of up to {months} months ahead, by models that had seen "
        "none of it. The furthest months rest on the earliest forecasts alone.",
        "WAPE is the sum of all errors over the sum of what came. Its 95 % interval resamples tracks, or artists; the "
        "whole catalogue is one, so that there is none.",
    )


def _said_then(served: str) -> str:
    return f"{served} as it was trained then: it had learned nothing from that day on."


_SCORES = (
    ("wape", Kind.NUMBER, "Sum of all errors over the sum of what came: 0 is best", "share"),
    ("wape_low", Kind.NUMBER, "Its 95 % interval: from", "share"),
    ("wape_high", Kind.NUMBER, "Its 95 % interval: to", "share"),
    ("bias", Kind.NUMBER, "Said less came, over what came: above 0 where too much was said", "share"),
    ("coverage_80", Kind.NUMBER, "Share of what came that lies in the 80 % intervals", "share"),
    ("coverage_95", Kind.NUMBER, "Share of what came that lies in the 95 % intervals", "share"),
)
SHEETS = (
    Sheet(
        "catalogue_backtest",
        "How well forecasts of catalogues came true, by how far they looked ahead",
        columns(
            ("scope", Kind.TEXT, "Forecasts of what: of each track, of each artist, or of the whole catalogue"),
            ("months_ahead", Kind.WHOLE, "How far ahead; empty for all months", "months"),
            ("candidate", Kind.TEXT, "Who forecast it: a model, or a rule that anybody could apply"),
            ("is_served", Kind.FLAG, "Whether it is what is served now"),
            ("is_baseline", Kind.FLAG, "Whether it is a rule that models have to beat"),
            *_SCORES,
            ("rows", Kind.WHOLE, "Forecasts that were measured", "forecasts"),
            ("amount", Kind.NUMBER, "What came of them together", "streams"),
        ),
        make,
        datasets=(TRACKS.name,),
        targets=(TARGET,),
    ),
    Sheet(
        "catalogue_last_year",
        "What was forecast of the whole catalogue a year before the last counts, and what came",
        columns(
            ("as_of", Kind.DATE, "When it was said: the last day that the forecast rested on"),
            ("months_ahead", Kind.WHOLE, "Which month after it", "months"),
            ("last_day", Kind.DATE, "Last day of the month"),
            ("came", Kind.NUMBER, "What came", "streams"),
            ("value", Kind.NUMBER, "What was said", "streams"),
            ("low_80", Kind.NUMBER, "Its 80 % interval: from", "streams"),
            ("high_80", Kind.NUMBER, "Its 80 % interval: to", "streams"),
            ("low_95", Kind.NUMBER, "Its 95 % interval: from", "streams"),
            ("high_95", Kind.NUMBER, "Its 95 % interval: to", "streams"),
            ("flat", Kind.NUMBER, "What every month as the last would have been", "streams"),
            ("classic", Kind.NUMBER, "What the classic rule would have said", "streams"),
            ("tracks", Kind.WHOLE, "Tracks whose streams of the month are known", "tracks"),
        ),
        make_last_year,
        datasets=(TRACKS.name,),
        targets=(TARGET,),
    ),
)
