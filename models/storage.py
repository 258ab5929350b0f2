"""Fitted estimators as files: skops' format, the same bytes for the same model, loaded only if every type is ours.

skops names members and objects by memory address and random ids, so that two saves of one model differ. Here they are
renumbered in the order of their appearance, and the archive is written uncompressed (zlib's bytes differ between
builds) with fixed dates. The result is an ordinary .skops file.
"""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.allowed_types import is_allowed
from refrain.errors import ModelError
from refrain.files import replacing

_SCHEMA = "schema.json"
_ADDRESS = "_stop_words_id"
# Values without an identity of their own: whether two of them are one object is an accident of the interpreter.
_VALUES = {"BytesNode", "DTypeNode", "FunctionNode", "JsonNode", "SliceNode", "TupleNode", "TypeNode"}


def save_estimator(estimator: Any, path: Path) -> None:
    """Write a fitted estimator to `path`, whole or not at all; equal estimators give equal bytes.

    Raises ModelError if the estimator holds a type that `load_estimator` would refuse.
    """
    content = estimator_bytes(estimator)
    with replacing(path) as beside:
        beside.write_bytes(content)


def load_estimator(path: Path) -> Any:
    """The estimator stored at `path`.

    Nothing is built before every type in the file was found on our own list (models/allowed_types.py).
    Raises ModelError if there is no such file, it is damaged, or it holds a type that is not on the list.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"The model {path} cannot be read: {error.strerror}.", hint="Run `refrain run`.") from None
    return estimator_from_bytes(content, where=str(path))


def stored_types(path: Path) -> list[str]:
    """Names of the types that the estimator stored at `path` is made of. Raises ModelError as `load_estimator` does."""
    content = path.read_bytes()
    return sorted(_check_types(_read_schema(content, str(path)), str(path)))


def estimator_bytes(estimator: Any) -> bytes:
    """The bytes that `save_estimator` writes."""
    from skops.io import dumps  # noqa: PLC0415 - importing skops imports all of scikit-learn

    where = f"the {type(estimator).__name__} to store"
    with zipfile.ZipFile(io.BytesIO(dumps(estimator))) as archive:
        schema = json.loads(archive.read(_SCHEMA))
        _check_types(schema, where)
        members = _canonical(schema, {name: archive.read(name) for name in archive.namelist() if name != _SCHEMA})
    text = json.dumps(schema, separators=(",", ":"))
    return _archive({**members, _SCHEMA: text.encode()})


def estimator_from_bytes(content: bytes, where: str) -> Any:
    """The estimator stored in `content`; `where` names its place in errors. Raises ModelError as `load_estimator`."""
    from skops.io import loads  # noqa: PLC0415 - as above

    found = _check_types(_read_schema(content, where), where)
    try:
        return loads(content, trusted=sorted(found))
    except Exception as error:
        # A schema that is well-formed but wrong can fail anywhere in skops, numpy or the estimator's own __setstate__.
        raise _damaged(where, error) from error


def _read_schema(content: bytes, where: str) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            schema = json.loads(archive.read(_SCHEMA))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, RecursionError) as error:
        raise _damaged(where, error) from None
    if len(set(names)) < len(names):
        raise ModelError(f"{where} holds two members of one name: it was tampered with.", hint="Train it anew.")
    return schema


def _damaged(where: str, error: BaseException) -> ModelError:
    reason = str(error).strip().rstrip(".") or type(error).__name__
    return ModelError(f"{where} is damaged and does not load: {reason}.", hint="Train it anew with `refrain run`.")


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object description in a skops schema, in the order of appearance, parents first."""
    if isinstance(value, dict):
        if isinstance(value.get("__loader__"), str):
            yield value
        for part in value.values():
            yield from _nodes(part)
    elif isinstance(value, list):
        for part in value:
            yield from _nodes(part)


def _check_types(schema: Any, where: str) -> set[str]:
    """Full names of the types in the schema; ModelError if any is not allowed.

    The walk looks at everything that has a loader, wherever it lies, so it sees at least all that skops would build.
    """
    from skops.io._protocol import PROTOCOL  # noqa: PLC0415 - as above

    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise ModelError(
            f"{where} was not written by the version of skops that Refrain uses.",
            hint="Train it anew with `refrain run`.",
        )
    found = {tuple(str(node.get(key)) for key in ("__loader__", "__module__", "__class__")) for node in _nodes(schema)}
    for loader, module, name in sorted(found):
        if not is_allowed(loader, module, name):
            raise ModelError(
                f"{where} holds an object of the type {module}.{name} ({loader}), which is not on Refrain's list of "
                "types a model may be made of.",
                hint="If you trust it and need it, add it to models/allowed_types.py; otherwise do not load this file.",
            )
    return {f"{module}.{name}" for _, module, name in found}


def _canonical(schema: dict[str, Any], members: dict[str, bytes]) -> dict[str, bytes]:
    """Renumber the schema in place; return its members under their new names."""
    nodes = list(_nodes(schema))
    for node in nodes:
        if node["__loader__"] == "SetNode":
            node["content"].sort(key=lambda item: json.dumps(_without_ids(item)))
    appearances = Counter(node["__id__"] for node in nodes if "__id__" in node)
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(schema):
        _renumber(node, numbers, appearances)
        _forget_addresses(node)
        if "file" in node:
            old = node["file"]
            new = files.setdefault(old, f"{len(files):06d}{Path(old).suffix}")
            node["file"] = new
    return {new: _same_each_time(new, members[old]) for old, new in files.items()}


def _renumber(node: dict[str, Any], numbers: dict[int, int], appearances: Counter[int]) -> None:
    """Number an object that appears more than once; one that appears once, or is a mere value, needs no number.

    skops looks a number up before it reads the rest, so an estimator that appears again (a calibrated one holds its
    estimator twice) needs no second description.
    """
    identity = node.pop("__id__", None)
    if identity is None or node["__loader__"] in _VALUES or appearances[identity] == 1:
        return
    if identity in numbers and node["__loader__"] == "ObjectNode":
        node.pop("content", None)
    node["__id__"] = numbers.setdefault(identity, len(numbers) + 1)


def _forget_addresses(node: dict[str, Any]) -> None:
    """Text vectorizers remember the memory address of their stop words, to warn about them once only."""
    content = node.get("content")
    if isinstance(content, dict) and _ADDRESS in content and node["__loader__"] == "DictNode":
        content[_ADDRESS]["content"] = "null"


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(part) for key, part in value.items() if key != "__id__"}
    return [_without_ids(part) for part in value] if isinstance(value, list) else value


def _same_each_time(name: str, content: bytes) -> bytes:
    """The member without what differs between two saves of one array."""
    if name.endswith(".npz"):
        return _without_dates(content)
    if name.endswith(".npy") and b"'descr': [" in content[:32]:
        return _without_padding(content)
    return content


def _without_padding(content: bytes) -> bytes:
    """The same array of records (the nodes of a tree) with zeros between the fields, where memory left anything."""
    records = np.load(io.BytesIO(content), allow_pickle=False)
    clean = np.zeros(records.shape, records.dtype)
    for field in records.dtype.names:
        clean[field] = records[field]
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()


def _without_dates(archive: bytes) -> bytes:
    """The same archive, uncompressed and without dates."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return _archive({name: packed.read(name) for name in packed.namelist()})


def _archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name)
            info.create_system = 3  # otherwise it names the machine's own system
            archive.writestr(info, members[name])
    return buffer.getvalue()
