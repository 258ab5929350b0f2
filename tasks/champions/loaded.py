"""A registered version in memory, checked before it may answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from features.registry import find_target
from features.target import Target
from models.compiled.compiling import Compiled, Explaining
from models.compiled.rows import Rows
from models.contributions import Contributions, contributions
from models.preprocessing import Columns
from models.storage import load_estimator
from refrain.errors import ModelError
from refrain.settings import Frozen
from tasks.champions.quick import is_close, quick_answers, quick_reasons
from tasks.kinds.kind import Answers
from tasks.kinds.registry import kind_of
from tasks.model_folder import EXAMPLE_OUTPUT, MD5, MODEL_FILE, fetched_model, read_example, read_learned
from tasks.records import LearnedRecord
from tasks.tracking import Store
from tasks.versions import BASELINE, CHAMPION, Version

Identity = tuple[str, int, datetime, str, str, str]


class ServedModel(Frozen):
    """The model that answered."""

    target: str
    name: str
    family: str
    version: int
    is_baseline: bool
    learned_until: date | None
    """The last as_of that it learned from; None where that was not noted. Of days up to it, what it says is no test."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A version that has reproduced its logged example. Ask it from one thread at a time."""

    target: Target
    version: Version
    served: ServedModel
    model: Any
    """The stored estimator itself."""
    learned: LearnedRecord | None
    """What it learned from; None of a version that was registered before this was kept."""
    quick: Compiled | None
    explaining: Explaining | None

    @property
    def threshold(self) -> float | None:
        """Probability from which a row is an alert, where the target has such."""
        text = self.version.tags.get("threshold")
        return None if text is None else float(text)

    def answers(self, rows: Rows) -> Answers:
        """What the model says, as tasks.kinds says. Raises InputError for rows that it refuses."""
        if self.quick is not None:
            return self.quick.answers(rows)
        return kind_of(self.target).ask(self.model, rows.frame())

    def contributions(self, rows: Rows) -> Contributions:
        """What drives the scores of rows. Raises ModelError for a model of another kind than chances and classes."""
        if self.explaining is not None:
            return self.explaining.contributions(rows)
        return contributions(self.model, rows.frame())


@dataclass(frozen=True)
class LoadedTarget:
    """What a target's aliases point to."""

    champion: LoadedModel
    families: Mapping[str, LoadedModel]
    """Family -> its newest version. The champion is among them where it is one of these versions."""
    baseline: LoadedModel | None
    """The best baseline."""

    @property
    def by_alias(self) -> Mapping[str, LoadedModel]:
        """All of them, by the aliases that they are found under."""
        bar = {} if self.baseline is None else {BASELINE: self.baseline}
        return {CHAMPION: self.champion, **self.families, **bar}

    @staticmethod
    def of_aliases(models: Mapping[str, LoadedModel]) -> "LoadedTarget | None":
        """The models found under a target's aliases; none without a champion."""
        if CHAMPION not in models:
            return None
        families = {alias: model for alias, model in models.items() if alias not in (CHAMPION, BASELINE)}
        return LoadedTarget(models[CHAMPION], families, models.get(BASELINE))


def columns_of(target: Target) -> Columns:
    """The features of a target, by kind."""
    return Columns(target.numeric, target.categorical, target.text)


def identity(version: Version) -> Identity:
    """What tells a version from another one, also from one that has its number after the registry was made anew."""
    tags = (version.tags.get(MD5, ""), version.tags.get(EXAMPLE_OUTPUT, ""))
    return (version.target, version.version, version.created_at, version.location, *tags)


def load_version(store: Store, version: Version) -> LoadedModel:
    """A version's model, once it has said of its logged example what it said when it was registered.

    Raises ModelError if it does not load, or says something else.
    """
    try:
        return _loaded(store, version)
    except ModelError:
        raise
    except Exception as error:
        # What is stored may be of any make: an estimator of other columns, an example that is no table ...
        raise ModelError(
            f"{_label(version)}: it fails on its logged example ({type(error).__name__}).", hint="Train it anew."
        ) from error


def _loaded(store: Store, version: Version) -> LoadedModel:
    target = find_target(version.target)
    columns = columns_of(target)
    with fetched_model(store, version) as folder:
        model = load_estimator(folder / MODEL_FILE)
        example = Rows.of_frame(read_example(folder), columns)
        learned = read_learned(folder)
    expected = np.asarray(json.loads(version.tags.get(EXAMPLE_OUTPUT, "[]")), dtype=np.float64)
    if not len(expected):
        raise ModelError(f"{_label(version)}: it has no logged example.", hint="Train it anew.")
    said = kind_of(target).ask(model, example.frame())
    if not is_close(target, said, expected):
        raise ModelError(
            f"{_label(version)}: of its logged example it says something else than when it was registered.",
            hint="Serve another version, or train it anew.",
        )
    quick = quick_answers(model, target, example, expected)
    return LoadedModel(
        target, version, served_model(version), model, learned, quick, quick_reasons(model, target, example)
    )


def served_model(version: Version) -> ServedModel:
    """How a version is named in answers."""
    return ServedModel(
        target=version.target,
        name=version.name,
        family=version.family,
        version=version.version,
        is_baseline=version.is_baseline,
        learned_until=_day(version.tags.get("learned_until", "")),
    )


def _label(version: Version) -> str:
    return f"{version.target} version {version.version} cannot be served"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
