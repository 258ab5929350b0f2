"""The sheet `hours_ahead`: users of each hour of the coming day with intervals, after the hours that came before it."""

from collections.abc import Hashable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from refrain.audience_hours import WEEKS_AGO
from refrain.datasets import EVENTS
from tasks.audience.faults import BeforeTheDataError, NoAudienceError
from tasks.audience.hourly_figures import HourAhead, HourlyFigures, PastHour, hourly_figures
from tasks.audience.known import HOURLY, HoursKnown
from tasks.churn_figures import AskedModel
from tasks.sheets.audience.now import audiences_of
from tasks.sheets.faults import NotYetError
from tasks.sheets.material import Material
from tasks.sheets.sheet import Kind, Made, Part, Sheet, columns

PAST, AHEAD = "past", "ahead"


def make(material: Material, part: Part) -> Made:
    """The seven days up to the end of as_of, and the 24 (23, 25) hours after it."""
    del part
    audiences, served = audiences_of(material), material.served(HOURLY)
    timezone = audiences.settings.hourly.timezone
    try:
        audience = audiences.newest()
        as_of = audience.hourly_as_of(None)
        known = audience.hours(as_of)
    except (NoAudienceError, BeforeTheDataError) as error:
        raise NotYetError(error.message, hint=error.hint) from None
    usual = None if served.baseline is None else AskedModel.of(served.baseline)
    figures = hourly_figures(as_of, known, AskedModel.of(served.champion), usual, timezone)
    weeks_ago = _a_week_ago(known)
    zone = ZoneInfo(timezone)
    rows = [
        *(_past(hour, zone) for hour in figures.past),
        *(_ahead(hour, week_ago, zone) for hour, week_ago in zip(figures.hours, weeks_ago, strict=True)),
    ]
    every = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        as_of=pl.lit(as_of), timezone=pl.lit(timezone), source=pl.lit(audience.source)
    )
    models = (figures.model,) if figures.usual_model is None else (figures.model, figures.usual_model)
    return Made(every, _notes(as_of, timezone, figures), models)


def state(material: Material) -> Hashable:
    """Changes where what is known at the end of the last day does."""
    audiences = audiences_of(material)
    audience = audiences.newest()
    try:
        as_of = audience.hourly_as_of(None)
        return audience.source, as_of, audience.state(as_of, audiences.settings.hourly.timezone)
    except (NoAudienceError, BeforeTheDataError) as error:
        return str(error)


def _a_week_ago(known: HoursKnown) -> list[float | None]:
    users: list[float | None] = pl.from_pandas(known.ahead[WEEKS_AGO[0]].astype("float64")).to_list()
    return users


def _past(hour: PastHour, zone: ZoneInfo) -> dict[str, object]:
    return {**_when(hour.hour, zone), "kind": PAST, "users": hour.users}


def _ahead(hour: HourAhead, week_ago: float | None, zone: ZoneInfo) -> dict[str, object]:
    return {
        **_when(hour.hour, zone),
        "kind": AHEAD,
        "expected": hour.prediction,
        "low_80": hour.interval_80[0],
        "high_80": hour.interval_80[1],
        "low_95": hour.interval_95[0],
        "high_95": hour.interval_95[1],
        "baseline": hour.usual,
        "week_ago": week_ago,
    }


def _when(hour: str, zone: ZoneInfo) -> dict[str, object]:
    moment = datetime.fromisoformat(hour)
    return {"hour": moment, "local": f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"}


def _notes(as_of: date, timezone: str, figures: HourlyFigures) -> tuple[str, ...]:
    whole = (
        f"The model speaks at the end of a day, {as_of.day} {as_of:%B %Y} by the clock of {timezone}, of the "
        f"{len(figures.hours)} hours that follow it. Nothing later was known to it.",
        "Of the last hours before it, sessions that were still running are missing: they are known once they end.",
    )
    unsure = [hour for hour in figures.past if hour.users is None]
    return (*whole, f"Of {len(unsure)} hours before it nobody knows the users.") if unsure else whole


SHEETS = (
    Sheet(
        "hours_ahead",
        "Users of each hour of the day that follows the last one known, and of the seven days before",
        columns(
            ("hour", Kind.MOMENT, "The first moment of the hour"),
            ("local", Kind.TEXT, "The same by the platform's clock"),
            ("timezone", Kind.TEXT, "The platform's time zone"),
            ("kind", Kind.TEXT, f"{PAST} for an hour up to the end of as_of, {AHEAD} for one after it"),
            (
                "users",
                Kind.NUMBER,
                "Of a past hour: users who were active in it, as known at the end of as_of",
                "users",
            ),
            ("expected", Kind.NUMBER, "Of an hour ahead: users whom the champion expects", "users"),
            ("low_80", Kind.NUMBER, "Lower end of its 80 % interval", "users"),
            ("high_80", Kind.NUMBER, "Upper end of its 80 % interval", "users"),
            ("low_95", Kind.NUMBER, "Lower end of its 95 % interval", "users"),
            ("high_95", Kind.NUMBER, "Upper end of its 95 % interval", "users"),
            ("baseline", Kind.NUMBER, "What the best baseline expects", "users"),
            ("week_ago", Kind.NUMBER, "Users of the same local hour seven days before", "users"),
            ("as_of", Kind.DATE, "The last day, by the platform's clock, of which the model knew"),
            ("source", Kind.TEXT, "Whose audience: the event store's, or the datasets'"),
        ),
        make,
        datasets=(EVENTS.name,),
        targets=(HOURLY,),
        state=state,
    ),
)
