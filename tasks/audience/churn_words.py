"""What a feature of audience.churn says of a user, as a person would put it: "no session for 9 days".

What each feature is: features.churn.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from features.churn_columns import DAYS

_TIMES_FROM = 2.0
"""A ratio from which on "2.4 times" is easier to read than "240 %"."""
_LATELY = " in the last 7 days"
Say = Callable[[float], str]


def in_words(feature: str, row: Mapping[str, Any]) -> str:
    """What it means that the feature has the value it has in a row; None and NaN stand for one that is not known."""
    value = row[feature]
    if feature in _WORDS:
        named = _WORDS[feature]
        return f"{named}: {value}" if isinstance(value, str) and value else f"{named} not known"
    if feature not in _NUMBERS:
        return f"{feature}: {value}"
    named, say = _NUMBERS[feature]
    if value is None or math.isnan(value):
        silent = feature.endswith("_7") and row.get("sessions_7") == 0
        return (
            f"no session in the last 7 days ({named.removesuffix(_LATELY)} not known)"
            if silent
            else f"{named} not known"
        )
    return say(float(value))


def _counted(one: str, many: str, rest: str) -> Say:
    """As "3 sessions in the last 7 days"."""
    return lambda value: f"{_count(value, one, many)} {rest}"


def _count(value: float, one: str, many: str) -> str:
    if value == 0:
        return f"no {one}"
    text = _number(value)
    return f"{text} {one if text == '1' else many}"


def _with(template: str) -> Say:
    """The template with the number in it."""
    return lambda value: template.format(_number(value))


def _share(template: str) -> Say:
    return lambda value: template.format(f"{value:.0%}".replace("%", " %"))


def _ratio(template: str) -> Say:
    """A ratio as a percentage, a large one as a multiple."""
    return lambda value: template.format(
        f"{_number(value)} times" if value >= _TIMES_FROM else f"{value:.0%} of".replace("%", " %")
    )


def _number(value: float) -> str:
    """With the digits that a person reads: 1,240, 12, 4.2, 0.35."""
    size = abs(value)
    digits = 0 if size >= 10 or value == int(value) else 1 if size >= 1 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _since(value: float) -> str:
    if value == 0:
        return "a session on the last day"
    return f"no session for {_days(value)}"


def _days(value: float) -> str:
    return f"{_number(value)} {'day' if value == 1 else 'days'}"


def _silence(value: float) -> str:
    if value == 0:
        return "not silent: a session on the last day"
    return f"silent for {_ratio('{} the usual gap')(value)}"


def _change(value: float) -> str:
    if value == 0:
        return "as much buffering in the last 7 days as before"
    more = "more" if value > 0 else "fewer"
    return f"{_number(abs(value))} {more} bufferings a session in the last 7 days than in the last {DAYS}"


def _mean_buffering(when: str) -> Say:
    return lambda value: f"{_number(value)} bufferings a session {when}" if value else f"no buffering at all {when}"


_SPREAD = "times of day spread {} of 1 (0: always the same hour)"


def _of_window(days: int) -> dict[str, tuple[str, Say]]:
    """Those that there are of the last 7 and of the last 28 days."""
    when = f"in the last {days} days"
    return {
        f"sessions_{days}": (f"sessions {when}", _counted("session", "sessions", when)),
        f"active_days_{days}": (f"active days {when}", _counted("active day", "active days", when)),
        f"watch_minutes_{days}": (
            f"minutes watched {when}",
            lambda value: f"{_count(value, 'minute', 'minutes')} watched {when}",
        ),
        f"mean_minutes_{days}": (f"minutes a session {when}", _counted("minute", "minutes", f"a session {when}")),
        f"decline_{days}": (
            f"pace {when} beside the usual one",
            _ratio("sessions at {} the usual pace " + when),
        ),
        f"median_pauses_{days}": (
            f"pauses {when}",
            lambda value: f"{_count(value, 'pause', 'pauses')} in a usual session {when}",
        ),
        f"median_buffering_{days}": (
            f"buffering {when}",
            lambda value: f"{_count(value, 'buffering', 'bufferings')} in a usual session {when}",
        ),
        f"mean_buffering_{days}": (
            f"mean buffering {when}",
            _mean_buffering(when),
        ),
        f"recommended_{days}": (f"recommendations {when}", _share("{} of the sessions recommended " + when)),
        f"genres_{days}": (f"genres {when}", _counted("genre", "genres", when)),
        f"hour_spread_{days}": (f"times of day {when}", _with(f"{_SPREAD} {when}")),
    }


_NUMBERS: Mapping[str, tuple[str, Say]] = {
    **_of_window(7),
    **_of_window(DAYS),
    "sessions_back_1": ("sessions 7 to 13 days back", _counted("session", "sessions", "7 to 13 days back")),
    "sessions_back_2": ("sessions 14 to 20 days back", _counted("session", "sessions", "14 to 20 days back")),
    "sessions_back_3": ("sessions 21 to 27 days back", _counted("session", "sessions", "21 to 27 days back")),
    "watch_trend": ("trend of the watch time", _ratio("watch time in the last 7 days {} that of the 3 weeks before")),
    "days_since_last": ("days since the last session", _since),
    "mean_gap": (
        "usual gap between active days",
        lambda value: f"usually {_days(value)} between active days",
    ),
    "silence": ("silence beside the usual gap", _silence),
    "longest_gap": ("longest break so far", lambda value: f"longest break so far: {_days(value)}"),
    "rate": ("usual pace", lambda value: f"usually {_count(value, 'session', 'sessions')} a day"),
    "missed": (
        "sessions missed",
        lambda value: f"{_count(value, 'session', 'sessions')} missed by now at the usual pace",
    ),
    "missed_28": (
        "sessions missed lately",
        lambda value: f"{_count(value, 'session', 'sessions')} missed by now at the pace of the last {DAYS} days",
    ),
    "known_days": ("days since the first session", lambda value: f"first session {_days(value)} ago"),
    "buffering_trend": ("trend of buffering", _change),
    "buffering_so_far": (
        "buffering so far",
        _mean_buffering("so far"),
    ),
    f"genre_diversity_{DAYS}": (
        f"variety of genres in the last {DAYS} days",
        _share("two titles of the last " + str(DAYS) + " days are of different genres with a chance of {}"),
    ),
    f"preferred_genre_share_{DAYS}": (
        f"share of the preferred genre in the last {DAYS} days",
        _share("{} of what was watched in the last " + str(DAYS) + " days of the preferred genre"),
    ),
    f"releases_{DAYS}": (
        f"new shows of the genres watched in the last {DAYS} days",
        lambda value: f"{_count(value, 'new show', 'new shows')} a genre watched in the last {DAYS} days",
    ),
    f"releases_before_{DAYS}": (
        f"new shows of the genres watched {DAYS} to {2 * DAYS - 1} days back",
        lambda value: f"{_count(value, 'new show', 'new shows')} a genre watched {DAYS} to {2 * DAYS - 1} days back",
    ),
    "tenure_days": ("day of registering", lambda value: f"registered {_days(value)} ago"),
    "tenure_at_last": (
        "time from registering to the last session",
        lambda value: f"last session {_days(value)} after registering",
    ),
}
_WORDS: Mapping[str, str] = {"subscription": "subscription", "age_band": "age", "country": "country"}
