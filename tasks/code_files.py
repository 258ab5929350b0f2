"""Which of the project's own files a module's behaviour depends on, so that a stage is stale when its code changed."""

import ast
from pathlib import Path

# refrain/ is left out: it holds shared words, and a reworded error there must not retrain every model.
_PACKAGES = ("tasks", "features", "models", "sources", "contracts")


def imported_files(root: Path, *modules: str) -> tuple[str, ...]:
    """Paths below `root` of `modules` and of everything they import from the project's folders, sorted."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        path = root / Path(*module.split(".")).with_suffix(".py")
        if module in found or module.partition(".")[0] not in _PACKAGES or not path.is_file():
            continue
        found[module] = path
        waiting += _imports(path)
    return tuple(sorted(path.relative_to(root).as_posix() for path in found.values()))


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from models import calibration` names a module, `from models.calibration import Platt` an object in one.
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names
