"""Answers as they look, for the documentation. Lists of imputed features and of contributions are cut short."""

from typing import Any


def _model(target: str, version: int, learned_until: str) -> dict[str, Any]:
    return {
        "target": target,
        "name": "xgboost",
        "family": "xgboost",
        "version": version,
        "is_baseline": False,
        "learned_until": learned_until,
    }


ONE_WEEK: dict[str, Any] = {
    "lr_preds": 33426.8,
    "rfr_preds": 34722.6,
    "families": {"ridge": 33426.8, "lasso": 34542.0, "forest": 34722.6, "xgboost": 34628.1},
    "prediction": 34628.1,
    "interval_80": [31379.6, 38590.2],
    "interval_95": [29529.8, 40596.7],
    "imputed": ["highest_day", "highest_week", "days_counted", "weekday"],
    "warnings": [
        {"field": "day_0", "message": "day_0 9000000 is above all that the model learned from (0 to 5265026)"}
    ],
    "model": _model("streams.one_week", 13, "2024-06-20"),
}
THREE_WEEK: dict[str, Any] = {
    "three_week_preds": 33263.3,
    "prediction": 33263.3,
    "interval_80": [26988.3, 39206.0],
    "interval_95": [24085.8, 42956.9],
    "imputed": ["highest_day", "highest_week", "days_counted", "weekday"],
    "warnings": [],
    "model": _model("streams.three_week", 10, "2024-05-30"),
}
HIT: dict[str, Any] = {
    "base_rate": 0.2131,
    "probability": 0.3642,
    "families": {"logistic": 0.1777, "forest": 0.3214, "xgboost": 0.3642},
    "contributions": [
        {"feature": "artist_earlier_release_days", "value": None, "effect": 0.6783},
        {"feature": "genre", "value": "pop", "effect": 0.5637},
        {"feature": "energy", "value": 0.64, "effect": -0.1008},
    ],
    "contributions_base": -1.323,
    "contributions_scale": "log-odds",
    "imputed": ["artist_earlier_release_days", "key", "mode"],
    "warnings": [],
    "model": _model("hits.hit", 7, "2022-10-25"),
}
BREAKOUT: dict[str, Any] = {
    "model": _model("breakout.core", 8, "2024-03-31"),
    "threshold": 0.7525,
    "predictions": [
        {
            "artist_name": "Four Tet",
            "month": "2026-05",
            "probability": 0.0042,
            "is_breakout": False,
            "imputed": ["track_novelty_rate_t", "delta_1m"],
            "warnings": [],
        }
    ],
}
