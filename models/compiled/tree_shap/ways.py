"""The ways through trees of any depth, in all trees at once, and what columns add to the leaves that they lead to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Whole = NDArray[np.intp]
Flags = NDArray[np.bool_]

_MOST_NODES = 8
"""Exact for 16 columns on a way; of 26, no error has been seen but rounding."""


@dataclass(frozen=True)
class Ways:
    """The steps from splits to both of their sides, nearest to the roots first; step 0 stands for none.

    Of shape (steps,), but for what says otherwise.
    """

    levels: tuple[slice, ...]
    """Steps of equal depth; the two of a split are side by side."""
    above: Whole
    """The step that leads to the split; 0 of a root."""
    before: Whole
    """The nearest step above that is on the same column; 0 where there is none."""
    share: Numbers
    """Of the training rows, what share takes all steps on this column down to here."""
    column: Whole
    threshold: Numbers
    left: Flags
    """Whether this is the step of values up to the threshold."""
    missing: Flags
    """Whether it is that of missing values."""
    leaf: Whole
    """The steps that lead to leaves, shape (leaves,)."""
    value: Numbers
    """What these say, shape (leaves, outputs)."""
    nodes: Numbers
    """Where products are kept that are to be integrated from 0 to 1, and in `weights` how much each counts."""
    weights: Numbers

    def added(self, row: NDArray[np.float32]) -> Numbers:
        """What the column of each step adds to each output by it, shape (outputs, steps)."""
        met = self._met(row).astype(np.float64)
        factor = np.multiply.outer(met, self.nodes) + np.multiply.outer(self.share, 1.0 - self.nodes)
        product = factor / factor.take(self.before, axis=0)
        for level in self.levels[1:]:
            product[level] *= product.take(self.above[level], axis=0)
        slope = (met - self.share)[:, None] * self.weights / factor
        slope -= slope.take(self.before, axis=0)
        return np.asarray(np.einsum("son,sn->os", self._summed(product), slope), dtype=np.float64)

    def _met(self, row: NDArray[np.float32]) -> Flags:
        """Whether the row takes all steps on a step's column down to it."""
        values = row[self.column]
        met: Flags = np.where(np.isnan(values), self.missing, (values <= self.threshold) == self.left)
        met[0] = True
        for level in self.levels:
            met[level] &= met[self.before[level]]
        return met

    def _summed(self, product: Numbers) -> Numbers:
        """The sum over the leaves behind each step of what they say times their product: (steps, outputs, nodes)."""
        found = np.zeros((len(product), self.value.shape[1], len(self.nodes)))
        found[self.leaf] = self.value[:, :, None] * product[self.leaf][:, None, :]
        for level in reversed(self.levels[1:]):
            found[self.above[level][::2]] = found[level][::2] + found[level][1::2]
        return found


@dataclass(frozen=True)
class _Splits:
    """The nodes of some trees, one tree after another."""

    roots: Whole
    left: Whole
    """Below 0 of a leaf."""
    right: Whole
    column: Whole
    threshold: Numbers
    missing_left: Flags
    weight: Numbers
    value: Numbers
    """Shape (nodes, outputs)."""


def ways_of(trees: Sequence[Any], columns: int, outputs: slice) -> Ways:
    """Those through scikit-learn's fitted `trees` of so many columns, to `outputs` of all that they say."""
    splits = _splits_of(trees)
    steps = 1 + 2 * int((splits.left >= 0).sum())
    above, before, split, share = *(np.zeros(steps, dtype=np.intp) for _ in range(3)), np.ones(steps)
    levels, leaves, players = [slice(0, 1)], [], 1
    node, step, last = splits.roots, np.zeros_like(splits.roots), np.zeros((len(trees), columns), dtype=np.intp)
    while len(node):
        inner = splits.left[node] >= 0
        leaves.append((step[~inner], node[~inner]))
        players = max(players, int((last > 0).sum(axis=1).max()))
        node, step, last = node[inner], step[inner], last[inner].repeat(2, axis=0)
        here = slice(levels[-1].stop, levels[-1].stop + 2 * len(node))
        split[here], above[here] = node.repeat(2), step.repeat(2)
        node = np.column_stack([splits.left[node], splits.right[node]]).ravel()
        own = np.arange(len(node)), splits.column[split[here]]
        before[here] = last[own]
        share[here] = share[before[here]] * splits.weight[node] / splits.weight[split[here]]
        step = last[own] = np.arange(here.start, here.stop)
        levels.append(here)
    leaf, of_leaf = (np.concatenate(found) for found in zip(*leaves, strict=True))
    left = np.arange(steps) % 2 == 1
    places, weights = np.polynomial.legendre.leggauss(min((players + 1) // 2, _MOST_NODES))
    return Ways(
        levels=tuple(levels[1:-1]),
        above=above,
        before=before,
        share=share,
        column=splits.column[split],
        threshold=splits.threshold[split],
        left=left,
        missing=splits.missing_left[split] == left,
        leaf=leaf[leaf > 0],  # a root that is a leaf has no way to it
        value=splits.value[of_leaf[leaf > 0], outputs],
        nodes=(places + 1) / 2,
        weights=weights / 2,
    )


def _splits_of(trees: Sequence[Any]) -> _Splits:
    counts = [tree.node_count for tree in trees]
    roots = np.cumsum([0, *counts[:-1]])
    offset = np.repeat(roots, counts)

    def of_all(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    left, right = of_all("children_left"), of_all("children_right")
    return _Splits(
        roots=roots,
        left=np.where(left < 0, left, left + offset),
        right=right + offset,
        column=of_all("feature"),
        threshold=of_all("threshold"),
        missing_left=of_all("missing_go_to_left") == 1,
        weight=of_all("weighted_n_node_samples"),
        value=of_all("value")[:, 0],
    )
