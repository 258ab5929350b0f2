"""The sheet `stream_forecasts`: each track's week ahead and third week, from the end of the newest streaming week."""

from datetime import date, timedelta

import polars as pl

from features.streams import LAST_WEEK
from features.target import AS_OF
from models.compiled.rows import Rows
from models.intervals import ANSWER
from refrain.datasets import TRACKS
from refrain.stream_weeks import AGE, WEEK
from tasks.champions.loaded import LoadedModel, LoadedTarget, ServedModel, columns_of
from tasks.records import Estimate
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Column, Kind, Made, Part, Sheet, columns

NEXT, THIRD = "streams.one_week", "streams.three_week"
_WEEKS = {"week": ("the next 7 days", 1), "third": ("days 15 to 21", 3)}
"""What a week's columns begin with -> what it is called, and how many weeks ahead it ends."""
_KNOWN = ("track_id", AS_OF, AGE, "days_known", "last_7")


def make(material: Material, part: Part) -> Made:
    """A row for each track that has a row on the newest as_of of streams.one_week.

    These are the rows that its snapshot keeps for scoring: what they hold was known at the end of as_of. The third
    week is empty where nothing is served for it, or where its snapshot ends on another day.
    """
    del part
    newest = _newest(material, NEXT)
    as_of: date = newest[AS_OF][0]
    served = material.served(NEXT)
    known = _known(newest)
    rows = known.join(_said(served, newest, known, "week"), on="track_id")
    third, models, why = _third_week(material, as_of, known)
    rows = rows.join(third, on="track_id", how="left") if third is not None else rows
    notes = (_about(as_of), *_measured(material, NEXT, "week"), *(why or _measured(material, THIRD, "third")))
    return Made(_named(material, rows), notes, (served.champion.served, *models))


def _newest(material: Material, target: str) -> pl.DataFrame:
    return material.snapshot(target).filter(pl.col(AS_OF) == pl.col(AS_OF).max()).sort("track_id").collect()


def _known(newest: pl.DataFrame) -> pl.DataFrame:
    """What is known of each track: _KNOWN. `last_7` is null unless all 7 days are known."""
    days_known = pl.sum_horizontal(pl.col(day).is_not_null().cast(pl.Int64) for day in LAST_WEEK)
    total = pl.sum_horizontal(pl.col(day).cast(pl.Float64) for day in LAST_WEEK)
    known = newest.with_columns(days_known.alias("days_known"))
    return known.with_columns(pl.when(pl.col("days_known") == WEEK).then(total).alias("last_7")).select(_KNOWN)


def _third_week(
    material: Material, as_of: date, known: pl.DataFrame
) -> tuple[pl.DataFrame | None, tuple[ServedModel, ...], tuple[str, ...]]:
    """What is said of the third week and by whom; otherwise none, and why."""
    try:
        served, newest = material.served(THIRD), _newest(material, THIRD)
    except NotYetError as error:
        return None, (), (f"Nothing is said of the third week: {error}",)
    ends: date = newest[AS_OF][0]
    if ends != as_of:
        return None, (), (f"Nothing is said of the third week: what is known for it ends on {_day(ends)}.",)
    return _said(served, newest, known, "third"), (served.champion.served,), ()


def _said(served: LoadedTarget, newest: pl.DataFrame, known: pl.DataFrame, week: str) -> pl.DataFrame:
    """What champion and baseline say of the rows of `newest`, and how far that is from the last 7 days."""
    rows = Rows.of_frame(newest.to_pandas(), columns_of(served.champion.target))
    answers = served.champion.answers(rows)
    names = (f"{week}_expected", *(f"{week}_{bound}" for bound in ANSWER[1:]))
    said = newest.select("track_id").with_columns(
        *(pl.Series(name, answers[:, place]) for place, name in enumerate(names)),
        pl.Series(f"{week}_baseline", _amounts(served.baseline, rows), dtype=pl.Float64),
    )
    expected, last = pl.col(f"{week}_expected"), pl.col("last_7")
    said = said.join(known.select("track_id", "last_7"), on="track_id", how="left")
    return said.with_columns(
        (expected - last).alias(f"{week}_difference"),
        pl.when(last > 0).then(expected / last - 1).alias(f"{week}_change"),
    ).drop("last_7")


def _amounts(model: LoadedModel | None, rows: Rows) -> list[float] | list[None]:
    return [None] * len(rows) if model is None else model.answers(rows)[:, 0].tolist()


def _named(material: Material, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with title and artist, where the tracks are known."""
    try:
        tracks = material.dataset(TRACKS.name)
    except NotYetError:
        return rows
    names = tracks.select("track_id", "title", "artist").collect().unique("track_id", keep="first", maintain_order=True)
    return rows.join(names, on="track_id", how="left")


def _about(as_of: date) -> str:
    week, third = (_span(as_of, weeks) for _, weeks in _WEEKS.values())
    return (
        f"As of the end of {_day(as_of)}, the last day of the newest streaming week that the record reaches: nothing "
        f"later is used. The next 7 days are {week}; days 15 to 21 are {third}."
    )


def _measured(material: Material, target: str, week: str) -> tuple[str, ...]:
    """How well the champion did on the test window, where the training that it came from is the last one here."""
    try:
        record, served = material.record(target), material.served(target).champion.served
        if not material.is_of_champion(target):
            return ()
        metrics, bar = record.candidate(served.name).metrics, record.candidate(record.best_baseline).metrics
    except (NotYetError, KeyError):
        return ()
    window = f"{_day(record.test.first_as_of)} to {_day(record.test.last_as_of)}"
    return (
        f"How sure, for {_WEEKS[week][0]}: on the test weeks ({window}) it was off by {_share(metrics['wape'])} of all "
        f"streams, the baseline “{record.best_baseline}” by {_share(bar['wape'])}. What came lay in the 80 % interval "
        f"{_times(metrics['coverage_80'])} times of 100, and in that of 95 % {_times(metrics['coverage_95'])} times.",
    )


def _share(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} % [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


def _times(share: Estimate) -> str:
    return f"{100 * share.value:.0f}"


def _span(as_of: date, weeks: int) -> str:
    last = as_of + timedelta(days=WEEK * weeks)
    return f"{_day(last - timedelta(days=WEEK - 1))} to {_day(last)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _columns_of(week: str) -> tuple[Column, ...]:
    called = _WEEKS[week][0]
    bounds = (
        (f"{week}_{end}_{level}", Kind.NUMBER, f"{'Lower' if end == 'low' else 'Upper'} end of its {level} % interval")
        for level in (80, 95)
        for end in ("low", "high")
    )
    return columns(
        (f"{week}_expected", Kind.NUMBER, f"Streams in {called}, says the champion", "streams"),
        *((name, kind, meaning, "streams") for name, kind, meaning in bounds),
        (f"{week}_baseline", Kind.NUMBER, f"Streams in {called}, says the best baseline", "streams"),
        (f"{week}_difference", Kind.NUMBER, f"Expected in {called} less the last 7 days", "streams"),
        (f"{week}_change", Kind.NUMBER, f"Expected in {called} over the last 7 days, less 1"),
    )


SHEETS = (
    Sheet(
        "stream_forecasts",
        "Each track's streams expected in the next 7 days and on days 15 to 21",
        (
            *columns(
                ("track_id", Kind.TEXT, "The track"),
                ("title", Kind.TEXT, "Its title"),
                ("artist", Kind.TEXT, "Its artist"),
                (AS_OF, Kind.DATE, "The last day that is used"),
                (AGE, Kind.WHOLE, "From the release to as_of; empty where that is not known to the day", "days"),
                ("days_known", Kind.WHOLE, "Of the last 7 days, those with a count", "days"),
                ("last_7", Kind.NUMBER, "Streams of the last 7 days; empty unless all are known", "streams"),
            ),
            *_columns_of("week"),
            *_columns_of("third"),
        ),
        make,
        datasets=(TRACKS.name,),
        targets=(NEXT, THIRD),
        search=("title", "artist", "track_id"),
        order="-week_change",
    ),
)
