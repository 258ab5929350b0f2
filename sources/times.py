"""Points in time as people's files write them, read as UTC to the second."""

import re
from datetime import UTC, date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import polars as pl
from polars.exceptions import PolarsError
from pydantic import AfterValidator

_WITH_OFFSET = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")
_NAIVE = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S")
_EPOCH = r"^-?\d{1,17}(?:\.\d+)?$"
_FIRST_YEAR, _LAST_YEAR = 1000, 9999
_EXAMPLE = datetime(2021, 5, 10, 21, 59, tzinfo=UTC)  # past noon, so that a 12-hour clock without am or pm fails


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
        pl.Series([_EXAMPLE]).dt.convert_time_zone(name)
    except (KeyError, ValueError, OSError, PolarsError):
        raise ValueError(f"{name} is no time zone (UTC and Europe/Berlin are)") from None
    return name


def _date_format(pattern: str) -> str:
    return _reading_back(pattern, pl.Date(), _EXAMPLE.date(), "date, as %d/%m/%Y does")


def _time_format(pattern: str) -> str:
    return _reading_back(pattern, pl.Datetime("us"), _EXAMPLE.replace(tzinfo=None), "time, as %d/%m/%Y %H:%M does")


def _reading_back(pattern: str, kind: pl.Date | pl.Datetime, expected: date, whole: str) -> str:
    """`pattern`, or a ValueError where what strftime writes in it does not read back as the same day or minute."""
    written = pl.Series([_EXAMPLE.strftime(pattern)])
    try:
        found = written.str.strptime(kind, pattern, strict=False)[0]
    except PolarsError:
        found = None
    if isinstance(found, datetime):
        found = found.replace(tzinfo=None)
    if found != expected:
        raise ValueError(f"{pattern} does not say a whole {whole} in strftime's letters")
    return pattern


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""Name of an IANA time zone."""
DateFormat = Annotated[str, AfterValidator(_date_format)]
"""A day in strftime's letters."""
TimeFormat = Annotated[str, AfterValidator(_time_format)]
"""A day and time of day in strftime's letters."""


def read_times(text: pl.Series, timezone: str = "UTC", pattern: str | None = None) -> tuple[pl.Series, bool]:
    """Text as naive UTC timestamps, cut to the second, null where it is not a time; and whether any was naive.

    Understood without a `pattern`: Unix seconds, milliseconds or microseconds (told apart by their size, so that
    milliseconds before 1973-03-03 are taken for seconds), ISO 8601 with an offset or without, and "10 May 2021 09:59"
    (a comma after the year may stand). A time without an offset is taken to be in `timezone`; of an hour that the clock
    shows twice, the first; an hour that the clock skips is null.
    """
    if pattern is not None:
        found = text.str.to_datetime(pattern, time_unit="us", strict=False)
        naive = not (isinstance(found.dtype, pl.Datetime) and found.dtype.time_zone)
        found = _from_zone(found, timezone) if naive else _without_zone(found)
        return _within_years(found), naive and found.null_count() < len(found)
    found, rest = _absolute(text)
    naive_found = pl.Series([None] * len(text), dtype=pl.Datetime("us"))
    for known in _NAIVE:
        if rest.null_count() == len(rest):
            break
        parsed = rest.str.to_datetime(known, time_unit="us", strict=False)
        naive_found = naive_found.fill_null(parsed)
        rest = _still_unread(rest, parsed)
    naive = naive_found.null_count() < len(naive_found)
    return _within_years(found.fill_null(_from_zone(naive_found, timezone)) if naive else found), naive


def looks_like_time(text: str) -> bool:
    """Whether a single cell reads as a time (digits alone count only where they are a plausible Unix time)."""
    cell = text.strip()
    if re.fullmatch(r"\d{1,8}(?:\.\d+)?", cell):
        return cell == "0"
    return read_times(pl.Series([cell], dtype=pl.String))[0].null_count() == 0


def _absolute(text: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Times that need no time zone, and the text of those not read yet, in one spelling."""
    number = text.str.contains(_EPOCH)
    found = _epoch(text.set(~number.fill_null(False), None)) if number.any() else _none_read(len(text))
    rest = _still_unread(text, found)
    if rest.null_count() == len(rest):
        return found, rest
    rest = (
        rest.str.replace(r"^(\d{4}-\d{2}-\d{2})[Tt]", "$1 ")
        .str.replace(r"\s*(?:[Zz]|UTC|GMT)$", "+00:00")
        .str.replace(r"\s+([+-]\d{2}:?\d{2})$", "$1")
        .str.replace(r"^(\d{1,2} [A-Za-z]+ \d{4}),", "$1")
    )
    offset = rest.str.contains(r":\d{2}(?:\.\d+)?[+-]\d{2}(?::?\d{2})?$")
    if offset.any():
        for known in _WITH_OFFSET:
            zoned = rest.set(~offset.fill_null(False), None)
            parsed = _without_zone(zoned.str.to_datetime(known, time_unit="us", strict=False))
            found = found.fill_null(parsed)
            rest = _still_unread(rest, parsed)
    return found, rest


def _epoch(text: pl.Series) -> pl.Series:
    whole = text.str.replace(r"\.\d+$", "").cast(pl.Int64, strict=False)
    size = whole.abs()
    frame = pl.DataFrame({"whole": whole, "size": size})
    per_second = pl.when(pl.col("size") < 10**11).then(1).when(pl.col("size") < 10**14).then(1_000).otherwise(1_000_000)
    seconds = pl.col("whole") // per_second
    return frame.select((seconds * 1_000_000).cast(pl.Datetime("us"))).to_series()


def _none_read(length: int) -> pl.Series:
    return pl.Series([None] * length, dtype=pl.Datetime("us"))


def _still_unread(text: pl.Series, found: pl.Series) -> pl.Series:
    return text.set(found.is_not_null(), None)


def _without_zone(times: pl.Series) -> pl.Series:
    return times.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _from_zone(times: pl.Series, timezone: str) -> pl.Series:
    if timezone == "UTC":
        return times
    return _without_zone(times.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null"))


def _within_years(times: pl.Series) -> pl.Series:
    known = times.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR)
    return times.set(~known.fill_null(False), None).dt.truncate("1s")
