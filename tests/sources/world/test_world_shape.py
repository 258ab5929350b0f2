"""What makes the world look like the real one: tails, seasons, holes, careers."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from refrain.datasets import AUDIO_FEATURES
from sources.world.artists import BLOCK, artist_blocks
from sources.world.catalogue import catalogue_of
from sources.world.names import artist_names, track_titles
from sources.world.reach import artist_listeners
from sources.world.scrobbles import scrobbles
from sources.world.settings import WorldSettings
from sources.world.streams import daily_streams
from sources.world.tracks import tracks_frame, tracks_of

SETTINGS = WorldSettings()


@pytest.fixture(scope="module")
def tracks() -> pl.DataFrame:
    return pl.concat(tracks_frame(SETTINGS, tracks_of(SETTINGS, artists)) for artists in artist_blocks(SETTINGS))


@pytest.fixture(scope="module")
def plays() -> pl.DataFrame:
    return pl.concat(each.plays for each in scrobbles(SETTINGS))


@pytest.fixture(scope="module")
def streams() -> pl.DataFrame:
    return pl.concat(daily_streams(SETTINGS))


def share_of_the_top(counts: pl.Series, top: float) -> float:
    ordered = counts.sort(descending=True)
    return float(ordered.head(round(top * len(ordered))).sum() / ordered.sum())


def test_sizes_at_scale_one(tracks: pl.DataFrame, plays: pl.DataFrame, streams: pl.DataFrame):
    assert 14_000 < len(tracks) < 20_000
    assert 600_000 < len(plays) < 1_200_000
    assert 350 < streams["track_id"].n_unique() < 600


def test_few_tracks_and_artists_have_most_plays(plays: pl.DataFrame, streams: pl.DataFrame):
    assert share_of_the_top(plays.group_by("artist").len()["len"], 0.1) > 0.5
    assert share_of_the_top(plays.group_by("artist", "track").len()["len"], 0.1) > 0.5
    assert share_of_the_top(streams.group_by("track_id").agg(pl.col("streams").sum())["streams"], 0.1) > 0.4


def test_artists_release_repeatedly_and_some_far_more_than_others(tracks: pl.DataFrame):
    days = tracks.group_by("artist_id").agg(pl.col("release_date").n_unique())["release_date"]
    assert (days >= 2).mean() > 0.5
    assert days.max() > 5 * days.median()


def test_some_values_are_missing_and_some_dates_are_a_year_alone(tracks: pl.DataFrame):
    for name in AUDIO_FEATURES[:4]:
        assert tracks[name].null_count() == 0
    for name in (*AUDIO_FEATURES[4:], "genre"):
        assert 0.005 < tracks[name].null_count() / len(tracks) < 0.05, name
    vague = tracks.filter(pl.col("release_precision") == "year")
    assert 0.005 < len(vague) / len(tracks) < 0.1
    assert vague.filter(pl.col("release_date").dt.ordinal_day() != 1).is_empty()
    of_month = tracks.filter(pl.col("release_precision") == "month")
    assert len(of_month) and (of_month["release_date"].dt.day() == 1).all()


def test_audio_features_keep_to_their_units(tracks: pl.DataFrame):
    for name in ("danceability", "energy", "valence", "speechiness", "acousticness", "instrumentalness", "liveness"):
        assert tracks[name].is_between(0, 1).all(), name
    assert tracks["tempo"].is_between(40, 250).all()
    assert tracks["loudness"].is_between(-60, 5).all()
    assert tracks["key"].is_between(0, 11).all()
    assert tracks["mode"].is_in([0, 1]).all()
    assert tracks["popularity"].is_between(0, 100).all()


def test_streams_rise_on_friday_and_towards_december(streams: pl.DataFrame):
    old = streams.filter(pl.col("date") >= pl.col("date").min().over("track_id") + pl.duration(days=90))
    by_day = old.group_by(pl.col("date").dt.weekday().alias("day")).agg(pl.col("streams").mean()).sort("day")["streams"]
    assert by_day.arg_max() == 4
    assert by_day[4] / by_day[0] == pytest.approx(1.10 / 0.94, rel=0.05)
    # One track's December against its summer before and after evens out trend and decay.
    monthly = old.group_by("track_id", pl.col("date").dt.truncate("1mo")).agg(pl.col("streams").mean())
    wide = {m: monthly.filter(pl.col("date").dt.month() == m)["streams"].mean() for m in (7, 10, 12)}
    assert wide[12] > wide[7]


def test_plays_have_a_weekly_and_a_yearly_season(plays: pl.DataFrame):
    weekday = plays.group_by(pl.col("played_at").dt.weekday().alias("day")).len().sort("day")["len"]
    assert weekday[5:].mean() / weekday[:5].mean() > 1.05
    founders = plays.filter(pl.col("played_at").min().over("listener").dt.date() < pl.date(2022, 2, 1))
    by_month = founders.group_by(pl.col("played_at").dt.month().alias("month")).len().sort("month")["len"]
    assert by_month[10:].mean() / by_month[6:8].mean() > 1.08
    hours = plays.group_by(pl.col("played_at").dt.hour().alias("hour")).len().sort("hour")["len"]
    assert hours.max() > 2 * hours.min()


def test_listeners_have_tastes(tracks: pl.DataFrame, plays: pl.DataFrame):
    genre = tracks.drop_nulls("genre").unique("artist", maintain_order=True).select("artist", "genre")
    shares = (
        plays.join(genre, on="artist").group_by("listener", "genre").len()
        .with_columns(pl.col("len") / pl.col("len").sum().over("listener"))
    )  # fmt: skip
    pop = shares.filter(pl.col("genre") == "pop")["len"]
    assert pop.max() > 3 * pop.min()


def test_a_listener_is_one_batch_and_nothing_is_played_twice_at_once():
    made: Iterator[pl.DataFrame] = (each.plays for each in scrobbles(SETTINGS))
    seen = set()
    for number, batch in enumerate(made):
        assert batch["listener"].n_unique() == 1
        assert batch["listener"][0] not in seen
        seen.add(batch["listener"][0])
        assert batch["played_at"].is_sorted() and batch["played_at"].is_unique().all()
        assert len(batch) < 150_000
        if number == 5:
            break


def test_blocks_hold_no_more_artists_than_they_say():
    large = SETTINGS.model_copy(update={"scale": 0.9})
    sizes = [len(artists.number) for artists in artist_blocks(large)]
    assert sizes == [BLOCK, BLOCK, 700]


def test_listener_counts_follow_the_streams():
    frame = pl.concat(artist_listeners(SETTINGS))
    assert (frame["monthly_listeners"] > 0).all()
    change = frame.with_columns(pl.col("monthly_listeners").log().diff().over("artist_id").abs().alias("change"))
    # A count over 28 days moves slowly, except for artists who have just begun.
    assert change.filter(pl.col("monthly_listeners") > 10_000)["change"].median() < 0.02


def test_names_are_unique():
    assert artist_names(np.arange(300_000)).is_unique().all()
    assert track_titles(np.zeros(3000, np.int64) + 17, np.arange(3000)).is_unique().all()


def test_only_tracks_that_are_out_are_released():
    catalogue = catalogue_of(SETTINGS.model_copy(update={"scale": 0.1}))
    artist = np.arange(len(catalogue.names))
    day = np.full(len(artist), 18_000)
    slow = [
        int((catalogue.artist_and_day[first:last] - number * 100_000 < 18_000).sum())
        for number, (first, last) in enumerate(zip(catalogue.first_track, catalogue.first_track[1:], strict=False))
    ]
    assert catalogue.released(artist, day).tolist() == slow
