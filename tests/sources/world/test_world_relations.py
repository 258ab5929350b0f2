"""The oracle of breakout, against the world it describes."""

import numpy as np
import polars as pl
import pytest

from sources.world.listeners import ACTIVITY_NOISE
from sources.world.randomness import Stream, generator
from sources.world.relations import (
    DISPERSION,
    MOODS,
    OVER,
    TRANSITIONS,
    chance_of_core,
    core_threshold,
    expected_plays,
)
from sources.world.scrobbles import scrobbles
from sources.world.settings import WorldSettings

NAMES = [mood.name for mood in MOODS]


def test_chances_of_the_next_mood_are_chances():
    assert (TRANSITIONS >= 0).all()
    assert TRANSITIONS.sum(axis=1) == pytest.approx(1)
    assert TRANSITIONS[OVER, OVER] == 1


@pytest.mark.parametrize(("total", "threshold"), [(100, 1), (101, 2), (600, 6), (1999, 20), (2000, 20), (50_000, 20)])
def test_core_is_twenty_plays_or_one_per_cent(total: int, threshold: int):
    assert core_threshold(np.array([float(total)])) == threshold
    core = [plays >= 20 or plays / total >= 0.01 for plays in range(30)]
    assert core.index(True) == threshold


@pytest.mark.parametrize("mood", range(OVER))
@pytest.mark.parametrize("level", [600.0, 1500.0])
def test_the_chance_of_core_is_what_playing_it_out_gives(mood: int, level: float):
    """A slow twin: two months of 40,000 relations in the same mood, drawn step by step."""
    random, size = generator(3, Stream.PLAYS, mood), 40_000
    moods, core = np.full(size, mood), np.zeros(size, dtype=bool)
    for _ in range(2):
        chosen = [random.choice(OVER + 1, size, p=chances) for chances in TRANSITIONS]
        moods = np.choose(moods, chosen)
        total = np.round(level * np.exp(ACTIVITY_NOISE * random.standard_normal(size)))
        rate = expected_plays(total)[np.arange(size), moods]
        plays = random.poisson(rate * random.gamma(DISPERSION, 1 / DISPERSION, size))
        core |= (plays >= 20) | (plays / total >= 0.01)
    chance = chance_of_core(np.array([level, level, level]))[0, mood]
    assert core.mean() == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / size) + 1e-3)


def test_the_hooked_are_far_likelier_than_those_who_pass_by():
    chance = dict(zip(NAMES, chance_of_core(np.full(3, 1000.0))[0], strict=True))
    assert min(chance["core"], chance["hooked"]) > 0.6
    assert max(chance[name] for name in ("sampled", "fad", "fading", "habit")) < 0.1


def labelled(settings: WorldSettings) -> pl.DataFrame:
    """Every artist-month of passing relations with its true chance, and whether the artist did become core."""
    made = list(scrobbles(settings))
    month = pl.col("played_at").dt.truncate("1mo").dt.date().alias("month")
    counts = pl.concat(each.plays for each in made).group_by("listener", "artist", month).len()
    counts = counts.with_columns(pl.col("len").sum().over("listener", "month").alias("total"))
    core = counts.filter((pl.col("len") >= 20) | (pl.col("len") / pl.col("total") >= 0.01))
    oracle = pl.concat(each.oracle for each in made)
    last = counts["month"].max()
    rows = oracle.filter(pl.col("month").dt.offset_by("2mo") <= last)
    for ahead in (1, 2):
        later = core.select(
            "listener", "artist", pl.col("month").dt.offset_by(f"-{ahead}mo"), pl.lit(1).alias(f"c{ahead}")
        )
        rows = rows.join(later, on=["listener", "artist", "month"], how="left")
    return rows.with_columns(pl.max_horizontal("c1", "c2").fill_null(0).alias("label"))


def test_the_oracle_is_calibrated_on_what_the_plays_turn_out_to_be():
    rows = labelled(WorldSettings(scale=1.0))
    edges = [0.01, 0.03, 0.1, 0.3, 0.9, 0.99]
    place = pl.Series(np.searchsorted(edges, rows["p_core"].to_numpy()))
    told = (
        rows.group_by(place.alias("bin"))
        .agg(
            pl.len(),
            (pl.col("p_core") * (1 - pl.col("p_core"))).sum().alias("variance"),
            (pl.col("label") - pl.col("p_core")).sum().alias("surplus"),
        )
        .sort("bin")
    )
    assert len(told) == 7
    for row in told.iter_rows(named=True):
        # Labels of one artist in two months in a row overlap, so the sum varies by up to about twice the independent.
        assert abs(row["surplus"]) < 4.5 * np.sqrt(2 * row["variance"]) + 1, row


def test_positives_are_rare_and_plays_alone_do_not_tell_them():
    rows = labelled(WorldSettings(scale=0.5))
    fresh = rows.filter(pl.col("p_core") < 0.9)
    assert 0.02 < fresh["label"].mean() < 0.15
