"""All that is served now: every target's loaded models, exchanged whole when an alias moves."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock

from features.registry import all_targets, find_target
from refrain.errors import ModelError
from tasks.champions.loaded import LoadedModel, LoadedTarget, identity, load_version
from tasks.champions.refused import Refused
from tasks.model_folder import local_folder
from tasks.tracking import Store
from tasks.versions import BASELINE, CHALLENGER, CHAMPION, RegisteredTarget, Version, alias_marks, read_target

_log = logging.getLogger("refrain.champions")
_NEVER = object()


@dataclass(frozen=True)
class Shown:
    """All that a shelf says at one moment."""

    loaded: Mapping[str, LoadedTarget] = field(default_factory=dict)
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Target -> when this process began to serve its champion."""
    problems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Target -> alias -> why the version that it points to is not served."""
    registry: str = ""
    """Why the registry cannot be read now; empty where it can."""


@dataclass
class _Look:
    """What the last look at a target saw."""

    mark: object = _NEVER
    refused: Refused = field(default_factory=Refused)


class Shelf:
    """The loaded targets of a store. Anything but `refresh` may be called from any thread, and waits for nothing.

    What it gives never changes: when an alias moves, another LoadedTarget takes the place of the one there was.
    """

    def __init__(
        self,
        store: Store,
        targets: Iterable[str] | None = None,
        *,
        with_families: Iterable[str] | None = None,
        refused: Callable[[], Refused] = Refused,
    ) -> None:
        """`targets`: names of those to serve; all where not given. Nothing is loaded before `refresh`.

        `with_families`: names of those whose families are loaded beside champion and baseline, which takes time and
        memory; all where not given. Raises UsageError for a target that there is not.
        """
        self.store = store
        self.targets = tuple(all_targets() if targets is None else (find_target(name).name for name in targets))
        self._with_families = frozenset(self.targets if with_families is None else with_families)
        self._shown = Shown()
        self._looks = {target: _Look(refused=refused()) for target in self.targets}
        self._one_at_a_time = Lock()

    def of(self, target: str) -> LoadedTarget:
        """What is served of a target. Raises ModelError where nothing is, saying why."""
        found = self._shown.loaded.get(target)
        if found is None:
            raise ModelError(self.problem(target) or f"{target} is not loaded yet.", hint="Run `refrain run`.")
        return found

    def problem(self, target: str) -> str:
        """Why the newest champion of a target is not served (an older one, or none, is instead); empty where it is."""
        shown = self._shown
        return shown.problems.get(target, {}).get(CHAMPION, "") or shown.registry

    @property
    def shown(self) -> Shown:
        """All that there is to say now, at once."""
        return self._shown

    def refresh(self) -> tuple[str, ...]:
        """Load what the aliases point to now, where they have moved; the names of the targets that changed.

        A version that does not load or does not reproduce its example is refused: what was served goes on, and
        `problem` says why. It is tried again when an alias moves or a file of its changes, and after a minute. Where
        nothing has moved this takes a millisecond. Models that are served are not asked: they belong to another
        thread. Raises nothing: a registry out of reach is a problem, too.
        """
        with self._one_at_a_time:
            try:
                marks = alias_marks(self.store, self.targets)
                changed = tuple(target for target in self.targets if self._look(target, marks.get(target)))
            except Exception as error:
                # Any of a dozen libraries may be behind the store, and none of them may end what is served.
                self._say_unreachable(error)
                return ()
            if self._shown.registry:
                _log.info("The registry can be read again.")
                self._shown = replace(self._shown, registry="")
            return changed

    def _look(self, target: str, mark: object) -> bool:
        """Whether something else is served of a target now."""
        look = self._looks[target]
        if mark == look.mark and not look.refused.any_to_try():
            return False
        registered = read_target(self.store, target)
        before = self._shown.loaded.get(target)
        found, problems = self._taken(registered, {} if before is None else before.by_alias, look.refused)
        look.refused.keep(version for version in registered.versions if version.aliases)
        look.mark = mark
        return self._show(target, LoadedTarget.of_aliases(found), problems)

    def _taken(
        self, registered: RegisteredTarget, before: Mapping[str, LoadedModel], refused: Refused
    ) -> tuple[Mapping[str, LoadedModel], Mapping[str, str]]:
        """Alias -> what to serve under it, and alias -> why that is not what it points to."""
        if CHAMPION not in registered.aliases:
            when = "any more; the last one is served on" if before else "yet"
            return before, {CHAMPION: f"{registered.target} has no champion {when}."}
        there = {identity(model.version): model for model in before.values()}
        models, problems = dict[str, LoadedModel](), dict[str, str]()
        for alias in self._wanted(registered):
            try:
                version = registered.version(registered.aliases[alias])
                key = identity(version)
                if key not in there:
                    there[key] = self._load(version, refused)
                models[alias] = there[key]
            except ModelError as error:
                problems[alias] = str(error)
                if alias == CHAMPION and not before:
                    break  # nothing is served without one: the others need not be loaded
        return {**{alias: before[alias] for alias in problems if alias in before}, **models}, problems

    def _wanted(self, registered: RegisteredTarget) -> Iterator[str]:
        """The aliases whose versions are loaded, the champion's first."""
        yield CHAMPION
        for alias in registered.aliases:
            if alias == BASELINE or (alias not in (CHAMPION, CHALLENGER) and registered.target in self._with_families):
                yield alias

    def _load(self, version: Version, refused: Refused) -> LoadedModel:
        why = refused.why(version)
        if why is not None:
            raise ModelError(why)
        try:
            return load_version(self.store, version)
        except ModelError as error:
            why = _without_place(str(error), version)
            refused.note(version, why)
            _log.warning("Refused: %s", why)
            raise ModelError(why) from error

    def _show(self, target: str, found: LoadedTarget | None, problems: Mapping[str, str]) -> bool:
        """Let all see what a target is served with from now on; whether that is something else than before."""
        shown, before = self._shown, self._shown.loaded.get(target)
        loaded, since = dict(shown.loaded), dict(shown.since)
        if found is not None and found != before:
            loaded[target] = found
            if before is None or before.champion is not found.champion:
                since[target] = datetime.now(UTC)
                _log.info("%s: version %d is served.", target, found.champion.version.version)
        self._shown = Shown(loaded, since, {**shown.problems, target: problems}, shown.registry)
        return loaded.get(target) is not before

    def _say_unreachable(self, error: Exception) -> None:
        why = f"The registry cannot be read ({_kind(error)}); what was served goes on."
        if why != self._shown.registry:
            _log.warning("%s", why)
            self._shown = replace(self._shown, registry=why)


def _kind(error: Exception) -> str:
    """What went wrong, for a person: a database's own words, of others the kind alone, which may name addresses."""
    return str(error) if isinstance(error, sqlite3.Error) else type(error).__name__


def _without_place(text: str, version: Version) -> str:
    """The same without where the version lies on this machine: it is shown to whoever asks."""
    folder = local_folder(version.location)
    return text if folder is None else text.replace(str(folder), "...")
