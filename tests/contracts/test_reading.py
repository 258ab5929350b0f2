"""Files that are no CSV of the dataset are named with the line, and never reach the expectations."""

from pathlib import Path

import pytest

from contracts.reading import explaining, scan_cells
from refrain.errors import ContractError

HEADER = b"track_id,date,streams\n"


def read(path: Path) -> list[tuple]:
    with explaining("daily_streams", path):
        return scan_cells("daily_streams", path).collect().rows()


def test_cells_are_read_as_text_and_empty_ones_as_null(tmp_path):
    path = tmp_path / "daily_streams.csv"
    path.write_bytes(HEADER + b't1,2024-01-01,007\n"a, ""b""",,\n')
    assert read(path) == [("t1", "2024-01-01", "007"), ('a, "b"', None, None)]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path):
    path = tmp_path / "daily_streams.csv"
    path.write_bytes(b"\xef\xbb\xbf" + HEADER.replace(b"\n", b"\r\n") + b"t1,2024-01-01,7\r\n")
    assert read(path) == [("t1", "2024-01-01", "7")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty, without even a header"),
        (b"\n", "is empty, without even a header"),
        (b"track_id,date,date\nt1,2024-01-01,7\n", "has the column date more than once"),
        (HEADER + b"t1,2024-01-01,7\nt2,2024-0", "is cut off"),
        (HEADER + b"t1,2024-01-01,7\nt\xe4,2024-01-01,7\n", r"line 3 is not UTF-8 \(byte 2 of the line is 0xe4\)"),
        (b"tr\xe4ck,date,streams\n", "line 1 is not UTF-8"),
        (HEADER + b"t1,2024-01-01,7\nt2,2024-01-01,7,8\n", "line 3 has 4 cells where the header has 3"),
        (HEADER + b't1,2024-01-01,7\n"t2,2024-01-01,7\n', "daily_streams.csv is not a readable CSV"),
        (b"\x1f\x8b\x08\x00\x00\x00\n\x00", "is not|is cut off"),
    ],
)
def test_a_torn_file_is_named_with_its_line_and_what_to_do(tmp_path, content, said):
    path = tmp_path / "daily_streams.csv"
    path.write_bytes(content)
    with pytest.raises(ContractError, match=said) as caught:
        read(path)
    assert str(path) in caught.value.message
    assert caught.value.dataset == "daily_streams"
    assert "Import the dataset again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path):
    with pytest.raises(ContractError, match="There is no"):
        read(tmp_path / "absent.csv")
    with pytest.raises(ContractError, match="cannot be read"):
        read(tmp_path)
