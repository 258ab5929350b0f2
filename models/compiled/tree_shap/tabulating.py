"""Tables of what features add to boosted trees' scores, made from the trees' parts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.compiled.tree_shap.leaf_values import leaf_values
from models.compiled.tree_shap.parts import Part
from models.compiled.tree_shap.tables import TreeTables, Whole

MOST_ENTRIES = 5_000_000
"""Of all tables of a model together: 20 MB."""
_PARTS_AT_ONCE = 32


def tabulated(parts: Sequence[Part], places: Sequence[int], margins: int) -> TreeTables | None:
    """The tables of parts, each of at least one split; None where they would be too large.

    `places`: of each column that the trees read, the place of its feature among the features.
    """
    features = max(places) + 1
    cells = [
        (number, target) for number, part in enumerate(parts) for target in sorted(_targets(part, places, features))
    ]
    bits = max(len(part.splits) for part in parts)
    if len(cells) << bits > MOST_ENTRIES:
        return None
    columns, thresholds, splits = _comparisons(parts, len(places), bits)
    ones = (np.ones(len(cells)), ([target for _, target in cells], np.arange(len(cells))))
    return TreeTables(
        columns=columns,
        thresholds=thresholds,
        splits=splits,
        part=np.array([number for number, _ in cells], dtype=np.intp),
        starts=np.arange(0, len(cells) << bits, 1 << bits, dtype=np.int32)[:, None],
        tables=_tables(parts, places, features, cells, bits),
        together=csr_array(ones, shape=(margins * features, len(cells))),
        shape=(margins, features),
    )


def _targets(part: Part, places: Sequence[int], features: int) -> set[int]:
    """Places of a part's features among the features of all margins."""
    return {part.tree.margin * features + places[part.tree.column[split]] for split in part.splits}


def _comparisons(parts: Sequence[Part], width: int, bits: int) -> tuple[Whole, NDArray[np.float32], Whole]:
    """TreeTables' columns, thresholds and splits. Values come twice: with what is missing low, then with it high."""
    known: dict[tuple[int, float], int] = {(0, -np.inf): 0}  # nothing is below: of splits that a part does not have
    splits = np.zeros((bits, len(parts)), dtype=np.intp)
    for number, part in enumerate(parts):
        tree = part.tree
        for place, split in enumerate(part.splits):
            column = tree.column[split] + (0 if tree.missing_left[split] else width)
            splits[place, number] = known.setdefault((column, tree.threshold[split]), len(known))
    columns = np.array([column for column, _ in known], dtype=np.intp)
    return columns, np.array([[threshold] for _, threshold in known], dtype=np.float32), splits


def _tables(
    parts: Sequence[Part], places: Sequence[int], features: int, cells: list[tuple[int, int]], bits: int
) -> NDArray[np.float32]:
    """What the cells' parts add to their targets, shape (cells * outcomes of all bits,)."""
    cell = {key: number for number, key in enumerate(cells)}
    outcomes = 1 << bits
    found = np.zeros((len(cells), outcomes), dtype=np.float32)
    for start in range(0, len(parts), _PARTS_AT_ONCE):
        here = range(start, min(start + _PARTS_AT_ONCE, len(parts)))
        pairs = [(number, leaf) for number in here for leaf in parts[number].leaves]
        added = leaf_values([leaf for _, leaf in pairs], bits)
        into = np.full(added.shape[:2], -1)
        for row, (number, leaf) in enumerate(pairs):
            base = parts[number].tree.margin * features
            into[row, : len(leaf.steps)] = [cell[number, base + places[step.column]] for step in leaf.steps]
        order = np.argsort(into, axis=None, kind="stable")[np.count_nonzero(into < 0) :]
        touched, starts = np.unique(into.ravel()[order], return_index=True)
        found[touched] = np.add.reduceat(added.reshape(-1, outcomes)[order], starts, axis=0)
    return found.ravel()
