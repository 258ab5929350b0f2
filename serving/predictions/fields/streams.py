"""The fields of a track's last days (see refrain.stream_weeks)."""

from features.streams import ONE_WEEK, THREE_WEEK, Horizon
from refrain import stream_weeks as names
from serving.predictions.fields.kinds import Day, Number, RecordFields, Text

_LONGEST_AGE = 100_000
_RATIO = 1e6
_CONTEXT = {
    names.POPULARITY: Number("the track's popularity, as last read up to as_of", 0, 100),
    names.AGE: Number("days from the release to as_of, 0 on the day itself", 0, _LONGEST_AGE),
    names.SEEN: Number("days from the first day with a stream to as_of", 0, _LONGEST_AGE),
    names.HIGHEST_DAY: Number("most streams on one day so far"),
    names.HIGHEST_WEEK: Number("most streams in the 7 days up to as_of, or up to as_of less any number of weeks"),
    names.COUNTED: Number("days with a count so far", 0, _LONGEST_AGE),
    names.WEEKDAY: Number("the weekday of as_of, 1 for Monday to 7 for Sunday", 1, 7),
    names.CUTOFF: Number("the lowest count that the chart listed on as_of; null where every track is counted"),
    names.CATALOGUE_RATIO: Number(
        "streams of all tracks in the last 7 days over those of the 7 days before", 0, _RATIO
    ),
}
_CATALOGUE = {
    name: Number(f"streams of all tracks on {_when}, over their mean of the last 7 days", 0, 7)
    for name, _when in zip(
        names.CATALOGUE_DAYS,
        ("as_of", "the day before", *(f"the day {back} days before" for back in range(2, names.WEEK))),
        strict=True,
    )
}
_SOCIALS = {
    level: Number(f"{metric} on social platforms, as last read up to as_of")
    for level, metric in zip(names.SOCIAL_LEVELS, names.SOCIAL_METRICS, strict=True)
}
_GROWTH = {
    growth: Number(f"{metric} on social platforms over those {weeks * names.WEEK} days before", 0, _RATIO)
    for weeks, growths in names.SOCIAL_GROWTH.items()
    for growth, metric in zip(growths, names.SOCIAL_METRICS, strict=True)
}


def _fields(horizon: Horizon, first: tuple[int, ...]) -> RecordFields:
    days = {day: Number(f"streams on {_day(back)}; null where not known") for back, day in enumerate(horizon.days)}
    counts = (*first, *(4_500 + 35 * (back % names.WEEK) for back in range(len(first), len(horizon.days))))
    return RecordFields(
        numbers={**days, **_CONTEXT, **_CATALOGUE, **_SOCIALS, **_GROWTH},
        passed={
            "track_id": Text("the track, which comes back with the answer"),
            "as_of": Day("the last day that is known, day_0; it comes back with the answer"),
        },
        example={names.POPULARITY: 62, names.AGE: 40, **dict(zip(horizon.days, counts, strict=True))},
    )


def _day(back: int) -> str:
    return "as_of, the newest day" if back == 0 else f"the day {back} day{'s' if back > 1 else ''} before as_of"


ONE_WEEK_FIELDS = _fields(ONE_WEEK, (5210, 5105, 4975, 5020, 5340, 5480, 4890))
THREE_WEEK_FIELDS = _fields(THREE_WEEK, (5210, 5105, 4975, 5020, 5340, 5480, 4890))
