"""The trees that a booster predicts with, read from what XGBoost itself stores of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xgboost import Booster

LEAF = -1


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree by its nodes, of which 0 is the root. Values of nodes are at their number."""

    margin: int
    """Which score it adds to: 0 of a chance, the class otherwise."""
    left: Sequence[int]
    """Where a row goes whose value is below the threshold; LEAF where the node is one."""
    right: Sequence[int]
    column: Sequence[int]
    threshold: Sequence[float]
    """A leaf's value."""
    missing_left: Sequence[int]
    """1 where a missing value goes left."""
    cover: Sequence[float]
    """How much of the training weight came by."""


def trees_of(booster: Booster, rounds: int) -> list[Tree] | None:
    """The trees of the first `rounds` rounds (0: of all); None where they are of another make.

    Of another make are linear boosters, dropped-out trees, splits by category, leaves of several values, and trees that
    do not know how many training rows came by.
    """
    learner = json.loads(booster.save_raw("json"))["learner"]
    if learner["gradient_booster"]["name"] != "gbtree":
        return None
    model = learner["gradient_booster"]["model"]
    last = model["iteration_indptr"][rounds] if rounds else len(model["trees"])
    pairs = list(zip(model["trees"], model["tree_info"], strict=True))[:last]
    if not all(_plain(stored) for stored, _ in pairs):
        return None
    return [_tree(stored, margin) for stored, margin in pairs]


def _plain(stored: dict[str, Any]) -> bool:
    one_value = int(stored["tree_param"]["size_leaf_vector"]) <= 1
    return one_value and not any(stored["split_type"]) and min(stored["sum_hessian"]) > 0


def _tree(stored: dict[str, Any], margin: int) -> Tree:
    return Tree(
        margin=margin,
        left=stored["left_children"],
        right=stored["right_children"],
        column=stored["split_indices"],
        threshold=stored["split_conditions"],
        missing_left=stored["default_left"],
        cover=stored["sum_hessian"],
    )
