"""Synthetic catalogues whose truth is known, as frames of refrain.track_months.COLUMNS."""

import numpy as np
import pandas as pd

from refrain.track_months import (
    AGE,
    ARTIST_LEVEL,
    BACK,
    CATALOGUE_LEVEL,
    COLUMNS,
    HISTORY,
    MONTH_AHEAD,
    S30,
    S90,
    S365,
    SEASON_FROM,
    SEASON_TO,
    SEEN,
    WEEKS,
)

AMOUNTS = (S30, S90, S365, *BACK, *WEEKS, "early_2_3", "early_4_12", ARTIST_LEVEL, CATALOGUE_LEVEL, "cutoff_30")


def decaying(tracks, rate=0.05, *, months=24, season=0.0, noise=0.02, seed=0, spread=0.0):
    """(history frame, truth (tracks, months)): levels differ, each track loses exp(-its rate) a month.

    `season`: amplitude of one wave a year in the logarithm, highest at the year's end.
    """
    rng = np.random.default_rng(seed)
    level = rng.lognormal(9, 1.5, tracks)
    rates = rate + spread * rng.normal(size=tracks)
    age = rng.integers(40, 3000, tracks).astype(float)
    day = rng.integers(1, 366, tracks).astype(float)

    def at(month, day=day):
        """`month` 0 is the last month."""
        return level * np.exp(-rates * month + season * np.cos(2 * np.pi * (day + 30 * month) / 365))

    def noisy(values):
        return values * np.exp(noise * rng.normal(size=tracks))

    frame = {AGE: age, SEEN: age + 1, SEASON_FROM: day}
    for number, name in enumerate(BACK):
        frame[name] = np.where(age >= 30 * (number + 1), noisy(at(-number)), np.nan)
    for number, name in enumerate(WEEKS):
        frame[name] = np.where(age >= 7 * (number + 1), noisy(at((1.5 - number) * 7 / 30)) * 7 / 30, np.nan)
    back = np.column_stack([frame[name] for name in BACK])
    frame[S30], frame[S90] = back[:, 0], back[:, :3].sum(axis=1)
    frame[S365] = back[:, :12].sum(axis=1) * 365 / 360
    frame[CATALOGUE_LEVEL] = np.full(tracks, np.nanmedian(back[:, 0]))
    history = pd.DataFrame(frame).reindex(columns=list(HISTORY)).astype(float)
    truth = np.column_stack([noisy(at(month)) for month in range(1, months + 1)])
    return history, truth


def long_form(history, truth):
    """(rows of COLUMNS, labels): a row for each track and month ahead."""
    parts = []
    for month in range(1, truth.shape[1] + 1):
        part = history.assign(**{MONTH_AHEAD: float(month)})
        part[SEASON_TO] = (part[SEASON_FROM] - 1 + 30 * month) % 365 + 1
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)], truth.T.ravel()


def scaled(frame, factor):
    """The same history counted in another unit."""
    amounts = [name for name in AMOUNTS if name in frame.columns]
    return frame.assign(**{name: frame[name] * factor for name in amounts})
