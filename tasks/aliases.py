"""Which version an alias points to, and the record of every move."""

import getpass
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from features.registry import find_target
from refrain.errors import ModelError
from refrain.settings import Frozen
from tasks.model_folder import EXAMPLE_OUTPUT, fetched_model, read_example
from tasks.reproduce import fresh_predictions, reproductions
from tasks.tracking import Store
from tasks.versions import CHAMPION, RegisteredTarget, Version, read_target

_MOVE = "alias_move."


class AliasMove(Frozen):
    """One move of an alias. Kept as a tag `alias_move.<when>.<alias>` of the version that it moved to."""

    alias: str
    when: datetime
    who: str
    from_version: int | None
    to_version: int
    why: str
    numbers: Mapping[str, Any]
    flow_run_id: str = ""


def alias_moves(store: Store, target: str) -> tuple[AliasMove, ...]:
    """All moves of a target's aliases, from the first to the last."""
    return moves_of(read_target(store, target))


def move_alias(
    store: Store,
    target: str,
    alias: str,
    version: int,
    *,
    why: str,
    numbers: Mapping[str, Any],
    flow_run_id: str = "",
    who: str = "",
) -> AliasMove | None:
    """Point an alias to a version, and record who moved it, when, from where, to where, why, and the numbers.

    The record is written first, so that no move goes unrecorded. Nothing happens, and none is returned, if the alias
    points there already. Raises ModelError if there is no such version.
    """
    model = read_target(store, target)
    model.version(version)
    before = model.aliases.get(alias)
    if before == version:
        return None
    move = AliasMove(
        alias=alias,
        when=datetime.now(UTC),
        who=who or _user(),
        from_version=before,
        to_version=version,
        why=why,
        numbers=numbers,
        flow_run_id=flow_run_id,
    )
    client = store.client()
    last = next((known for known in reversed(moves_of(model)) if known.alias == alias), None)
    if last is None or (last.from_version, last.to_version, last.why) != (before, version, why):
        # Otherwise a run was killed between writing this very record and the move.
        key = f"{_MOVE}{move.when:%Y-%m-%dT%H:%M:%S.%fZ}.{alias}"
        client.set_model_version_tag(target, str(version), key, move.model_dump_json())
    client.set_registered_model_alias(target, alias, str(version))
    return move


def serve_version(store: Store, target: str, version: int, *, why: str = "chosen by hand", who: str = "") -> Version:
    """Serve any registered version from now on, once a fresh process has loaded it.

    It must say of its example what it said when it was registered. Raises ModelError, and moves nothing, if there is no
    such version or it does not load or says something else.
    """
    with store.locked(f"registering-{target}"):
        model = read_target(store, target)
        wanted = model.version(version)
        check_loads(store, wanted)
        numbers = {key: wanted.tags[key] for key in ("headline", "headline_value") if key in wanted.tags}
        move_alias(store, target, CHAMPION, version, why=why, numbers=numbers, who=who)
        return read_target(store, target).version(version)


def check_loads(store: Store, version: Version) -> None:
    """Raise ModelError unless a fresh process loads the version and it says of its example what it said once."""
    label = f"{version.target} version {version.version}"
    target = find_target(version.target)
    with fetched_model(store, version) as folder:
        example = pd.DataFrame(read_example(folder))
        said = fresh_predictions(target, {label: folder / "model.skops"}, example)
    expected = json.loads(version.tags.get(EXAMPLE_OUTPUT, "[]"))
    finding = reproductions(target, said, {label: np.asarray(expected, dtype=np.float64)})[label]
    if not finding.passed:
        reason = finding.error or f"its predictions differ by up to {finding.max_difference:.3g}"
        raise ModelError(f"{label} cannot be served: {reason.rstrip('.')}.", hint="Choose another version.")


def moves_of(model: RegisteredTarget) -> tuple[AliasMove, ...]:
    """The same of a target that was read."""
    tags = (tag for version in model.versions for tag in version.tags.items())
    found = [AliasMove.model_validate_json(value) for key, value in tags if key.startswith(_MOVE)]
    return tuple(sorted(found, key=lambda move: move.when))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
