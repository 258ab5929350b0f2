"""The sets of families: each lies in a module of models/ as its FAMILIES, and a target names that module."""

import importlib
from typing import Any

from models.family import Examples, Family, FamilySet, Settings
from models.preprocessing import Columns
from refrain.errors import SettingsError


def family_set(module: str) -> FamilySet:
    """The families that the module called `module` holds ("models.classifiers")."""
    found: FamilySet = importlib.import_module(module).FAMILIES
    return found


def check_settings(families: str, family: str, settings: Settings, where: str) -> None:
    """Raise SettingsError, naming what is known, if the set has no such family or the family no such setting."""
    known = family_set(families).candidates
    if family not in known:
        raise SettingsError(
            f"{where} names the family {family!r}, which does not exist.", hint=f"Known: {', '.join(known)}."
        )
    for name in settings:
        if name not in known[family].defaults:
            raise SettingsError(
                f"{where}.{family} has a setting {name!r}, which nobody reads.",
                hint=f"Known: {', '.join(known[family].defaults)}.",
            )


def fit_family(
    family: Family,
    columns: Columns,
    settings: Settings,
    learn_from: Examples,
    *,
    seed: int,
    stop_on: Examples | None = None,
) -> tuple[Any, dict[str, Any]]:
    """An estimator of `family` fitted on `learn_from`, and the settings that it was fitted with, defaults included.

    A family that stops early finds its number of rounds on `stop_on`, where that is given.
    """
    return family.fit(columns, {**family.defaults, **settings}, learn_from, seed, stop_on)
