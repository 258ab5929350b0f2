"""What POST /catalogue/forecast takes: from a body's bytes to typed tracks, or to what is wrong with them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, FailFast, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic's own; typing's will do from Python 3.12 on

from models.valuation import OTHER, blended_rate
from serving.predictions.faults import unfit
from serving.web.parsing import reason_of
from tasks.collected.outcome import Refusal
from tasks.forecasting.forecaster import MOST_MONTHS

USUAL_MONTHS, USUAL_DISCOUNT = 24, 0.08
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
MOST_STREAMS = 1_000_000_000_000
_MOST_FAULTS = 10_000
"""Beyond which faults are not written out one by one: that would take the memory of the body many times over."""
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,63}")
_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False)

_Id = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Day = Annotated[date, Field(strict=True, ge=EARLIEST, le=LATEST)]
_Count = Annotated[float, Field(strict=True, ge=0, le=MOST_STREAMS)]
_Rate = Annotated[float, Field(strict=True, ge=0, le=1_000_000)]
_Countries = Annotated[dict[Annotated[str, Field(max_length=100)], _Rate], Field(min_length=1, max_length=300)]

HINTS = {
    "body": 'Send a JSON object: {"tracks": [...], "months": 24}, or one track with its options beside its fields.',
    "tracks": "A list of tracks, each with track_id and daily.",
    "track_id": "Text of 1 to 200 characters, another one for each track.",
    "artist_id": "Text of 1 to 200 characters; null where unknown.",
    "release_date": "A day, as 2024-05-01; the last of its month or year if no more is known; null where unknown.",
    "first_day": "The day of the first entry of daily, as 2024-05-01; release_date where nothing says it.",
    "last_day": "The day of the last entry of daily, as 2024-05-01; not beside first_day.",
    "daily": f"Streams of consecutive days: numbers from 0 to {MOST_STREAMS:.0e}, null for a day that is not known.",
    "mldr": "The artist's monthly-listener decay rate, a number from -10 to 10; null where unknown.",
    "months": f"A whole number from 1 to {MOST_MONTHS}; {USUAL_MONTHS} if left out.",
    "as_of": "The day at whose end the forecast is made, as 2024-05-01; the last day with a count if left out.",
    "rate": "What a stream earns, as 0.003; or give rates and shares instead.",
    "rates": f'What a stream earns by country, as {{"US": 0.004, "{OTHER}": 0.002}}; shares beside it.',
    "shares": f"Streams by country, as weights, one at least above 0; each country with a rate, or one for {OTHER}.",
    "discount": f"A yearly rate above -1, as 0.08 for 8 %; {USUAL_DISCOUNT} if left out.",
}
"""What each field is, for whoever sent something else."""


class _Options(TypedDict):
    months: NotRequired[Annotated[int, Field(strict=True, ge=1, le=MOST_MONTHS)]]
    as_of: NotRequired[_Day | None]
    rate: NotRequired[_Rate | None]
    rates: NotRequired[_Countries | None]
    shares: NotRequired[_Countries | None]
    discount: NotRequired[Annotated[float, Field(strict=True, gt=-1, le=1_000)] | None]


class _Known(TypedDict):
    track_id: _Id
    # The first bad day of a track is enough: there may be as many as the body has bytes.
    daily: Annotated[list[_Count | None], FailFast()]
    release_date: NotRequired[_Day | None]
    first_day: NotRequired[_Day | None]
    last_day: NotRequired[_Day | None]
    mldr: NotRequired[Annotated[float, Field(strict=True, ge=-10, le=10)] | None]
    artist_id: NotRequired[_Id | None]


@with_config(_CONFIG)
class Track(_Known):
    """One of several tracks."""


@with_config(_CONFIG)
class _Many(_Options):
    tracks: list[Track]


@with_config(_CONFIG)
class _One(_Options, _Known):
    """A track with the options beside its own fields."""


_MANY: TypeAdapter[Any] = TypeAdapter(_Many)
_ONE: TypeAdapter[Any] = TypeAdapter(_One)


@dataclass(frozen=True)
class Terms:
    """What a stream earns, and what waiting for it costs a year."""

    rate: float
    discount: float


@dataclass(frozen=True)
class Asked:
    """A body that can be answered."""

    tracks: Sequence[Track]
    alone: bool
    """Whether it was one track by itself."""
    months: int
    as_of: date | None
    terms: Terms | None


def read_body(body: bytes, max_tracks: int, max_days: int) -> Asked:
    """The tracks and options of a body. Raises ProblemError (422), which names every bad field and its track."""
    given, alone = _parsed(body)
    tracks: Sequence[Track] = [given] if alone else given["tracks"]
    faults = [*_faults_of_tracks(tracks, alone, max_tracks, max_days), *_faults_of_terms(given)]
    if faults:
        raise unfit(faults)
    return Asked(tracks, alone, given.get("months", USUAL_MONTHS), given.get("as_of"), _terms(given))


def first_day(track: Track) -> date | None:
    """The day of the first entry of a track's `daily`; None where nothing says it."""
    last = track.get("last_day")
    if last is not None:
        return last - timedelta(days=len(track["daily"]) - 1) if track["daily"] else last
    return track.get("first_day") or track.get("release_date")


def _parsed(body: bytes) -> tuple[Any, bool]:
    """What stands in a body, and whether it is one track by itself."""
    try:
        return _MANY.validate_json(body), False
    except ValidationError as error:
        # Only what has no `tracks` can be a track.
        lacking = any(fault["type"] == "missing" and fault["loc"] == ("tracks",) for fault in _errors(error))
        if not lacking:
            raise unfit(list(_faults(error))) from None
    try:
        return _ONE.validate_json(body), True
    except ValidationError as error:
        raise unfit(list(_faults(error))) from None


def _errors(error: ValidationError) -> list[Any]:
    if error.error_count() > _MOST_FAULTS:
        raise unfit([Refusal("body", f"has {error.error_count():,} faults", HINTS["body"])])
    return error.errors(include_url=False, include_context=False, include_input=False)


def _faults(error: ValidationError) -> Iterator[Refusal]:
    for fault in _errors(error):
        where, name = _place(fault["loc"])
        yield Refusal(where, reason_of(fault["type"], fault["msg"]), HINTS.get(name, ""))


def _place(loc: tuple[int | str, ...]) -> tuple[str, str]:
    """Where a fault lies, as tracks[3].daily[17] (counted from 0), and the name of the field."""
    where, name = "", "body"
    for part in loc:
        if isinstance(part, int):
            where += f"[{part}]"
        elif part in HINTS:
            where, name = f"{where}.{part}" if where else part, part
        else:  # a name that somebody made up may hold anything
            plain = part if _NAME.fullmatch(part) and name not in ("rates", "shares") else "a field"
            return (f"{where}.{plain}" if where else plain), name
    return where or "body", name


def _faults_of_tracks(tracks: Sequence[Track], alone: bool, max_tracks: int, max_days: int) -> Iterator[Refusal]:
    if not tracks:
        yield Refusal("tracks", "is empty", "Send at least one track.")
    if len(tracks) > max_tracks:
        yield Refusal("tracks", f"has more than {max_tracks:,} entries", "Send smaller batches.")
        return
    seen = set()
    for number, track in enumerate(tracks):
        where = "" if alone else f"tracks[{number}]."
        if track["track_id"] in seen:
            yield Refusal(f"{where}track_id", "is the id of an earlier track, too", HINTS["track_id"])
        seen.add(track["track_id"])
        if len(track["daily"]) > max_days:
            yield Refusal(f"{where}daily", f"has more than {max_days:,} entries", "Send the last days only.")
        elif track.get("first_day") is not None and track.get("last_day") is not None:
            yield Refusal(f"{where}last_day", "stands beside first_day", HINTS["last_day"])
        elif track["daily"] and first_day(track) is None:
            yield Refusal(f"{where}first_day", "is missing, and there is no release_date", HINTS["first_day"])


def _faults_of_terms(given: Mapping[str, Any]) -> Iterator[Refusal]:
    rates, shares = given.get("rates"), given.get("shares")
    if rates is not None and given.get("rate") is not None:
        yield Refusal("rates", "stands beside rate", HINTS["rate"])
    elif (rates is None) != (shares is None):
        lacking = "shares" if shares is None else "rates"
        yield Refusal(lacking, "is missing", HINTS[lacking])
    elif rates is not None and shares is not None:
        if not sum(shares.values()) > 0:
            yield Refusal("shares", "add up to nothing", HINTS["shares"])
        elif OTHER not in rates and not shares.keys() <= rates.keys():
            yield Refusal("rates", "lack a country of shares", HINTS["shares"])


def _terms(given: Mapping[str, Any]) -> Terms | None:
    rate, rates = given.get("rate"), given.get("rates")
    if rates is not None:
        rate = blended_rate(rates, given["shares"])
    discount = given.get("discount")
    return None if rate is None else Terms(rate, USUAL_DISCOUNT if discount is None else discount)
