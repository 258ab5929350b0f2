"""What makes the simulated audience look like one: rhythm, holidays, outages, hits; leaving, and its signs."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from refrain.sessions import LONGEST_MINUTES, REASONS, SEPARATOR
from sources.simulated import simulate_events_parquet
from sources.world.audience.datasets import audience_events, audience_shows, audience_users
from sources.world.audience.days import Outage, days_of
from sources.world.audience.hours import PROFILE, TIME_ZONE, drawn_hours, share_between, utc_seconds, zone_offsets
from sources.world.audience.leaving import OFFER_DAYS
from sources.world.audience.shows import Shows
from sources.world.calendar import SECONDS_A_DAY, day_number
from sources.world.randomness import Stream, generator
from sources.world.settings import WorldSettings

SETTINGS = WorldSettings(scale=0.4)


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return pl.concat(audience_events(SETTINGS))


@pytest.fixture(scope="module")
def users() -> pl.DataFrame:
    return pl.concat(frame for frame, _ in audience_users(SETTINGS))


@pytest.fixture(scope="module")
def truth() -> pl.DataFrame:
    return pl.concat(truth for _, truth in audience_users(SETTINGS) if truth is not None)


@pytest.fixture(scope="module")
def shows() -> pl.DataFrame:
    return pl.concat(frame for frame, _ in audience_shows(SETTINGS))


@pytest.fixture(scope="module")
def local(events: pl.DataFrame) -> pl.DataFrame:
    clock = pl.col("login_time").dt.replace_time_zone("UTC").dt.convert_time_zone(TIME_ZONE)
    return events.with_columns(local=clock, hour=clock.dt.hour(), day=clock.dt.date())


def test_sizes_at_scale_one(events: pl.DataFrame, users: pl.DataFrame, shows: pl.DataFrame):
    assert 3000 < len(users) / SETTINGS.scale < 3500
    assert 400_000 < len(events) / SETTINGS.scale < 550_000
    assert 200 < len(shows) < 600


def test_sessions_stand_in_order_and_hold_together(events: pl.DataFrame, users: pl.DataFrame):
    assert events.select("login_time", "user_id").equals(events.select("login_time", "user_id").sort(pl.all()))
    assert set(events["user_id"]) <= set(users["user_id"])
    end = pl.col("login_time") + pl.duration(microseconds=(pl.col("total_watch_time") * 60e6).round())
    assert events.select(end.max()).item().date() <= SETTINGS.end
    assert events["login_time"].dt.date().min() == SETTINGS.start
    assert (events["login_time"].dt.microsecond() == 0).all()
    assert events["total_watch_time"].is_between(1, LONGEST_MINUTES).all()
    next_login = events.with_columns(end=end, then=pl.col("login_time").shift(-1).over("user_id")).drop_nulls("then")
    assert (next_login["then"] > next_login["end"]).all()


def test_shows_watched_exist_and_are_out(events: pl.DataFrame, shows: pl.DataFrame):
    cells = pl.col("content_watched", "genres_watched").str.split(SEPARATOR)
    lists = events.with_columns(cells)
    assert lists["content_watched"].list.len().is_between(1, 3).all()
    assert (lists["content_watched"].list.n_unique() == lists["content_watched"].list.len()).all()
    watched = lists.explode("content_watched", keep_nulls=True, empty_as_null=True)
    seen = watched.join(shows, left_on="content_watched", right_on="show_id", how="left")
    assert seen["genre"].null_count() == 0
    assert (seen["released_at"] <= seen["login_time"].dt.date()).all()
    assert seen["genre"].is_in(seen["genres_watched"]).all()


def test_evenings_are_busy_and_nights_quiet_by_the_local_clock_in_summer_and_winter(local: pl.DataFrame):
    """By UTC, summer is an hour ahead of winter; by the platform's clock, they are alike."""
    months = pl.col("day").dt.month()
    by_season = {
        name: local.filter(months.is_in(chosen)).group_by("hour").len().sort("hour")["len"].to_numpy()
        for name, chosen in {"summer": [5, 6, 7, 8], "winter": [11, 12, 1, 2]}.items()
    }
    shares = {name: counts / counts.sum() for name, counts in by_season.items()}
    for share in shares.values():
        assert share[19:22].sum() > 6 * share[3:6].sum()
    apart = np.abs(shares["summer"] - shares["winter"]).sum()
    shifted = np.abs(np.roll(shares["summer"], 1) - shares["winter"]).sum()
    assert apart < 0.5 * shifted


def test_weekends_and_holidays_are_busier_in_the_daytime(local: pl.DataFrame):
    days = days_of(SETTINGS)
    public = [date.fromordinal(719_163 + int(day)) for day in days.number[days.free & ~days.weekend]]
    assert date(2023, 12, 25) in public and date(2024, 10, 3) in public and date(2023, 4, 7) in public
    noon = pl.col("hour").is_between(9, 15).mean()
    working = ~pl.col("day").is_in(public) & (pl.col("day").dt.weekday() < 6)
    share_working, share_free = (local.filter(rows).select(noon).item() for rows in (working, ~working))
    assert share_free > 1.5 * share_working
    holiday = pl.col("day").is_in(public) & (pl.col("day").dt.weekday() < 6)
    per_day = [local.filter(rows).group_by("day").len()["len"].mean() for rows in (holiday, working)]
    assert per_day[0] > 1.05 * per_day[1]


def test_in_an_outage_hardly_anybody_watches_and_it_stalls(events: pl.DataFrame):
    days = days_of(SETTINGS)
    assert 20 < len(days.outages) < 40
    inside = pl.lit(False)
    second = pl.col("login_time").dt.epoch("s")
    for outage in days.outages:
        begin = (days.number[outage.day] * 24 + outage.hour - days.offset[outage.day]) * 3600
        inside |= second.is_between(begin, begin + outage.hours * 3600)
    marked = events.with_columns(inside=inside, hour=pl.col("login_time").dt.hour())
    usual = marked.group_by("hour").agg(pl.len() / len(days)).sort("hour")["len"].to_numpy()
    expected = sum(
        usual[(outage.hour - days.offset[outage.day] + step / 10) % 24 // 1 % 24 == np.arange(24)].sum() / 10
        for outage in days.outages
        for step in range(round(10 * outage.hours))
    )
    lost = marked.filter("inside")
    assert 0.03 * expected < len(lost) < 0.25 * expected
    assert lost["buffer_events"].mean() > 2 * marked.filter(~pl.col("inside"))["buffer_events"].mean()


@pytest.mark.parametrize("free", [False, True])
def test_hours_are_drawn_as_their_shares_say(free: bool):
    random, size = np.random.default_rng(0), 400_000
    shift = 1.75
    hours = drawn_hours(np.full(size, free), np.full(size, shift), random)
    for first, length in ((20.0, 3.5), (23.0, 4.0), (3.0, 2.0)):
        told = share_between(free, first, length, np.array([shift]))[0]
        drawn = ((hours - first) % 24 < length).mean()
        assert drawn == pytest.approx(told, abs=4 * np.sqrt(told / size))
    assert share_between(free, 0.0, 24.0, np.array([shift]))[0] == pytest.approx(1.0)
    assert share_between(free, 19.0, 1.0, np.zeros(1))[0] == pytest.approx(PROFILE[int(free), 19])


def test_a_local_hour_stays_within_its_utc_day():
    days = np.array([day_number(date(2024, 3, 30)), day_number(date(2024, 3, 31)), day_number(date(2024, 10, 27))])
    offset = zone_offsets(days)
    assert offset.tolist() == [1, 2, 1]
    for hour in (0.5, 1.0, 12.25, 23.99):
        second = utc_seconds(days, np.full(3, hour), offset)
        assert (second // SECONDS_A_DAY == days).all()
        assert (second / 3600 + offset) % 24 == pytest.approx(hour, abs=1 / 3600)


def test_an_outage_lies_where_it_says():
    days = days_of(SETTINGS)
    outage = days.outages[0]
    assert isinstance(outage, Outage)
    place = np.full(3, outage.day)
    hours = np.array([outage.hour + 0.01, outage.hour + outage.hours - 0.01, outage.hour + outage.hours + 0.01])
    assert days.out_of_order(place, hours % 24).tolist() == [True, True, False]
    assert not days.out_of_order(place + 1, hours % 24).any()


def test_nobody_comes_back_and_few_say_that_they_go(events: pl.DataFrame, users: pl.DataFrame, truth: pl.DataFrame):
    left = truth.drop_nulls("left_at")
    after = events.join(left, on="user_id").filter(pl.col("login_time") >= pl.col("left_at"))
    assert after.is_empty()
    assert 0.6 < len(left) / len(truth) < 0.95
    told = users.join(truth, on="user_id").filter(pl.col("left_at") < pl.date(2024, 10, 1))
    assert told["cancelled_at"].is_not_null().mean() == pytest.approx(0.6, abs=0.06)
    said = users.join(truth, on="user_id").drop_nulls("cancelled_at")
    days = (said["cancelled_at"] - said["left_at"]).dt.total_days()
    assert days.min() >= 0 and days.median() <= 7
    assert said["cancelled_at"].dt.date().max() <= SETTINGS.end
    assert said["left_at"].null_count() == 0


def test_every_reason_occurs_and_most_are_stated_truly(users: pl.DataFrame, truth: pl.DataFrame):
    assert set(truth["reason"].drop_nulls()) == set(REASONS) == set(users["churn_reason"].drop_nulls())
    shares = truth.drop_nulls("reason")["reason"].value_counts(normalize=True)["proportion"]
    assert shares.min() > 0.08
    stated = users.join(truth, on="user_id").drop_nulls("churn_reason")
    wrong = stated.filter(pl.col("churn_reason") != pl.col("reason"))
    assert 0.01 < len(wrong) / len(stated) < 0.08
    assert set(wrong["churn_reason"]) == {"other"}
    assert users.filter(pl.col("churn_reason").is_null() != pl.col("cancelled_at").is_null()).is_empty()


def test_each_reason_shows(events: pl.DataFrame, users: pl.DataFrame, truth: pl.DataFrame):
    """What a model can learn them by: bad pictures, an offer's end on paid plans, ever fewer sessions, a short stay."""
    left = truth.drop_nulls("left_at").join(users, on="user_id")
    of = {reason: left.filter(pl.col("reason") == reason) for reason in REASONS}
    before = events.join(left, on="user_id").with_columns(
        weeks=(pl.col("left_at") - pl.col("login_time")).dt.total_days() // 7
    )
    stalls = before.filter(pl.col("weeks") < 4).group_by("reason").agg(pl.col("buffer_events").mean())
    by_reason = dict(stalls.rows())
    assert by_reason["quality"] > 2.5 * max(value for reason, value in by_reason.items() if reason != "quality")
    assert (of["price"]["subscription"] != "free").all()
    tenure = {name: (rows["left_at"] - rows["registered_at"]).dt.total_days() for name, rows in of.items()}
    assert tenure["price"].is_between(OFFER_DAYS - 2, OFFER_DAYS + 45).mean() > 0.3
    assert (tenure["other"] < 60).mean() > 2 * (tenure["quality"] < 60).mean()
    busy = before.filter(pl.col("registered_at") < pl.col("left_at") - pl.duration(days=70))
    late, early = (
        dict(busy.filter(pl.col("weeks").is_between(*weeks)).group_by("reason").len().rows())
        for weeks in ((0, 1), (6, 9))
    )
    decline = {reason: 2 * late[reason] / early[reason] for reason in REASONS}
    assert decline["time"] < 0.6 * min(value for reason, value in decline.items() if reason != "time")


def test_a_hit_pulls_its_fans_in_for_some_weeks():
    days, released = np.arange(60), np.array([10, 20])
    show = {name: np.ones(2) for name in ("appeal", "duration", "rating")}
    shows = Shows(genre=np.array([0, 3]), day=released, hit=np.array([1.2, 0.0]), **show)
    pull, newness = shows.pull(days), shows.newness(days)
    assert (pull[0, :10] == 0).all() and pull[0, 10] == pytest.approx(1.2)
    assert (np.diff(pull[0, 10:]) < 0).all() and 0 < pull[0, 59] < 0.1 * pull[0, 10]
    assert (pull[1:] == 0).all()
    assert (newness[3, :20] == 0).all() and (newness[3, 20:] > 0).all() and (newness[1] == 0).all()


def test_shows_keep_to_their_units(shows: pl.DataFrame):
    assert shows["rating"].is_between(1, 10).all()
    assert shows["duration_min"].is_between(8, 200).all()
    assert (shows["released_at"].dt.weekday() == 5).all()
    assert shows["title"].is_unique().all()


def test_users_of_one_world_do_not_depend_on_how_many_more_there_are():
    """Blocks are made apart: the first one is the same, whatever comes after it."""
    few, many = (WorldSettings(scale=scale) for scale in (0.5, 1.0))
    first = next(iter(audience_users(few)))[0]
    assert first.equals(next(iter(audience_users(many)))[0].head(len(first)))


def test_what_the_other_datasets_are_drawn_from_is_untouched():
    """The numbers of the streams are part of the world: those of old must not move when one is added."""
    names = ["ARTISTS", "TRACKS", "LISTENERS", "PLAYS", "STREAMS", "REACH", "TRACK_HOLES", "RELATIONS", "SOCIALS"]
    assert [Stream[name].value for name in names] == list(range(1, 10))
    assert len({stream.value for stream in Stream}) == len(Stream)
    assert generator(20260101, Stream.TRACKS, 3).integers(0, 1000, 4).tolist() == [506, 902, 806, 687]


def test_parquet_of_about_as_many_sessions_as_asked_for(tmp_path: Path):
    rows = simulate_events_parquet(tmp_path / "events.parquet", 300_000)
    assert rows == pytest.approx(300_000, rel=0.15)
    written = pl.scan_parquet(tmp_path / "events.parquet")
    assert written.select(pl.len()).collect().item() == rows
    users = pl.read_parquet(tmp_path / "users.parquet")
    assert written.join(users.lazy(), on="user_id", how="anti").collect().is_empty()
    assert pl.read_parquet(tmp_path / "shows.parquet").columns[0] == "show_id"
