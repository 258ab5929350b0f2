"""Every target's rows on PySpark in local mode: the same, to the last bit, as on the embedded engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import pytest
from polars.testing import assert_frame_equal
from raw_rows import RANDOM_ROWS, frame, readings

from features.breakout import BreakoutSettings
from features.catalogue import CatalogueSettings
from features.registry import all_targets
from features.target import AS_OF

pyspark_sql = pytest.importorskip("pyspark.sql", reason="PySpark is an extra that is not installed (make test-spark)")
if shutil.which("java") is None:
    pytest.skip("PySpark needs a Java runtime, and there is no java on the PATH", allow_module_level=True)

# Random plays are few: the default knobs would leave hardly a row. Targets not named here take their defaults.
SETTINGS: dict[str, Any] = {
    "breakout.core": BreakoutSettings(min_plays=2, max_months_known=3, core_plays=7, core_share=0.2, warm_up_months=4),
    "catalogue.decay": CatalogueSettings(origin_every_months=1, horizon_months=3, months="calendar", listener_months=9),
}


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A session on this machine. Its time zone is far from UTC: the rows must not depend on it."""
    session = (
        pyspark_sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "Pacific/Auckland")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "datasets"), readings(all_targets().values()))
def test_the_rows_are_the_same_on_both_engines(
    name: str, datasets: tuple[str, ...], spark: Any, tmp_path: Path
) -> None:
    target = all_targets()[name]
    settings = SETTINGS.get(name, target.settings_type())
    embedded, distributed = {}, {}
    for dataset in datasets:
        rows = frame(dataset, RANDOM_ROWS[dataset](21))
        rows.write_parquet(tmp_path / f"{dataset}.parquet")
        embedded[dataset] = nw.from_native(rows.lazy())
        distributed[dataset] = nw.from_native(spark.read.parquet(str(tmp_path / f"{dataset}.parquet")))
    keys = [AS_OF, *target.entity]
    expected = target.rows(embedded, settings).to_native().collect(engine="streaming").sort(keys)
    found = target.rows(distributed, settings).collect("polars").to_native().sort(keys)
    assert expected.height > 50
    # Widths of whole numbers may differ between engines; values may not.
    assert_frame_equal(found.cast(dict(expected.schema)), expected, check_exact=True)
