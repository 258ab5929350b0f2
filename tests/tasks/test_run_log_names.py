"""What a run's metrics are called must be something that MLflow takes."""

import pytest
from mlflow.utils.validation import _validate_metric_name

from features.registry import all_targets


@pytest.mark.parametrize("name", list(all_targets()))
def test_slices_and_features_can_be_part_of_a_metrics_name(name):
    target = all_targets()[name]
    for part in (*(each.name for each in target.slices), *target.features):
        _validate_metric_name(f"{part}_wape_low")
