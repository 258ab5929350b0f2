"""Known months against a loop over days."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from small_catalogues import LAST, daily, of_arrays, weekly_chart

from tasks.forecasting.columns import STEPS, month_ends
from tasks.forecasting.histories import day_of
from tasks.forecasting.known_months import joined, known_months


def histories_of(table):
    """Histories of daily counts."""
    rows = table.sort("track_id", "date").rows_by_key("track_id", named=True)
    return of_arrays(**{track: [(day_of(row["date"]), row["streams"]) for row in of] for track, of in rows.items()})


def by_loop(histories, place, first, last):
    """Streams and counted days from the day after `first` to `last`."""
    rows = slice(histories.starts[place], histories.starts[place + 1])
    inside = (histories.days[rows] > first) & (histories.days[rows] <= last)
    return int(histories.counts[rows][inside].sum()), int(inside.sum())


@pytest.mark.parametrize("steps", STEPS)
def test_months_are_the_sums_of_their_days(steps):
    histories = histories_of(daily(5, gaps=0.05)).until(LAST)
    known = known_months(histories, LAST, steps)
    ends = month_ends(LAST, 30, steps)
    assert known.ends[:31].tolist() == ends
    for place in range(len(histories)):
        first_count = histories.days[histories.starts[place]]
        for month in range(30):
            streams, days = by_loop(histories, place, ends[month + 1], ends[month])
            assert known.streams[place, month] == streams
            assert known.counted_days[place, month] == days
            lived = min(max(ends[month] - first_count + 1, 0), ends[month] - ends[month + 1])
            assert known.lived_days[place, month] == lived
            whole = days == ends[month] - ends[month + 1]
            assert known.whole[place, month] == streams if whole else np.isnan(known.whole[place, month])


def test_a_part_goes_as_far_back_as_its_tracks_do_and_months_before_a_day_are_left_out():
    histories = histories_of(daily(6)).until(LAST)
    known = known_months(histories, LAST, STEPS[0])
    alone = np.arange(len(histories)) == 3
    some = known.at(alone)
    assert some.track_ids.tolist() == [histories.track_ids[3]]
    assert some.counted_days[:, -1].sum() > 0
    assert len(some.ends) == len(some.days) + 1
    assert some.streams.sum() == known.streams[3].sum()
    since = known.since(day_of(date(2024, 1, 1)))
    assert len(since.days) == 3
    assert since.ends[-1] + 1 >= day_of(date(2024, 1, 1))
    nothing = known.at(np.zeros(len(histories), dtype=bool))
    assert nothing.streams.shape == (0, 0)


def test_weekly_counts_are_spread_over_their_days_and_parts_join():
    histories = histories_of(weekly_chart(7)).until(LAST)
    histories = replace(histories, covered=np.full(len(histories.days), 7, dtype=np.int32))
    known = known_months(histories, LAST, STEPS[0])
    whole = np.isfinite(known.whole)
    assert whole.any()
    assert (known.counted_days <= known.days).all()
    again = joined([known, known])
    assert len(again.track_ids) == 2 * len(known.track_ids)
    assert again.streams.sum() == 2 * known.streams.sum()
