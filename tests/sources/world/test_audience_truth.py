"""The oracle of the audience, against what came, against drawing the days again, and against slow sums."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import average_precision_score

from refrain.sessions import REASONS
from sources.world.arrays import Floats, Ints
from sources.world.audience.datasets import audience_events, audience_truth, audience_users
from sources.world.audience.days import days_of
from sources.world.audience.leaving import (
    ACTIVITY,
    CANCELS,
    TELLS,
    TIME_HAZARD,
    VAGUE,
    annoyance,
    hazards,
    moved,
    patience,
)
from sources.world.audience.lives import Lives, first_days, lives_of
from sources.world.audience.shows import shows_of
from sources.world.audience.truth import HORIZON, beliefs, chances_frame
from sources.world.audience.users import Users, user_blocks
from sources.world.calendar import SECONDS_A_DAY
from sources.world.settings import WorldSettings

SETTINGS = WorldSettings(scale=0.5)
CHANCES = [f"p_{reason}" for reason in REASONS]


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """The oracle's rows with what came: `silent`, and the user's own rows."""
    oracle = pl.concat(audience_truth(SETTINGS))
    users = pl.concat(frame for frame, _ in audience_users(SETTINGS))
    days = pl.concat(audience_events(SETTINGS)).select("user_id", day=pl.col("login_time").dt.date()).unique()
    last_before = days.with_columns(last=pl.col("day")).sort("day")
    first_after = days.with_columns(next=pl.col("day"), day=pl.col("day").dt.offset_by("-1d")).sort("day")
    found = oracle.sort("as_of")
    by = {"left_on": "as_of", "right_on": "day", "by": "user_id", "check_sortedness": False}
    found = found.join_asof(last_before, strategy="backward", **by).join_asof(first_after, strategy="forward", **by)
    silent = (pl.col("next") - pl.col("as_of")).dt.total_days().fill_null(10_000) > HORIZON
    return found.with_columns(silent=silent).join(users, on="user_id")


@pytest.fixture(scope="module")
def block() -> tuple[Users, Lives]:
    users = next(iter(user_blocks(SETTINGS)))
    return users, lives_of(SETTINGS, users, days_of(SETTINGS), shows_of(SETTINGS))


def test_rows_are_the_users_active_in_the_28_days_and_not_gone_by_their_own_word(rows: pl.DataFrame):
    assert (rows["as_of"].dt.weekday() == 7).all()
    assert rows["as_of"].max() == date(2024, 12, 15)
    assert (rows["as_of"] - rows["last"]).dt.total_days().is_between(0, 27).all()
    assert (rows["cancelled_at"].dt.date() > rows["as_of"]).fill_null(True).all()
    assert not rows.select("user_id", "as_of").is_duplicated().any()


def test_chances_are_chances(rows: pl.DataFrame):
    assert rows["p_silent"].is_between(0, 1).all()
    assert (rows.select(pl.sum_horizontal(CHANCES)).to_series() - 1).abs().max() < 1e-5
    assert rows.select(pl.min_horizontal(CHANCES)).to_series().min() >= 0
    assert (rows["p_other"] >= VAGUE - 1e-6).all()


def test_a_tenth_or_so_stay_away_and_who_is_not_settled(rows: pl.DataFrame):
    assert 0.05 < rows["silent"].mean() < 0.12
    precision = average_precision_score(rows["silent"], rows["p_silent"])
    assert 0.55 < precision < 0.85


def test_chances_of_silence_come_true(rows: pl.DataFrame):
    """As many as expected, among all and wherever the chance is about the same."""
    expected = math.sqrt(2.5 * (rows["p_silent"] * (1 - rows["p_silent"])).sum())
    assert rows["silent"].sum() == pytest.approx(rows["p_silent"].sum(), abs=4 * expected)
    for low, high in ((0, 0.01), (0.01, 0.03), (0.03, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 0.9), (0.9, 1.01)):
        here = rows.filter(pl.col("p_silent") >= low, pl.col("p_silent") < high)
        # A user's rows of following weeks share a part of their outcome: as if there were a third as many.
        deviation = math.sqrt(3 * (here["p_silent"] * (1 - here["p_silent"])).sum()) / len(here)
        assert here["silent"].mean() == pytest.approx(here["p_silent"].mean(), abs=4 * deviation), (low, high)


def test_stated_reasons_come_as_likely_as_said(rows: pl.DataFrame):
    told = rows.filter("silent", pl.col("cancelled_at").is_not_null())
    told = told.filter((pl.col("cancelled_at").dt.date() - pl.col("as_of")).dt.total_days() <= HORIZON + 28)
    assert len(told) > 400
    for reason in REASONS:
        came = (told["churn_reason"] == reason).mean()
        chance = told[f"p_{reason}"]
        deviation = math.sqrt(4 * (chance * (1 - chance)).sum()) / len(told)
        assert came == pytest.approx(chance.mean(), abs=4 * deviation), reason
    likeliest = told.select(pl.concat_list(CHANCES).list.arg_max()).to_series()
    assert (likeliest == told["churn_reason"].replace_strict(REASONS, range(5))).mean() > 0.6


def test_no_simple_score_beats_the_oracle(rows: pl.DataFrame):
    own = pl.col("as_of").sub(pl.col("last")).dt.total_days()
    scored = rows.with_columns(quiet=own)
    oracle = average_precision_score(scored["silent"], scored["p_silent"])
    assert average_precision_score(scored["silent"], scored["quiet"]) < oracle - 0.05
    blurred = scored["p_silent"] * np.exp(0.3 * np.random.default_rng(0).standard_normal(len(scored)))
    assert average_precision_score(scored["silent"], blurred) < oracle


def test_drawing_the_days_again_gives_the_same_chances(block: tuple[Users, Lives]):
    """Monte Carlo: from what is believed of 40 users at one Sunday, two weeks of moves and sessions, 4,000 times."""
    users, lives = block
    days, pressed = days_of(SETTINGS), lives.pressures
    at = int(np.flatnonzero(days.number == (date(2023, 7, 2) - date(1970, 1, 1)).days)[0])
    belief = beliefs(users, days, lives, np.array([at]))
    oracle = chances_frame(users, days, lives).filter(pl.col("as_of") == date(2023, 7, 2))
    random, size = np.random.default_rng(3), 4000
    off, variance = 0.0, 0.0
    for user_id, told in oracle.select("user_id", "p_silent").sort("p_silent").rows()[:: max(1, len(oracle) // 40)]:
        user = int(user_id[1:])
        left = belief.telling[:, 0, user].sum() + belief.silent[:, 0, user].sum()
        state = random.choice(6, size=size, p=np.r_[belief.present[:, 0, user], left])
        quiet = np.ones(size, np.bool_)
        annoyed = annoyance(lives.felt[at, [user]], pressed.tolerance[[user]])
        for day in range(at + 1, at + 1 + HORIZON):
            steady = hazards(pressed, day, np.broadcast_to(annoyed, len(users)))[:, user].sum()
            moves = moved(np.eye(5), np.full(5, pressed.journey[day]), np.full(5, pressed.busy[user]))
            hazard = np.r_[(steady + TIME_HAZARD) * (ACTIVITY > 0), 0.0]
            going = random.random(size) < -np.expm1(-hazard[state])
            until = np.cumsum(np.c_[np.r_[moves, np.zeros((1, 5))], np.r_[np.zeros(5), 1.0]], axis=0)
            state = np.where(going, 5, (random.random(size) >= until[:, state]).sum(axis=0))
            rate = pressed.rate[day, user] * patience(annoyed)[0] * np.r_[ACTIVITY, 0.0]
            quiet &= random.poisson(rate[state]) == 0
        assert quiet.mean() == pytest.approx(told, abs=4.5 * math.sqrt(max(told * (1 - told), 1e-3) / size)), user_id
        off, variance = off + quiet.mean() - told, variance + told * (1 - told) / size
    assert abs(off) < 4 * math.sqrt(variance)


def slow_belief(users: Users, lives: Lives, user: int, at: int) -> Floats:
    """Chances of the 5 states, of having left and going to say so, and of having left: one user, in matrices."""
    pressed, begin = lives.pressures, int(first_days(users, days_of(SETTINGS))[user])
    chances = np.r_[1.0, np.zeros(6)]
    for day in range(begin + 1, at + 1):
        felt = lives.felt[day - 1] if day else users.connection
        annoyed = annoyance(felt, pressed.tolerance)
        steady = hazards(pressed, day, annoyed)[:, user].sum()
        leave = 1 - np.exp(-(steady + TIME_HAZARD))
        leave[ACTIVITY == 0] = 0
        step = np.zeros((7, 7))
        step[:5, :5] = moved(np.eye(5), np.full(5, pressed.journey[day]), np.full(5, pressed.busy[user])) * (1 - leave)
        step[5, :5], step[6, :5] = TELLS * leave, (1 - TELLS) * leave
        step[5, 5] = step[6, 6] = 1
        rate = pressed.rate[day, user] * pressed.unforeseen[day, user] * patience(annoyed)[user] * ACTIVITY
        many = int(lives.sessions[day, user])
        seen = np.exp(-rate) * rate**many / math.factorial(many)
        chances = step @ chances * np.r_[seen, (1 - CANCELS) * (many == 0), float(many == 0)]
        chances /= chances.sum()
    return chances


def test_the_belief_is_what_matrices_say(block: tuple[Users, Lives]):
    users, lives = block
    days = days_of(SETTINGS)
    at: Ints = np.array([40, 399, 700])
    belief = beliefs(users, days, lives, at)
    said = lives.cancelled // SECONDS_A_DAY - days.number[0]
    for place, day in enumerate(at.tolist()):
        still = np.flatnonzero((first_days(users, days) <= day) & ((lives.cancelled < 0) | (said > day)))
        for user in still[::97].tolist():
            slow = slow_belief(users, lives, user, day)
            fast = [
                *belief.present[:, place, user],
                belief.telling[:, place, user].sum(),
                belief.silent[:, place, user].sum(),
            ]
            assert fast == pytest.approx(slow, abs=1e-9), (user, day)


def test_those_who_left_are_believed_to_have(block: tuple[Users, Lives]):
    """And nobody is certain of it the day after."""
    users, lives = block
    at = np.array([500])
    belief = beliefs(users, days_of(SETTINGS), lives, at)
    gone = (belief.telling + belief.silent).sum(axis=0)[0]
    month_ago = (lives.left > 440) & (lives.left < 470)
    just_now = (lives.left > 498) & (lives.left <= 500)
    here = (lives.left < 0) & (first_days(users, days_of(SETTINGS)) < 400)
    assert gone[month_ago].mean() > 0.75
    assert gone[just_now].mean() < 0.4
    assert gone[here].mean() < 0.05


def test_the_last_sunday_has_its_whole_horizon_before_the_end():
    short = SETTINGS.model_copy(update={"scale": 0.1, "end": date(2023, 3, 9)})
    last = pl.concat(audience_truth(short))["as_of"].max()
    assert last == date(2023, 2, 19)
    assert last + timedelta(days=HORIZON) <= short.end
