"""No feature reads anything later than its as_of: for every target, the future is scrambled and nothing changes."""

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from raw_rows import RANDOM_ROWS, lazy, readings
from scramble import SCRAMBLERS

from features.breakout import BreakoutSettings
from features.catalogue import CatalogueSettings
from features.registry import all_targets
from features.target import AS_OF, LABEL, Target

Rows = dict[str, list[dict[str, Any]]]
# Random plays are few: the default knobs would leave hardly a row. Targets not named here take their defaults.
SETTINGS: dict[str, Any] = {
    "breakout.core": BreakoutSettings(
        min_plays=2, max_months_known=3, core_plays=7, core_share=0.2, horizon_months=2, warm_up_months=4
    ),
    "catalogue.decay": CatalogueSettings(origin_every_months=1, horizon_months=3),
}
# What a row is says what happens to it later: other rows there are when that changes, but none with other features.
KNOWN_BY_THEIR_FUTURE = ("audience.churn_reason",)
READINGS = readings(all_targets().values())


def snapshot(target: Target, rows: Rows) -> pl.DataFrame:
    settings = SETTINGS.get(target.name, target.settings_type())
    frames = {name: lazy(name, of_dataset) for name, of_dataset in rows.items()}
    collected: pl.DataFrame = target.rows(frames, settings).to_native().collect(engine="streaming")
    return collected.sort(AS_OF, *target.entity)


@pytest.mark.parametrize(("name", "datasets"), READINGS)
@pytest.mark.parametrize("quantile", [0.25, 0.6])
def test_scrambling_the_future_changes_no_feature(name: str, datasets: tuple[str, ...], quantile: float) -> None:
    target = all_targets()[name]
    raw = {dataset: RANDOM_ROWS[dataset](11) for dataset in datasets}
    before = snapshot(target, raw)
    chosen = before[AS_OF].sort()[int(quantile * before.height)]
    after = snapshot(target, {dataset: SCRAMBLERS[dataset](raw[dataset], chosen, 12) for dataset in datasets})

    past, again = before.filter(pl.col(AS_OF) <= chosen), after.filter(pl.col(AS_OF) <= chosen)
    if name in KNOWN_BY_THEIR_FUTURE:
        key = [AS_OF, *target.entity]
        past, again = past.join(again, on=key, how="semi"), again.join(past, on=key, how="semi")
    features = list(dict.fromkeys((*target.entity, AS_OF, *target.features)))
    assert past.height > 20
    assert_frame_equal(past.select(features), again.select(features), check_exact=True)
    assert not past[LABEL].equals(again[LABEL]), "the scrambling reaches the labels, so it would reach a leak too"


@pytest.mark.parametrize(("name", "datasets"), READINGS)
def test_the_order_of_the_raw_rows_does_not_matter(name: str, datasets: tuple[str, ...]) -> None:
    target = all_targets()[name]
    raw = {dataset: RANDOM_ROWS[dataset](13) for dataset in datasets}
    turned = {dataset: rows[::-1] for dataset, rows in raw.items()}
    assert_frame_equal(snapshot(target, raw), snapshot(target, turned), check_exact=True)
