"""Files as they come: packed or not, in some encoding, whole or torn; what no source can read is one clear sentence."""

import gzip
import io
import zipfile

import pytest

STREAMS = "track_id,date,streams\na,2024-01-05,7\nb,2024-01-05,8\n"


def load(bench, content, **options):
    return bench.load("csv", "daily_streams", content, **options)


def error(bench, content, **options):
    return bench.error("csv", "daily_streams", content, **options)


def gzipped(content: bytes) -> bytes:
    """Without the time: the content names a test, which must be the same in every process."""
    return gzip.compress(content, mtime=0)


def zipped(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        STREAMS.encode(),
        gzipped(STREAMS.encode()),
        gzipped(STREAMS[:30].encode()) + gzipped(STREAMS[30:].encode()),
        zipped({"streams.csv": STREAMS}),
        zipped({"streams.txt": STREAMS}),
        zipped({"export": STREAMS}),
        zipped({"readme.md": "read me", "folder/": "", "folder/streams.CSV": STREAMS, "__MACOSX/x.csv": "junk"}),
        b"\xef\xbb\xbf" + STREAMS.encode(),
        gzipped(b"\xef\xbb\xbf" + STREAMS.encode()),
        STREAMS.replace("\n", "\r\n").encode(),
        STREAMS.replace("\n", "\r").encode(),
        STREAMS.rstrip("\n").encode(),
        STREAMS.replace("\n", "\n\n").encode(),
        STREAMS.replace(",", " , ").encode(),
        STREAMS.replace("a,2024-01-05,7", '"a","2024-01-05","7"').encode(),
    ],
)
@pytest.mark.parametrize("name", ["file.csv", "file.gz", "file.zip", "file"])
def test_a_file_is_known_by_what_it_holds_not_by_its_name(bench, content, name):
    assert load(bench, bench.file(content, name)).text == STREAMS


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_another_encoding_can_be_given(bench, encoding):
    content = STREAMS.replace("a,", "é,")
    assert load(bench, content.encode(encoding), encoding=encoding).rows[1]["track_id"] == "é"


def test_what_is_not_utf_8_is_an_error_with_line_and_byte(bench):
    content = STREAMS.encode() + b"caf\xe9,2024-01-05,9\n"
    message = error(bench, content)
    assert "input.csv is not UTF-8 text: line 4, byte 56 of the file (0xe9) cannot be decoded" in message
    assert content[55] == 0xE9
    assert "set sources.csv.encoding: latin-1 in params.yaml" in message


def test_the_byte_is_named_far_into_a_packed_file_too(bench):
    body = "".join(f"tré{number},2024-01-05,7\n" for number in range(100_000)).encode()
    content = b"track_id,date,streams\n" + body + b"\xff\n"
    message = error(bench, gzip.compress(content, 1))
    assert f"line 100002, byte {len(content) - 1} of the file (0xff)" in message


def test_a_letter_cut_in_half_at_the_end_is_named(bench):
    assert "line 4, byte 53 of the file (0xc3)" in error(bench, STREAMS.encode() + b"\xc3")


def test_utf_16_is_suggested_where_the_file_begins_like_it(bench):
    assert "set sources.csv.encoding: utf-16" in error(bench, STREAMS.encode("utf-16"))


@pytest.mark.parametrize("left", [5, 12, 40, -1, -8])
def test_a_gzip_that_breaks_off_is_an_error(bench, left):
    message = error(bench, gzip.compress(STREAMS.encode())[:left])
    assert "input.csv is a gzip file that breaks off or is damaged" in message
    assert "Download or export it again." in message


def test_a_gzip_with_a_wrong_checksum_is_an_error(bench):
    packed = bytearray(gzip.compress(STREAMS.encode()))
    packed[-6] ^= 1
    assert "is a gzip file that breaks off or is damaged: CRC check failed" in error(bench, bytes(packed))


@pytest.mark.parametrize("left", [20, -10])
def test_a_zip_that_breaks_off_is_an_error(bench, left):
    message = error(bench, zipped({"streams.csv": STREAMS})[:left])
    assert "input.csv is a zip file that breaks off or is damaged" in message


def test_a_zip_with_a_password_is_an_error(bench):
    packed = bytearray(zipped({"streams.csv": STREAMS}))
    packed[6] |= 1  # the flag for "encrypted", in the member's own header
    packed[packed.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    assert "password required" in error(bench, bytes(packed))


def test_a_zip_with_several_csv_files_is_an_error_that_names_them(bench):
    packed = zipped({"a.csv": STREAMS, "b.csv": STREAMS.replace("7", "9")})
    message = error(bench, packed)
    assert "is a zip file with 2 CSV files in it: a.csv, b.csv" in message
    assert "sources.csv.member: a.csv" in message
    assert load(bench, packed, member="b.csv").rows[0]["streams"] == "9"
    assert "holds no c.csv; it holds a.csv, b.csv. Correct sources.csv.member" in error(bench, packed, member="c.csv")


def test_a_zip_without_a_csv_is_an_error_that_names_what_is_there(bench):
    message = error(bench, zipped({"sheet.xml": "<x/>", "styles.xml": "<x/>"}))
    assert "is a zip file without a CSV in it; it holds sheet.xml, styles.xml" in message
    assert "If it is a spreadsheet, save it as CSV" in message
    assert "it holds nothing" in error(bench, zipped({}))


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"PAR1", "a Parquet file"), (b"BZh9", "a bzip2 file"), (b"SQLite format 3\0", "an SQLite database")],
)
def test_another_kind_of_file_is_named(bench, start, kind):
    assert f"input.csv is {kind}, not a CSV" in error(bench, start + b"\0" * 50)


def test_a_missing_file_and_a_folder_are_named(bench):
    assert "There is no file" in error(bench, bench.folder / "nowhere.csv")
    assert "is a folder" in error(bench, bench.folder)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", gzipped(b""), zipped({"a.csv": ""})])
def test_an_empty_file_is_an_error(bench, content):
    assert "input.csv is empty." in error(bench, content)


def test_a_header_without_rows_is_an_error(bench):
    assert "input.csv has a header but no rows." in error(bench, "track_id,date,streams\n")


def test_a_quote_that_is_never_closed_is_an_error_with_the_line_it_opens_on(bench):
    message = error(bench, STREAMS + '"c,2024-01-05,9\n' + "d,2024-01-05,9\n" * 3)
    assert "input.csv, line 4: a cell that begins with a quote mark here is never closed" in message


def test_a_quote_that_swallows_half_the_file_is_an_error_before_memory_runs_out(bench):
    message = error(bench, STREAMS + '"c,2024-01-05,9\n' + "d,2024-01-05,9\n" * 10_000 + '"\n')
    assert "input.csv, line 4: a cell is longer than 131,072 characters" in message
    assert "a quote mark is never closed" in message


def test_a_last_row_cut_short_is_an_error(bench):
    message = error(bench, STREAMS + "c,2024-01")
    assert "input.csv breaks off in line 4: its last row has 2 of 3 cells" in message


def test_rows_wider_than_the_header_come_with_what_to_do(bench):
    message = error(bench, "track_id,date,streams\n1,a,2024-01-05,7\n2,b,2024-01-05,8\n")
    assert "more cells than the header (2)" in message
    assert "every column needs a name in the header" in message


def test_the_row_after_a_torn_one_is_read(bench):
    imported = load(bench, 'track_id,date,streams\n"x"y,2024-01-05,1\na,2024-01-05,7\nb,2024-01-05,8\n')
    assert imported.text == STREAMS
    assert imported.rejects == [["2", "a quote mark in the middle of a cell", '"x"y,2024-01-05,1']]


def test_a_header_that_is_no_text_is_an_error(bench):
    assert "input.csv, line 1: the header holds a NUL byte" in error(bench, "track_id\0,date,streams\n1,2,3\n")
    assert "the header holds a quote mark in the middle" in error(bench, 'track_id,"da"te,streams\n1,2,3\n')


def test_rejects_can_be_read_back_whatever_their_cells_hold(bench):
    imported = load(bench, STREAMS + '"c\n""d"", e",yesterday,1\n"f\rg",yesterday,1\n')
    reason = "date is not a date (YYYY-MM-DD)"
    assert imported.rejects == [
        ["4", reason, 'c\n"d", e', "yesterday", "1"],
        ["6", reason, "f\rg", "yesterday", "1"],
    ]
