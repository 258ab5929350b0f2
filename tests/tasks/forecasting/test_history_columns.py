"""The columns measured in bulk are those that the model was trained on, to the last digit."""

from datetime import date

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from small_catalogues import daily, known_tracks, listeners, weekly_chart, written

from features.catalogue import CatalogueSettings, rows
from refrain.track_months import AGE, ARTIST_LEVEL, BACK, CUTOFF, EARLY_4_12, HISTORY, MLDR, S365, SEEN
from tasks.forecasting.columns import month_ends
from tasks.forecasting.histories import date_of, day_of
from tasks.forecasting.measured import completed, measure, surroundings_of
from tasks.forecasting.readers import read_histories
from tasks.forecasting.track_facts import TrackFacts


def trained_on(tables, settings, as_of):
    """What features/catalogue.py says of the tracks at `as_of`, by track."""
    frames = {name: nw.from_native(table.lazy()) for name, table in tables.items()}
    found = rows(frames, settings).to_native().collect().to_pandas()
    chosen = found[(found["as_of"] == pd.Timestamp(as_of)) & (found["month_ahead"] == 1)]
    return chosen.set_index("track_id")[list(HISTORY)].astype("float64").sort_index()


def measured(folder, tables, settings, as_of, chunk_rows):
    day = day_of(as_of)
    paths = {name: folder / f"{name}.parquet" for name in tables}
    facts = TrackFacts(paths.get("tracks"), paths.get("artist_listeners"), day, settings)
    chunks = read_histories([paths["daily_streams"]], facts, chunk_rows)
    parts = [measure(chunk, day, settings) for chunk in chunks]
    around = surroundings_of(parts, day)
    whole = [completed(part, around) for part in parts]
    found = pd.concat([part.columns.set_axis(part.track_ids) for part in whole])
    return found.sort_index()


CATALOGUES = {
    "daily": lambda: {"daily_streams": daily(1)},
    "daily with gaps": lambda: {"daily_streams": daily(2, gaps=0.02)},
    "weekly chart": lambda: {"daily_streams": weekly_chart(3)},
    "with artists": lambda: {
        "daily_streams": (counts := daily(4, gaps=0.005)),
        "tracks": known_tracks(counts, 5),
        "artist_listeners": listeners(6),
    },
    "weekly with artists": lambda: {
        "daily_streams": (counts := weekly_chart(7)),
        "tracks": known_tracks(counts, 8),
        "artist_listeners": listeners(9),
    },
}


@pytest.mark.parametrize("months", ["30 days", "calendar"])
@pytest.mark.parametrize("kind", list(CATALOGUES))
def test_the_columns_are_those_of_the_snapshot(kind, months, tmp_path):
    tables = CATALOGUES[kind]()
    settings = CatalogueSettings(months=months, horizon_months=1, origin_every_months=1)
    # The last day of a leap February, or the last week's end in it; with artists, a moment when some are not yet out.
    as_of = date(2024, 2, 24) if "weekly" in kind else date(2022, 12, 31) if "artists" in kind else date(2024, 2, 29)
    expected = trained_on(tables, settings, as_of)
    found = measured(written(tmp_path, **tables), tables, settings, as_of, 500)
    assert len(expected) > 5
    pd.testing.assert_frame_equal(found, expected, check_names=False, check_dtype=False, rtol=0, atol=0)


def test_every_column_is_told_of_some_track(tmp_path):
    """The comparison above would be worth little if the columns were missing in both."""
    tables = CATALOGUES["with artists"]()
    found = measured(written(tmp_path, **tables), tables, CatalogueSettings(), date(2024, 2, 29), 10_000)
    told = found.notna().sum()
    assert (told.drop(CUTOFF) >= 3).all(), told
    assert (found[SEEN] == 0).any()
    assert found[[AGE, MLDR, ARTIST_LEVEL, S365, EARLY_4_12]].isna().any().all()
    tables = CATALOGUES["weekly chart"]()
    found = measured(written(tmp_path, **tables), tables, CatalogueSettings(), date(2024, 2, 24), 10_000)
    assert found[CUTOFF].notna().all()


def test_what_comes_later_changes_nothing(tmp_path):
    """Counts, releases and listeners later than as_of are scrambled; every column stays as it was, to the bit."""
    tables = CATALOGUES["with artists"]()
    as_of = date(2023, 5, 17)
    random = np.random.default_rng(0)
    scrambled = {}
    for name, table in tables.items():
        column = "release_date" if name == "tracks" else "date"
        late = (table[column] > as_of).fill_null(False).to_numpy()
        values = table.to_pandas()
        for changed in ("streams", "monthly_listeners", "artist_id"):
            if changed in values and not (name == "artist_listeners" and changed == "artist_id"):
                values.loc[late, changed] = random.permutation(values.loc[late, changed].to_numpy())
        scrambled[name] = table.with_columns(**{key: values[key].to_numpy() for key in values if key not in (column,)})
    before = measured(written(tmp_path / "a", **tables), tables, CatalogueSettings(), as_of, 1_000)
    after = measured(written(tmp_path / "b", **scrambled), tables, CatalogueSettings(), as_of, 1_000)
    assert any(not scrambled[name].equals(tables[name]) for name in tables)
    pd.testing.assert_frame_equal(before, after, rtol=0, atol=0)


def test_months_of_the_calendar_end_on_their_last_days():
    ends = [date_of(day) for day in month_ends(day_of(date(2024, 3, 30)), 3, "calendar")]
    assert ends == [date(2024, 2, 29), date(2024, 1, 31), date(2023, 12, 31), date(2023, 11, 30)]
    assert date_of(month_ends(day_of(date(2024, 2, 29)), 1, "calendar")[0]) == date(2024, 2, 29)
    assert np.diff(month_ends(day_of(date(2024, 3, 30)), len(BACK), "30 days")).tolist() == [-30] * 24
