"""All contracts, found by looking: a file in contracts/ that has a CONTRACT adds it."""

import importlib
import pkgutil
from functools import cache

import contracts
from contracts.contract import Contract
from refrain.errors import UsageError


@cache
def all_contracts() -> dict[str, Contract]:
    """Dataset name -> contract, in the order of their names."""
    found: dict[str, Contract] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(contracts.__path__)):
        contract = getattr(importlib.import_module(f"contracts.{module}"), "CONTRACT", None)
        if contract is not None:
            found[contract.dataset.name] = contract
    return dict(sorted(found.items()))


def find_contract(dataset: str) -> Contract:
    """The contract of `dataset`; UsageError, listing the known ones, if there is none."""
    known = all_contracts()
    if dataset not in known:
        raise UsageError(
            f"There is no contract for a dataset called {dataset!r}.", hint=f"Known datasets: {', '.join(known)}."
        )
    return known[dataset]
