"""breakout.core once more, slowly and obviously: loops over raw plays, dates instead of month numbers, fractions."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

Play = tuple[datetime, str, str, str]
"""played_at, listener, artist, track."""
Months = dict[date, list[Play]]
"""First day of a month -> the plays in it, for the months that have any."""


def slow_rows(plays: list[Play], settings: Any) -> dict[tuple[str, str, date], dict[str, Any]]:
    """(listener, artist, as_of) -> every feature, the label and label_known_at."""
    rows = {}
    for listener in sorted({play[1] for play in plays}):
        own = by_month([play for play in plays if play[1] == listener])
        for artist in sorted({play[2] for of_month in own.values() for play in of_month}):
            of_artist = by_month([play for of_month in own.values() for play in of_month if play[2] == artist])
            for month in of_artist:
                if is_eligible(own, of_artist, month, settings):
                    as_of = next_month(month) - timedelta(days=1)
                    rows[listener, artist, as_of] = describe(own, of_artist, month, settings)
    return rows


def is_eligible(own: Months, of_artist: Months, month: date, settings: Any) -> bool:
    """The eligibility rule, read from the raw plays of one listener (`own`), and those of the artist among them."""
    beginning, first_heard = min(own), min(of_artist)
    calm = [month, months_on(month, -1), months_on(month, -2)]
    looked_back_on = [months_on(month, -back) for back in range(4)]
    return (
        len(within(of_artist, month)) >= settings.min_plays
        and all(is_complete(own, looked_at) for looked_at in looked_back_on)
        and months_on(beginning, settings.warm_up_months) <= month
        and months_on(first_heard, settings.max_months_known) >= month
        and not any(is_core(own, of_artist, month, settings) for month in calm)
    )


def describe(own: Months, of_artist: Months, month: date, settings: Any) -> dict[str, Any]:
    """Features and label of the artist-month."""
    end = next_month(month)
    now, everything = within(of_artist, month), within(own, month)
    before = [play for of_month in of_artist.values() for play in of_month if play[0].date() < month]
    lags = [len(within(of_artist, months_on(month, -back))) for back in (1, 2, 3)]
    total_before = len(within(own, months_on(month, -1)))
    titles, known = {play[3] for play in now}, {play[3] for play in before}
    share = quotient(len(now), len(everything))
    future = [months_on(month, ahead) for ahead in range(1, settings.horizon_months + 1)]
    core_later = any(is_core(own, of_artist, later, settings) for later in future)
    return {
        "label_known_at": months_on(month, settings.horizon_months + 1) - timedelta(days=1),
        "label": int(core_later) if all(is_complete(own, later) for later in future) else None,
        "plays_t": len(now),
        "share_t": share,
        "total_monthly_scrobbles": len(everything),
        "months_since_first_seen": count_months(min(of_artist), month),
        "is_first_month": int(not before),
        "active_months_count_before_t": len({first_of(play[0]) for play in before}),
        "cumulative_plays_before_t": len(before),
        "days_active_t": len({play[0].date() for play in now}),
        "plays_per_track_t": quotient(len(now), len(titles)),
        "track_novelty_rate_t": quotient(len(titles - known), len(titles)),
        "last_play_gap_days_t": (end - timedelta(days=1) - max(play[0] for play in now).date()).days,
        "plays_t_minus_1": lags[0],
        "plays_prev3_mean": quotient(sum(lags), 3),
        "delta_1m": len(now) - lags[0],
        "delta_1m_pct": quotient(len(now) - lags[0], lags[0]),
        "ratio_to_prev3": quotient(3 * len(now), sum(lags)),
        "trend_slope_3m": slope([lags[1], lags[0], len(now)]),
        "share_delta_1m": share - (quotient(lags[0], total_before) or 0.0),
        "prev_month_plays_was_zero": int(lags[0] == 0),
    }


def is_core(own: Months, of_artist: Months, month: date, settings: Any) -> bool:
    """Whether the artist is core in the month."""
    plays, total = len(within(of_artist, month)), len(within(own, month))
    share = Fraction(str(settings.core_share))
    return plays >= settings.core_plays or (total > 0 and Fraction(plays, total) >= share)


def is_complete(own: Months, month: date) -> bool:
    """Whether the listener has plays before and after the month."""
    return min(own) < month < max(own)


def by_month(plays: list[Play]) -> Months:
    """The plays of each month that has any."""
    months: Months = {}
    for play in plays:
        months.setdefault(first_of(play[0]), []).append(play)
    return months


def within(months: Months, month: date) -> list[Play]:
    """The plays that lie in the month."""
    return months.get(month, [])


def first_of(moment: datetime) -> date:
    """The first day of the month of a moment."""
    return date(moment.year, moment.month, 1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def months_on(month: date, count: int) -> date:
    """The first day of the month `count` months on (or back)."""
    for _ in range(abs(count)):
        month = next_month(month) if count > 0 else (month - timedelta(days=1)).replace(day=1)
    return month


def count_months(first: date, last: date) -> int:
    """Steps from one first of a month to another."""
    return sum(1 for _ in _steps(first, last))


def _steps(first: date, last: date) -> Iterator[date]:
    while first < last:
        first = next_month(first)
        yield first


def quotient(top: int, bottom: int) -> float | None:
    """The float nearest to the fraction; None where there is none."""
    return float(Fraction(top, bottom)) if bottom else None


def slope(values: list[int]) -> float:
    """Slope of the least-squares line through values at 0, 1, 2, ..., from its textbook formula."""
    count = len(values)
    middle, mean = Fraction(count - 1, 2), Fraction(sum(values), count)
    top = sum((place - middle) * (value - mean) for place, value in enumerate(values))
    return float(top / sum((place - middle) ** 2 for place in range(count)))
