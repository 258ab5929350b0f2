"""Spotify's charts as they are found: what a count covers, on which day a week ends, and where a chart is cut off."""

import random
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refrain.errors import UsageError

NOTE = ',,,"Note that these figures are generated using a formula",\n'
OLD = 'Position,"Track Name",Artist,Streams,URL\n'
NEW = "rank,uri,artist_names,track_name,source,peak_rank,previous_rank,{}_on_chart,streams\n"
COLLECTED = "date,region,position,track,streams,uri\n"


def track(number):
    return f"{number:022}"


def old(counts):
    """As spotifycharts.com wrote a chart: the date is in the file's name alone."""
    address = "https://open.spotify.com/track/"
    rows = (f'{rank},"A, {name}",Someone,{count},{address}{track(name)}' for rank, name, count in ranked(counts))
    return NOTE + OLD + "\n".join(rows) + "\n"


def new(counts, unit="weeks"):
    """As charts.spotify.com writes a chart."""
    rows = (
        f'{rank},spotify:track:{track(name)},"Some, One","A ""song""",Label,{rank},-1,1,{count}'
        for rank, name, count in ranked(counts)
    )
    return NEW.format(unit) + "\n".join(rows) + "\n"


def collected(dated, region="us"):
    """Many dates in one file."""
    rows = [
        f"{day},{region},{rank},A,{count},{track(name)}"
        for day, counts in dated.items()
        for rank, name, count in ranked(counts)
    ]
    return COLLECTED + "\n".join(rows) + "\n"


def ranked(counts):
    """Track number -> count, as (rank, number, count)."""
    return [(rank, name, count) for rank, (name, count) in enumerate(counts.items(), start=1)]


def days(first, number, step=1):
    return [date.fromisoformat(first) + timedelta(days=step * place) for place in range(number)]


@pytest.fixture
def load(bench):
    def load(content, name="chart.csv", columns=None, **options):
        path = content if not isinstance(content, str | bytes) else bench.file(content, name)
        return bench.load("spotify-charts", "daily_streams", path, columns, **options)

    return load


@pytest.fixture
def error(bench):
    def error(content, name="chart.csv", columns=None, **options):
        path = content if not isinstance(content, str | bytes) else bench.file(content, name)
        return bench.error("spotify-charts", "daily_streams", path, columns, **options)

    return error


@pytest.fixture
def folder(bench):
    def folder(**files):
        place = bench.folder / "charts"
        for name, content in files.items():
            path = place / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return place

    return folder


def kept(imported):
    return [tuple(row.values()) for row in imported.rows]


def test_an_old_weekly_download_covers_friday_to_thursday_and_not_the_friday_after(load):
    imported = load(old({1: 900, 2: 800}), "regional-us-weekly-2019-01-04--2019-01-11.csv")
    assert kept(imported) == [(track(1), "2019-01-10", "900", "7", "800"), (track(2), "2019-01-10", "800", "7", "800")]
    assert imported.report.notes == ("A weekly chart of us: 1 week, ending on Thursdays, 2019-01-10 to 2019-01-10.",)


def test_an_old_daily_download(load):
    imported = load(old({1: 900, 2: 800}), "regional-br-daily-2019-01-01.csv")
    assert kept(imported)[1] == (track(2), "2019-01-01", "800", "1", "800")
    assert "A daily chart of br" in imported.report.notes[0]


def test_a_new_weekly_download_is_dated_by_its_last_day(load):
    imported = load(new({1: 900, 2: 800}), "regional-us-weekly-2023-01-05.csv")
    assert kept(imported)[0] == (track(1), "2023-01-05", "900", "7", "800")


def test_the_columns_alone_tell_days_from_weeks(load, error):
    assert load(new({1: 9}, "days"), "2023-01-05.csv").rows[0]["days"] == "1"
    assert load(new({1: 9}, "weeks"), "2023-01-05.csv").rows[0]["days"] == "7"
    message = error(new({1: 9}, "days"), "regional-us-weekly-2023-01-05.csv")
    assert "is a weekly chart by its name and a daily one by its columns" in message


def test_a_week_written_with_both_ends_in_a_cell(load, error):
    dated = {"2019-12-27--2020-01-03": {1: 9, 2: 8}, "2020-01-03--2020-01-10": {1: 7}, "2020-01-10--2020-01-16": {1: 6}}
    imported = load(collected(dated))
    assert [(row["date"], row["days"], row["cutoff"]) for row in imported.rows if row["track_id"] == track(1)] == [
        ("2020-01-02", "7", "8"),
        ("2020-01-09", "7", "7"),
        ("2020-01-16", "7", "6"),
    ]
    assert "so it is no daily chart" in error(collected(dated), days=1)
    odd = load(collected(dated | {"2020-01-10--2020-01-20": {1: 6}}))
    assert odd.report.rejected == {"date is not a date (YYYY-MM-DD)": 1}


def test_how_far_apart_dates_lie_tells_days_from_weeks_where_nothing_else_does(load, error):
    weekly = {day: {1: 9} for day in days("2023-01-05", 3, 7)}
    assert {row["days"] for row in load(collected(weekly)).rows} == {"7"}
    assert {row["days"] for row in load(collected(weekly | {"2023-01-06": {1: 9}})).rows} == {"1"}
    message = error(collected(dict(list(weekly.items())[:2])))
    assert "Whether" in message
    assert "cannot be known from its name, its columns or its 2 dates" in message
    assert "sources.spotify-charts.days: 1 or 7" in message
    assert load(collected(dict(list(weekly.items())[:2])), days=7).rows[0]["days"] == "7"


@pytest.mark.parametrize(
    ("dated_by", "first", "last"),
    [
        ("first_day", "2023-01-06", "2023-01-12"),
        ("day_after", "2023-01-06", "2023-01-05"),
        ("last_day", "2023-01-01", "2023-01-01"),
    ],
)
def test_weeks_dated_by_another_day_than_thursday_are_not_guessed_at(load, error, dated_by, first, last):
    content = collected({day: {1: 9} for day in days(first, 3, 7)})
    message = error(content)
    assert f"are dated by {date.fromisoformat(first):%A}s" in message
    assert "sources.spotify-charts.dated_by" in message
    assert load(content, dated_by=dated_by).rows[0]["date"] == last


def test_a_week_that_ends_on_another_day_than_the_others_is_refused(load, error):
    dated = {day: {1: 9, 2: 8} for day in days("2023-01-05", 4, 7)}
    imported = load(collected(dated | {"2023-01-20": {3: 9}}), days=7)
    assert imported.report.rejected == {"dated as no other: the chart's weeks end on Thursdays": 1}
    assert imported.rejects[0][0] == "10"
    assert imported.rejects[0][2:] == ["2023-01-20", "us", "1", "A", "9", track(3)]
    daily = collected({day: {1: 9} for day in days("2023-01-05", 14)})
    assert "dates fall on every day of the week" in error(daily, days=7)


def test_the_cutoff_is_the_lowest_count_of_each_date(load):
    imported = load(collected({"2023-01-05": {1: 9, 2: 8}, "2023-01-06": {3: 5}, "2023-01-07": {1: 7, 3: 6}}))
    assert {row["date"]: row["cutoff"] for row in imported.rows} == {
        "2023-01-05": "8",
        "2023-01-06": "5",
        "2023-01-07": "6",
    }
    assert (track(2), "2023-01-06") not in [(row["track_id"], row["date"]) for row in imported.rows]


@pytest.mark.parametrize(
    "written",
    ["spotify:track:{}", "https://open.spotify.com/track/{}?si=1f", "https://open.spotify.com/intl-pt/track/{}", "{}"],
)
def test_a_track_is_known_by_its_id_however_it_is_written(load, written):
    content = collected({"2023-01-05": {1: 9}}).replace(track(1), written.format("7qiZfU4dY1lWllzX7mPBI3"))
    assert load(content, days=1).rows[0]["track_id"] == "7qiZfU4dY1lWllzX7mPBI3"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2023-01-05,us,9,A,5,spotify:album:7qiZfU4dY1lWllzX7mPBI3", "uri is not a track of Spotify's"),
        ("2023-01-05,us,9,A,5,", "uri is empty"),
        (f"2023-01-05,us,9,A,-5,{track(9)}", "streams is negative"),
        (f"2023-01-05,us,9,A,5.5,{track(9)}", "streams is not a whole number"),
        (f"2023-01-05,us,9,A,1.234,{track(9)}", "streams is not a whole number"),
        (f"2023-01-05,us,9,A,0,{track(9)}", "streams is empty or zero"),
        (f"2023-01-05,us,9,A,,{track(9)}", "streams is empty or zero"),
        (f"2023-02-30,us,9,A,5,{track(9)}", "date is not a date (YYYY-MM-DD)"),
        ("2023-01-05,us,9", "fewer cells than the header"),
        (f"2023-01-05,us,2,A,7,{track(1)}", "the track is listed for that date before, with another count"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_the_rest_stays(load, row, reason):
    imported = load(collected({"2023-01-05": {1: 9, 2: 8}, "2023-01-06": {1: 9}}) + row + "\n")
    assert imported.report.rejected == {reason: 1}
    assert imported.rejects == [["5", reason, *row.split(",")]]
    assert [row["streams"] for row in imported.rows] == ["9", "9", "8"]
    assert imported.rows[0]["cutoff"] == "8"


def test_thousands_set_apart_and_the_same_row_twice(load):
    content = collected({"2023-01-05": {1: 9000, 2: 8000}, "2023-01-06": {1: 9}})
    plain = load(content)
    assert load(content.replace(",9000,", ',"9,000",')).text == plain.text
    assert load(content.replace(",9000,", ",9.000,"), thousands=".").text == plain.text
    twice = load(content + content.splitlines()[1] + "\n")
    assert (twice.report.merged, twice.text) == (1, plain.text)


def test_regions_are_not_mixed_and_one_can_be_chosen(load, error):
    dated = {day: {1: 9, 2: 8} for day in days("2023-01-05", 3)}
    both = collected(dated) + collected(dated, "BR").removeprefix(COLLECTED)
    message = error(both)
    assert "several regions: br (6 rows), us (6 rows)" in message
    assert "sources.spotify-charts.region: us say" in message
    imported = load(both, region="br")
    assert (imported.report.read, imported.report.kept) == (6, 6)
    assert "6 rows of other regions left out: us." in imported.report.notes
    assert "holds no fr chart, but br, us" in error(both, region="fr")


def test_a_region_can_be_said_of_a_file_that_names_none_but_not_of_one_that_names_another(load, error, folder):
    assert load(new({1: 9}), "weekly-2023-01-05.csv", region="us").report.kept == 1
    assert "holds no us chart, but" in error(new({1: 9}), "regional-br-weekly-2023-01-05.csv", region="us")
    assert "holds no us chart, but" in error(folder(**{"weekly-2023-01-05.csv": new({1: 9})}), region="us")


def test_viral_charts_beside_the_top_200_are_left_out(load):
    header = "title,rank,date,artist,url,region,chart,trend,streams\n"
    top = "".join(
        f"A,1,{day},B,https://open.spotify.com/track/{track(1)},us,top200,UP,9\n" for day in days("2023-01-05", 2)
    )
    imported = load(header + top + f"A,1,2023-01-05,B,https://open.spotify.com/track/{track(2)},us,viral50,UP,\n")
    assert imported.report.kept == 2
    assert "1 row of viral charts left out: they count no streams." in imported.report.notes


def test_a_folder_is_one_chart(load, folder):
    place = folder(
        **{
            "2019__regional-us-weekly-2019-01-04--2019-01-11.csv": old({1: 9, 2: 8}),
            "2019__regional-us-weekly-2019-01-11--2019-01-18.csv": old({1: 7, 3: -6}),
            "2023__regional-us-weekly-2019-01-31.csv": new({1: 5}),
            "regional-us-daily-2019-01-10.csv": old({1: 1}),
            "popularity.csv": "uri,popularity\nx,5\n",
            "notes.md": "not read",
            ".hidden.csv": "x",
        }
    )
    imported = load(place, days=7)
    assert [(row["date"], row["streams"]) for row in imported.rows if row["track_id"] == track(1)] == [
        ("2019-01-10", "9"),
        ("2019-01-17", "7"),
        ("2019-01-31", "5"),
    ]
    assert imported.rejects == [
        ["4", "Streams is negative", "2019/regional-us-weekly-2019-01-11--2019-01-18.csv", "2", "A, 3", "Someone", "-6",
         f"https://open.spotify.com/track/{track(3)}"]
    ]  # fmt: skip
    assert imported.report.notes == (
        "A weekly chart of us: 3 weeks, ending on Thursdays, 2019-01-10 to 2019-01-31.",
        "Charts are missing for 1 week: 2019-01-24.",
        "Files of another chart were left out: regional-us-daily-2019-01-10.csv.",
        "Files without the columns of a chart were left out: popularity.csv.",
        "Files of another kind than CSV were left out: notes.md.",
    )


def test_a_folder_of_several_charts_or_of_none_is_refused(error, folder, bench):
    place = folder(
        **{"regional-us-daily-2019-01-10.csv": old({1: 1}), "regional-us-weekly-2019-01-10.csv": old({1: 9})}
    )
    assert "holds both daily and weekly charts" in error(place)
    assert "holds no daily br chart, but regional-us-daily" in error(place, days=1, region="br")
    for path in place.iterdir():
        path.write_text("uri,popularity\nx,5\n")
    message = error(place)
    assert "None of the 2 files in" in message
    assert "it lacks streams" in message
    (bench.folder / "empty").mkdir()
    assert "holds no file that could be a CSV" in error(bench.folder / "empty")


def test_ranks_that_are_missing_above_the_last_are_told(load):
    content = collected({"2023-01-05": {1: 9, 2: 8, 3: 7}, "2023-01-06": {1: 9, 2: 8}})
    imported = load(content.replace(f"2023-01-05,us,2,A,8,{track(2)}\n", ""))
    assert "(1 on 2023-01-05)" in imported.report.notes[1]
    assert len(load(content).report.notes) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("<!DOCTYPE html>\n<html>404</html>\n", "no header line with the columns of a chart"),
        ("uri,popularity\nx,5\n", "it lacks streams"),
        ("uri,Stream,date\nx,5,2023-01-05\n", "did you mean stream?"),
        (NEW.format("weeks"), "has a header but no rows"),
        ("uri,streams,streams\nx,5,5\n", "more than once"),
        (b"\xff\xfeu\x00r\x00i\x00", "utf-16"),
        (new({1: 9}), "its name does not hold the date"),
    ],
)
def test_what_is_no_chart_is_said_in_a_sentence(error, content, words):
    name = "chart-2023-01-05.csv" if content == NEW.format("weeks") else "chart.csv"
    message = error(content, name)
    assert name in message
    assert words in message


def test_columns_of_other_names_can_be_mapped(load, error):
    content = collected({"2023-01-05": {1: 9}}).replace("uri", "song").replace("streams", "times")
    mapped = {"track_id": "song", "streams": "times"}
    assert load(content, columns=mapped, days=1).rows[0]["streams"] == "9"
    assert "it lacks track_id and streams" in error(content)
    assert "speaks of stream, which a chart does not have" in error(content, columns={"stream": "times"})


def test_text_that_is_not_utf_8_is_read_as_latin_1(load):
    content = collected({"2023-01-05": {1: 9}, "2023-01-06": {1: 9}}).replace(",A,", ",Beyoncé,")
    imported = load(content.encode("latin-1"))
    assert imported.text == load(content).text == load(("\ufeff" + content).encode()).text
    assert imported.report.notes[-1] == "Not UTF-8, and read as latin-1: chart.csv."


def test_dates_in_a_format_of_their_own(load):
    content = collected({f"{day:%d/%m/%Y}": {1: 9} for day in days("2023-01-05", 2)})
    assert load(content, date_format="%d/%m/%Y").rows[1]["date"] == "2023-01-06"
    stamped = collected({f"{day} 00:00:00": {1: 9} for day in days("2023-01-05", 2)})
    assert load(stamped).rows[1]["date"] == "2023-01-06"


def test_another_dataset_is_wrong_usage(bench):
    with pytest.raises(UsageError, match="gives daily_streams, not tracks"):
        bench.load("spotify-charts", "tracks", bench.folder)


@pytest.mark.parametrize(
    ("name", "rows", "described"),
    [
        ("global_weekly_top200_2016_2025", 89_182, "A weekly chart of global: 446 weeks, ending on Thursdays"),
        ("br_daily_top200_2019", 73_000, "A daily chart of br: 365 days, 2019-01-01 to 2019-12-31."),
    ],
)
def test_the_real_charts(load, shared_data, name, rows, described):
    imported = load(shared_data / "charts" / f"spotify_{name}.csv.gz")
    assert (imported.report.kept, imported.report.rejected) == (rows, {})
    assert imported.report.notes[0].startswith(described)


def test_a_real_weeks_date_is_its_last_day(load, shared_data):
    """A single of Friday 2020-07-24 is first in the chart of the Thursday after it."""
    imported = load(shared_data / "charts" / "spotify_us_weekly_top200_2016_2025.csv.gz")
    assert (imported.report.kept, imported.report.rejected) == (93_995, {})
    single = [row["date"] for row in imported.rows if row["track_id"] == "4R2kfaDFhslZEMJqAFNpdd"]
    assert min(single) == "2020-07-30"


def test_the_folder_of_real_charts_with_one_region_chosen(load, shared_data):
    imported = load(shared_data / "charts", region="br")
    assert imported.report.kept == 73_000
    assert (
        "Files without the columns of a chart were left out: spotify_br_top200_popularity.csv." in imported.report.notes
    )


charts = st.dictionaries(
    st.integers(0, 20),
    st.dictionaries(st.integers(1, 6), st.integers(1, 999), min_size=1, max_size=5),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(chart=charts, step=st.sampled_from([1, 7]), seed=st.integers(0, 99))
def test_a_chart_comes_out_the_same_however_it_was_written(new_bench, chart, step, seed):
    """In one file or in many, each in one of the ways in which charts are published."""
    bench, chance = new_bench(), random.Random(seed)
    dated = {date(2020, 1, 2) + timedelta(days=step * number): counts for number, counts in chart.items()}
    place, unit = bench.folder / "charts", {1: "daily", 7: "weekly"}[step]
    place.mkdir()
    for day, counts in dated.items():
        week = f"{day - timedelta(days=6)}--{day + timedelta(days=1)}"
        name, content = chance.choice(
            [
                (f"regional-us-{unit}-{day}.csv", new(counts, "days" if step == 1 else "weeks")),
                (f"regional-us-{unit}-{day if step == 1 else week}.csv", old(counts)),
                (f"us-{unit} {day}.csv", collected({day: counts})),
            ]
        )
        (place / name).write_text(content)
    many = bench.load("spotify-charts", "daily_streams", place)
    one = bench.load("spotify-charts", "daily_streams", collected(dated), days=step)
    assert one.text == many.text
    assert [tuple(row.values()) for row in one.rows] == sorted(
        (track(name), str(day), str(count), str(step), str(min(counts.values())))
        for day, counts in dated.items()
        for name, count in counts.items()
    )
