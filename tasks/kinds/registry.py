"""Which kind a target is of. Each kind is a module of its own: a stage depends on the code of its target's alone."""

import importlib
from typing import TYPE_CHECKING

from features.target import Kind, Target

if TYPE_CHECKING:
    from tasks.kinds.kind import KindOfTarget

_MODULES = {Kind.CHANCE: "tasks.kinds.chances", Kind.AMOUNT: "tasks.kinds.amounts", Kind.CLASS: "tasks.kinds.classes"}


def kind_module(target: Target) -> str:
    """The module that holds what a target's kind can do."""
    return _MODULES[target.kind]


def kind_of(target: Target) -> "KindOfTarget":
    """What a target's kind can do."""
    return of_kind(target.kind, target.classes)


def of_kind(kind: Kind, classes: tuple[str, ...]) -> "KindOfTarget":
    """What targets of a kind, and of these classes, can do."""
    found: KindOfTarget = importlib.import_module(_MODULES[kind]).kind(classes)
    return found
