"""An import replaces a dataset whole, or changes nothing."""

import csv

import pytest
from ruamel.yaml import YAML

HEADER = ["track_id", "artist_id", "title", "artist", "release_date", "danceability", "energy", "valence", "tempo"]


def write_tracks(path, count=40, day="2019-01-01", header=HEADER):
    with path.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(header)
        for number in range(count):
            rows.writerow([f"t{number}", f"a{number % 7}", "Song", f"Artist {number % 7}", day, 0.5, 0.5, 0.5, 120])


@pytest.fixture(scope="module")
def imported(make_project):
    """A project into which a good file was imported."""
    project = make_project()
    write_tracks(project.root / "good.csv")
    said = project.refrain("import", "csv", "good.csv", "--dataset", "tracks", "--received", "2020-01-01")
    return project, said


def params(project):
    return YAML(typ="safe").load((project.root / "params.yaml").read_text())


def test_a_good_file_becomes_the_dataset_and_dvc_knows(imported):
    project, said = imported
    assert "40 rows" in said.out
    assert params(project)["datasets"]["tracks"]["source"] == "csv"
    assert (project.root / "data" / "raw" / "tracks.csv").read_text().count("\n") == 41
    status = project.dvc("status", "ingest@tracks", "validate-tracks").out
    assert "up to date" in status


def test_datasets_of_another_source_are_no_longer_looked_up_in_it(imported):
    project, said = imported
    assert params(project)["datasets"]["scrobbles"]["references"] == []
    assert "no longer looked up in tracks" in said.out


def test_what_a_path_holds_is_imported_at_once_or_not_at_all(imported):
    project, _ = imported
    logs = project.root / "logs"
    logs.mkdir()
    (logs / "users.csv").write_text(
        "user_id,email,registration_date,country,subscription_type\nu1,ann@example.org,2019-01-01,DE,free\n"
    )
    events = "user_id,login_time,content_watched,total_watch_time\nu1,2019-02-01T20:00:00Z,['s1'],30\n"
    (logs / "events.csv").write_text(events + "u1,2019-02-02T20:00:00Z,['s1'],-1\nu1,2020-03-01T20:00:00Z,s1,30\n")
    said = project.refrain("import", "session-logs", "logs", "--received", "2020-01-01")
    assert "users: 1 rows" in said.out
    assert "events: 1 rows" in said.out
    assert "1 rejected: total_watch_time is negative." in said.out
    assert "1 rejected: login_time is later than the day the data was received." in said.out
    assert {params(project)["datasets"][name]["source"] for name in ("users", "events")} == {"session-logs"}
    assert "up to date" in project.dvc("status", "ingest@users", "ingest@events", "validate-events").out
    kept = b"".join(file.read_bytes() for file in (project.root / "data").rglob("*") if file.is_file())
    assert b"ann@" not in kept

    before = (project.root / "params.yaml").read_bytes()
    (logs / "users.csv").write_text("user_id,registration_date,country,subscription_type\nu1,1969-01-01,DE,free\n")
    project.refrain("import", "session-logs", "logs", "--received", "2020-01-01", expect=1)
    assert (project.root / "params.yaml").read_bytes() == before


def test_a_folder_of_charts_becomes_one_dataset_and_dvc_knows(imported):
    project, _ = imported
    folder = project.root / "charts"
    folder.mkdir()
    for day in ("05", "12"):
        rows = "".join(f"{rank},{rank:022},{900 - rank},{rank}\n" for rank in (1, 2, 3))
        (folder / f"regional-us-weekly-2019-12-{day}.csv").write_text(f"rank,uri,streams,weeks_on_chart\n{rows}")
    said = project.refrain("import", "spotify-charts", "charts", "--received", "2020-01-01")
    assert "daily_streams: 6 rows" in said.out
    assert "A weekly chart of us: 2 weeks, ending on Thursdays, 2019-12-05 to 2019-12-12." in said.out
    assert params(project)["datasets"]["daily_streams"]["path"] == "charts"
    assert "up to date" in project.dvc("status", "ingest@daily_streams", "validate-daily_streams").out
    refused = project.refrain("import", "csv", "charts", "--dataset", "daily_streams", expect=1)
    assert "is a folder, and csv reads a file" in refused.err


def test_comments_in_params_are_kept(imported):
    project, _ = imported
    assert "# popularity from which a track is a hit" in (project.root / "params.yaml").read_text()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: write_tracks(path, day="2020-02-30"), "release_date"),
        (lambda path: write_tracks(path, day="2020-01-02"), "refused"),
        (lambda path: write_tracks(path, header=[*HEADER[:-1], "energy"]), "energy"),
        (lambda path: write_tracks(path, header=[*HEADER[:-1], "beats"]), "tempo"),
        (lambda path: write_tracks(path, count=0), "no rows"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00"), "bad.csv"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: None, "no file"),
    ],
    ids=[
        "no such day",
        "in the future",
        "column twice",
        "column missing",
        "header only",
        "not text",
        "empty",
        "missing",
    ],
)
def test_a_bad_file_changes_nothing_and_is_named_in_a_sentence(imported, make, says):
    project, _ = imported
    (project.root / "bad.csv").unlink(missing_ok=True)
    make(project.root / "bad.csv")
    before = project.fingerprint()
    done = project.refrain("import", "csv", "bad.csv", "--dataset", "tracks", "--received", "2020-01-01", expect=1)
    after = {name: content for name, content in project.fingerprint().items() if not name.startswith("data/refused/")}
    assert after == {name: content for name, content in before.items() if not name.startswith("data/refused/")}
    assert says in done.err
    assert "Traceback" not in done.err


def test_wrong_usage_is_exit_code_2(imported):
    project, _ = imported
    assert "sources" in project.refrain("import", "nowhere", "good.csv", expect=2).err
    assert "--dataset" in project.refrain("import", "csv", "good.csv", expect=2).err
    assert "Known targets" in project.refrain("run", "nothing", expect=2).err


def test_simulate_goes_back_to_one_world(imported):
    project, _ = imported
    project.refrain("simulate", "--scale", "0.1", "--seed", "5")
    after = params(project)
    assert {dataset["source"] for dataset in after["datasets"].values()} == {"simulated"}
    assert after["datasets"]["scrobbles"]["references"] == ["tracks"]
    assert (after["sources"]["simulated"]["scale"], after["sources"]["simulated"]["seed"]) == (0.1, 5)
    assert "up to date" in project.dvc("status", "validate-tracks", "validate-scrobbles", "--with-deps").out
