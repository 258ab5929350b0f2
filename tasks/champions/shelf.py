"""All that is served now: every target's loaded models, exchanged whole when an alias moves."""

from collections.abc import Iterable, Mapping

from features.registry import all_targets
from refrain.errors import ModelError
from tasks.champions.loaded import LoadedModel, LoadedTarget, load_version
from tasks.tracking import Store
from tasks.versions import BASELINE, CHAMPION, read_target

_ALIASES = ("challenger", CHAMPION, BASELINE)


class Shelf:
    """The loaded targets of a store. `of` may be called from any thread; what it gives never changes."""

    def __init__(self, store: Store, targets: Iterable[str] | None = None) -> None:
        """`targets`: names of those to serve; all where not given. Nothing is loaded before `refresh`."""
        self.store = store
        self.targets = tuple(all_targets()) if targets is None else tuple(targets)
        self._loaded: Mapping[str, LoadedTarget] = {}
        self._problems: Mapping[str, str] = {}

    def of(self, target: str) -> LoadedTarget:
        """What is served of a target. Raises ModelError where nothing is, saying why."""
        found = self._loaded.get(target)
        if found is None:
            raise ModelError(self.problem(target) or f"{target} has no champion yet.", hint="Run `refrain run`.")
        return found

    def problem(self, target: str) -> str:
        """Why the newest champion of a target is not served (an older one, or none, is instead); empty where it is."""
        return self._problems.get(target, "")

    def refresh(self) -> tuple[str, ...]:
        """Load what the aliases point to now, where they have moved; the names of the targets that changed.

        A version that does not load or does not reproduce its example is refused: what was served goes on.
        """
        loaded, problems, changed = dict(self._loaded), dict(self._problems), []
        for target in self.targets:
            try:
                loaded[target] = load_target(self.store, target)
                problems.pop(target, None)
                changed.append(target)
            except ModelError as error:
                problems[target] = str(error)
        self._loaded, self._problems = loaded, problems
        return tuple(changed)


def load_target(store: Store, name: str) -> LoadedTarget:
    """What the aliases of a target point to. Raises ModelError without a champion, or where one does not load."""
    registered = read_target(store, name)
    champion = registered.aliased(CHAMPION)
    if champion is None:
        raise ModelError(f"{name} has no champion yet.", hint=f"Run `refrain run {name}`.")
    versions: dict[int, LoadedModel] = {}

    def loaded(number: int) -> LoadedModel:
        if number not in versions:
            versions[number] = load_version(store, registered.version(number))
        return versions[number]

    families = {alias: loaded(number) for alias, number in registered.aliases.items() if alias not in _ALIASES}
    bar = registered.aliases.get(BASELINE)
    return LoadedTarget(loaded(champion.version), families, None if bar is None else loaded(bar))
