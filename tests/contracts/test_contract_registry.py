"""A dataset's contract is found because its file is there."""

import subprocess
import sys

import pytest

from contracts.registry import all_contracts, find_contract
from refrain.datasets import DATASETS
from refrain.errors import UsageError


def test_every_dataset_has_a_contract_in_the_file_of_its_name():
    assert set(all_contracts()) == set(DATASETS)
    for name, contract in all_contracts().items():
        assert contract.dataset is DATASETS[name]
        assert __import__(f"contracts.{name}", fromlist=["CONTRACT"]).CONTRACT is contract


def test_what_a_contract_refers_to_is_there():
    for contract in all_contracts().values():
        for moment in (contract.moment, *contract.moments):
            assert moment is None or contract.dataset.column(moment)
        for reference in contract.references:
            contract.dataset.column(reference.column)
            DATASETS[reference.dataset].column(reference.key)


def test_an_unknown_dataset_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match=r"no contract for a dataset called 'plays'.*scrobbles"):
        find_contract("plays")


def test_looking_for_contracts_does_not_import_great_expectations():
    look = "import sys, tasks.validate, contracts.registry; contracts.registry.all_contracts()"
    seen = "print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", f"{look}; {seen}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
