"""The validate step: a report of the same bytes, or an error that names the wrong rows and no report that passed."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from refrain.errors import ContractError, SettingsError, UsageError
from refrain.files import file_md5
from refrain.settings import DatasetSettings
from tasks.validate import failed_path, validate

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = DatasetSettings(source="csv", received_on=date(2024, 6, 30), max_age_days=7, references=("tracks",))
TRACKS = (
    "track_id,artist_id,title,artist,release_date,danceability,energy,valence,tempo\n"
    "t1,a1,One,Ann,2024-06-01,0.5,0.5,0.5,120\n"
    "t2,a2,Two,Ben,2020-01-01,0.5,0.5,0.5,90\n"
)
STREAMS = "track_id,date,streams\nt1,2024-06-30,10\nt1,2024-06-29,11\nt2,2024-06-30,0\n"


class Files:
    """A folder with tracks and daily streams, and the step on the latter."""

    def __init__(self, root: Path) -> None:
        self.raw = root / "data" / "raw"
        self.raw.mkdir(parents=True)
        self.report = root / "data" / "validation" / "daily_streams.json"
        self.tracks, self.streams = self.raw / "tracks.csv", self.raw / "daily_streams.csv"
        self.tracks.write_text(TRACKS)
        self.streams.write_text(STREAMS)

    def validate(self, **settings):
        asked = SETTINGS.model_copy(update=settings)
        return validate("daily_streams", asked, self.streams, self.report, {"tracks": self.tracks})


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(tmp_path)


def test_a_kept_contract_leaves_a_report_of_the_same_bytes_each_time(files):
    report = files.validate()
    first = files.report.read_bytes()
    files.validate()
    assert files.report.read_bytes() == first
    written = json.loads(first)
    assert (written["dataset"], written["rows"]) == ("daily_streams", 3)
    assert written["md5"] == report.md5 == file_md5(files.streams)
    assert written["references"] == {"tracks": file_md5(files.tracks)}
    assert all(outcome["passed"] and outcome["checked"] for outcome in written["expectations"])
    assert str(files.raw) not in first.decode()
    assert not failed_path(files.report).exists()


def test_a_broken_contract_lists_its_rows_and_leaves_no_report_that_passed(files):
    files.validate()
    files.streams.write_text(STREAMS + "t9,2024-06-28,-4\nt2,2024-06-28,many\nt1,2024-06-30,3\n")
    with pytest.raises(ContractError) as caught:
        files.validate()
    assert not files.report.exists()
    error = caught.value
    assert (error.dataset, error.exit_code) == ("daily_streams", 1)
    assert "daily_streams.csv breaks 4 clauses of the contract of daily_streams" in error.message
    for said in (
        "every streams is a whole number: 1 of 6 rows is not so: line 6 has 'many'",
        "every streams lies between 0 and 10,000,000,000: 1 of 6 rows is not so: line 5 has '-4'",
        "no two rows have the same track_id and date: 1 of 6 rows is not so: line 7 has 't1', '2024-06-30'",
        "every track_id is in tracks.track_id: 1 of 6 rows is not so: line 5 has 't9'",
    ):
        assert said in error.message
    failed = json.loads(failed_path(files.report).read_text())
    assert sum(not outcome["passed"] for outcome in failed["expectations"]) == 4


def test_a_mended_file_takes_the_failed_report_away(files):
    files.streams.write_text(STREAMS + "t9,2024-06-28,4\n")
    with pytest.raises(ContractError):
        files.validate()
    files.streams.write_text(STREAMS)
    files.validate()
    assert files.report.is_file()
    assert not failed_path(files.report).exists()


@pytest.mark.parametrize("torn", ["streams", "tracks"])
def test_a_file_that_cannot_be_read_is_named_and_leaves_no_report(files, torn):
    files.validate()
    path = getattr(files, torn)
    path.write_bytes(path.read_bytes() + b"\xff,2024-06-30,1,,,,,,\n")
    with pytest.raises(ContractError, match=f"{path.name} is not a readable CSV: line"):
        files.validate()
    assert not files.report.exists()


def test_a_header_without_rows_is_too_few_rows(files):
    files.streams.write_text(STREAMS.partition("\n")[0] + "\n")
    with pytest.raises(ContractError, match=r"there are 1 to 1,000,000,000 rows: rows: 0"):
        files.validate()


def test_missing_columns_are_named_also_of_the_dataset_referred_to(files):
    files.tracks.write_text(TRACKS.replace("track_id", "id"))
    with pytest.raises(ContractError, match=r"tracks\.csv has no column track_id, which daily_streams refers to"):
        files.validate()
    files.streams.write_text(STREAMS.replace("streams", "plays"))
    with pytest.raises(ContractError, match="there is no column streams, and there is an unknown column plays"):
        files.validate(references=())


def test_freshness_and_the_future_are_measured_from_the_day_of_receipt(files):
    with pytest.raises(ContractError, match=r"the newest date is at most 7 days before 2024-07-08.*in days: 8"):
        files.validate(received_on=date(2024, 7, 8))
    files.validate(received_on=date(2024, 7, 8), max_age_days=None)
    with pytest.raises(ContractError, match="no date is after 2024-06-29, the day the data was received: 2 of 3"):
        files.validate(received_on=date(2024, 6, 29))


def test_references_that_mean_nothing_are_refused(files):
    with pytest.raises(SettingsError, match="'scrobbles' is nothing that daily_streams can refer to"):
        files.validate(references=("scrobbles",))
    with pytest.raises(UsageError, match="The file of tracks"):
        validate("daily_streams", SETTINGS, files.streams, files.report, {})


def test_the_step_runs_from_the_command_line_in_a_projects_folder(files, tmp_path):
    (tmp_path / "params.yaml").write_text(
        "sources: {csv: {}}\ntargets: {}\ndatasets:\n"
        "  tracks: {source: csv, received_on: '2024-06-30'}\n"
        "  daily_streams: {source: csv, received_on: '2024-06-30', references: [tracks]}\n"
    )

    def run(dataset: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tasks.validate", dataset]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    environment = {"PYTHONPATH": str(PROJECT), "PATH": ""}
    files.streams.write_text(STREAMS + "t9,2024-06-28,4\n")
    done = run("daily_streams")
    assert done.returncode == 1
    assert "every track_id is in tracks.track_id: 1 of 4 rows is not so: line 5 has 't9'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    unknown = run("plays")
    assert unknown.returncode == 2
    assert "no dataset 'plays'" in unknown.stderr
