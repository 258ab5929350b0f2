"""The seven days one by one: each session in one of them, and together the figures of the week."""

from datetime import UTC, datetime, timedelta

import pytest
from test_activity import AT, frame, random_sessions, session

from features.figures.activity import activity
from features.figures.activity_days import activity_days


@pytest.mark.parametrize("seed", range(3))
def test_the_days_add_up_to_the_week(seed):
    sessions = frame(random_sessions(seed))
    days, week = activity_days(sessions, AT), activity(sessions, AT)
    assert sum(day.sessions for day in days) == week.sessions
    assert sum(day.watch_minutes for day in days) == pytest.approx(week.watch_minutes)
    assert max(day.users for day in days) <= week.users
    assert [day.until for day in days] == [AT - timedelta(days=back) for back in range(6, -1, -1)]


def test_a_session_belongs_to_the_day_in_which_it_ended():
    noon = AT - timedelta(days=1)
    sessions = [
        session((noon - timedelta(minutes=10)).replace(tzinfo=None).isoformat(), 10.0),  # ends at the edge
        session((noon - timedelta(minutes=10)).replace(tzinfo=None).isoformat(), 10.1, user="v"),
    ]
    *_, before, last = activity_days(frame(sessions), AT)
    assert (before.sessions, before.minutes_per_user) == (1, 10.0)
    assert (last.sessions, last.minutes_per_user) == (1, 10.1)


def test_a_day_without_a_session_has_no_mean():
    days = activity_days(frame([]), datetime(2024, 4, 2, tzinfo=UTC))
    assert [(day.sessions, day.users, day.minutes_per_user) for day in days] == [(0, 0, None)] * 7
