"""Trees cut into parts of so few splits that every outcome of them can be written down."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.compiled.tree_shap.trees import LEAF, Tree

MOST_SPLITS = 8
"""Of a part: their outcomes are the bits of a byte."""


@dataclass(frozen=True, slots=True)
class Step:
    """One split on the way to a leaf."""

    split: int
    """Its place among the part's splits."""
    column: int
    left: bool
    """Whether the way goes left."""
    share: float
    """Of the training weight that came to the split, what went this way."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a part and the steps to it from the tree's root."""

    value: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some leaves of a tree, which depend on no other splits than `splits`."""

    tree: Tree
    splits: tuple[int, ...]
    """Nodes of the tree, at most MOST_SPLITS."""
    leaves: tuple[Leaf, ...]


def parts_of(tree: Tree) -> list[Part] | None:
    """The parts of a tree, every leaf in one of them; None where the way to a leaf alone has too many splits.

    A part is all below a node; the splits on the way to that node belong to it too. Trees up to depth 8 have parts, the
    more the deeper they are: one up to depth 3, two of depth 4, 128 of depth 8.
    """
    found: list[Part] = []
    waiting: list[tuple[int, tuple[tuple[int, bool], ...]]] = [(0, ())]
    while waiting:
        node, way = waiting.pop()
        splits = (*(above for above, _ in way), *_splits_below(tree, node))
        if len(splits) <= MOST_SPLITS:
            found.append(_part(tree, node, way, splits))
        elif len(way) < MOST_SPLITS:
            waiting += [(tree.right[node], (*way, (node, False))), (tree.left[node], (*way, (node, True)))]
        else:
            return None
    return found


def _splits_below(tree: Tree, node: int) -> Iterator[int]:
    if tree.left[node] != LEAF:
        yield node
        yield from _splits_below(tree, tree.left[node])
        yield from _splits_below(tree, tree.right[node])


def _part(tree: Tree, node: int, way: tuple[tuple[int, bool], ...], splits: tuple[int, ...]) -> Part:
    place = {split: number for number, split in enumerate(splits)}

    def step(split: int, left: bool) -> Step:
        child = tree.left[split] if left else tree.right[split]
        return Step(place[split], tree.column[split], left, tree.cover[child] / tree.cover[split])

    def leaves(node: int, steps: tuple[Step, ...]) -> Iterator[Leaf]:
        if tree.left[node] == LEAF:
            yield Leaf(tree.threshold[node], steps)
            return
        yield from leaves(tree.left[node], (*steps, step(node, True)))
        yield from leaves(tree.right[node], (*steps, step(node, False)))

    return Part(tree, splits, tuple(leaves(node, tuple(step(split, left) for split, left in way))))
