"""What came of registering a training, as the registry remembers it."""

from typing import Any

from refrain.settings import Frozen
from tasks.gate import Decision, Outcome, displayed
from tasks.lineage import Lineage
from tasks.records import Estimate
from tasks.tracking import Store
from tasks.versions import CHAMPION, RegisteredTarget, Version, read_target, run_tags

TRAINING = "training"
"""Tag of the registered model: the training that was registered last, and completely."""
RUN = "run"
"""Tag of the registered model: the parent run of that training, whose tags hold the registration."""
_REGISTRATION = "registration."
_PIECES = "registration.pieces"
_PIECE = 7500  # a tag of a run holds 8000 characters


class Served(Frozen):
    """The version that the alias `champion` points to."""

    name: str
    family: str
    version: int
    is_baseline: bool


class RegisteredCandidate(Frozen):
    """A candidate or baseline and the version that it became."""

    name: str
    family: str
    version: int
    run_id: str


class Registration(Frozen):
    """What the registry knows of one training of a target."""

    target: str
    training: str
    """The lineage's digest."""
    champion: Served
    verdict: str
    """The decision in words: "champion: XGBoost v3"."""
    metric: Estimate
    """The champion's headline metric on the current test window."""
    difference: Estimate
    """The same minus the best baseline's."""
    decision: Decision
    versions: tuple[RegisteredCandidate, ...]
    mlflow_run_id: str
    flow_run_id: str
    """The flow run that registered it first."""
    created: bool
    """Whether this call made it, rather than found it."""


def find_registration(store: Store, target: str, lineage: Lineage) -> Registration | None:
    """The registration of this training, if it is the one that was registered last and whole; at the cost of a look.

    The champion is the one that the alias points to now, which may have been rolled back since.
    """
    model = read_target(store, target)
    if model.tags.get(TRAINING) != lineage.training:
        return None
    found = last_registration(store, model)
    return found if found is not None and found.training == lineage.training else None


def last_registration(store: Store, model: RegisteredTarget) -> Registration | None:
    """The registration of the training that was registered last and whole, whatever it was made of."""
    if TRAINING not in model.tags:
        return None
    tags = run_tags(store, model.tags.get(RUN, ""))
    try:
        pieces = (tags[f"{_REGISTRATION}{place:03d}"] for place in range(int(tags[_PIECES])))
        found = Registration.model_validate_json("".join(pieces))
    except (KeyError, ValueError):  # noted by another version of Refrain: registering again notes it anew
        return None
    now_served = model.aliased(CHAMPION)
    if now_served is None:
        return None
    found = found.model_copy(update={"created": False})
    return found if now_served.version == found.champion.version else _moved(found, now_served)


def remember(store: Store, model: RegisteredTarget, registration: Registration) -> None:
    """Note that a training is registered whole; the last step of registering."""
    text, client = registration.model_dump_json(), store.client()
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    run = registration.mlflow_run_id
    for place, piece in enumerate(pieces):
        client.set_tag(run, f"{_REGISTRATION}{place:03d}", piece)
    client.set_tag(run, _PIECES, str(len(pieces)))
    client.set_registered_model_tag(model.target, RUN, run)
    client.set_registered_model_tag(model.target, TRAINING, registration.training)


def forget(store: Store, model: RegisteredTarget) -> None:
    """Note that registering is under way: until `remember`, no training counts as registered whole."""
    if TRAINING in model.tags:
        store.client().delete_registered_model_tag(model.target, TRAINING)


def served(version: Version) -> Served:
    """A version as the one that is served."""
    return Served(name=version.name, family=version.family, version=version.version, is_baseline=version.is_baseline)


def _moved(found: Registration, version: Version) -> Registration:
    measured: dict[str, Any] = {}
    incumbent = found.decision.incumbent
    if incumbent is not None and incumbent.version == version.version and incumbent.metric and incumbent.difference:
        measured = {"metric": incumbent.metric, "difference": incumbent.difference}
    else:
        tags, headline = version.tags, found.decision.headline
        for field, prefix in (("metric", headline), ("difference", f"difference_{headline}")):
            if prefix in tags:
                numbers = {part: tags[f"{prefix}{end}"] for part, end in _ENDS.items()}
                measured[field] = Estimate.model_validate(numbers, strict=False)
    word = Outcome.BASELINE_KEPT if version.is_baseline else Outcome.CHAMPION
    verdict = f"{word}: {displayed(version.family)} v{version.version}, moved by hand"
    return found.model_copy(update={"champion": served(version), "verdict": verdict, **measured})


_ENDS = {"value": "", "low": "_low", "high": "_high"}
