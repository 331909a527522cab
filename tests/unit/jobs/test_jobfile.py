"""`.JOB` files: what is read, what is tolerated, what is refused, and what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from satlog_native.errors import JobFileError, SatlogError
from satlog_native.jobs import JobFile, JobPolygon, parse_job, read_job, write_job
from satlog_native.jobs.jobfile import MAX_BYTES

SQUARE = ((33.0, -98.0), (33.1, -98.0), (33.1, -97.9), (33.0, -97.9), (33.0, -98.0))
HOLE = ((33.04, -97.96), (33.06, -97.96), (33.06, -97.94), (33.04, -97.96))
JOB = JobFile("146", "NORTH 40", 2, (JobPolygon(SQUARE, (HOLE,), 1, "Poly1"),))

CLEAN = (
    b".JOB 146 NORTH 40\r\n"
    b".VERSION 2\r\n"
    b".POL 1 Poly1\r\n"
    b"\tINC\r\n"
    b"\t33.000000 -98.000000\r\n"
    b"\t33.100000 -98.000000\r\n"
    b"\t33.100000 -97.900000\r\n"
    b"\t33.000000 -97.900000\r\n"
    b"\t33.000000 -98.000000\r\n"
    b"\tEXC\r\n"
    b"\t33.040000 -97.960000\r\n"
    b"\t33.060000 -97.960000\r\n"
    b"\t33.060000 -97.940000\r\n"
    b"\t33.040000 -97.960000\r\n"
)

HEAD = ".JOB 1 A\n.VERSION 2\n.POL 1 P\nINC\n"
TRIANGLE = "33.0 -98.0\n33.1 -98.0\n33.1 -97.9\n"


def found(job: JobFile) -> list[str]:
    return [entry.what for entry in job.report]


def test_a_clean_file_is_read_without_remarks() -> None:
    job = read_job(CLEAN)
    assert job == JOB
    assert job.report == ()


def test_writing_gives_the_bytes_that_aircraft_read(tmp_path: Path) -> None:
    path = write_job(JOB, tmp_path)
    assert path == tmp_path / "146.job"
    assert path.read_bytes() == CLEAN
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_is_written_as_given(tmp_path: Path) -> None:
    assert write_job(JOB, tmp_path / "up.JOB").read_bytes() == CLEAN


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda text: text.replace("\r\n", "\n"), None),
        (lambda text: text.replace("\r\n", "\r"), None),
        (lambda text: text.replace("\r\n", "\r\n\r\n  \r\n"), None),
        (lambda text: text.replace("\t", "   \t "), None),
        (lambda text: text.replace(" ", " \t  "), None),
        (lambda text: text.replace(".POL", ".Pol").replace("INC", "inc"), None),
        (lambda text: text.replace("VERSION 2", "VERSION 3"), "unknown version"),
        (lambda text: text.replace(".VERSION 2\r\n", ""), "no .VERSION"),
        (lambda text: text.replace("INC", "INC 1"), "text after INC"),
        (lambda text: text.replace(".POL 1 Poly1", ".POL Poly1"), "without a number"),
        (lambda text: text + "\x00" * 300, "300 NUL"),
        (lambda text: "\ufeff" + text, "byte order mark"),
        (lambda text: text + ".POL 2 empty\r\n", "without a boundary"),
    ],
)
def test_careless_files_give_the_same_polygons(change, remark: str | None) -> None:  # type: ignore[no-untyped-def]
    job = read_job(change(CLEAN.decode()).encode())
    assert job == JOB
    if remark is None:
        assert job.report == ()
    else:
        assert any(remark in what for what in found(job))


def test_open_rings_are_closed() -> None:
    lines = CLEAN.decode().splitlines(keepends=True)
    assert read_job("".join(lines[:8] + lines[9:13]).encode()) == JOB


def test_version_1_and_a_missing_name() -> None:
    job = parse_job(f".JOB 7\n.VERSION 1\n.POL 1\nINC\n{TRIANGLE}")
    assert (job.number, job.name, job.version) == ("7", "", 1)
    assert job.polygons[0].label == ""


def test_labels_with_blanks_and_dots() -> None:
    job = parse_job(f".JOB 7 W. Smith  No. 3\n.VERSION 2\n.POL 12 .5 mile  East\nINC\n{TRIANGLE}")
    assert job.name == "W. Smith No. 3"
    assert (job.polygons[0].number, job.polygons[0].label) == (12, ".5 mile East")


def test_coordinates_are_kept_exactly() -> None:
    job = parse_job(HEAD + "33.123456789012 -98.5\n+33 -98.\n.5 -1e1\n")
    assert job.polygons[0].exterior[:3] == ((33.123456789012, -98.5), (33.0, -98.0), (0.5, -10.0))


def test_a_hole_belongs_to_the_nearest_inclusion_before_it() -> None:
    hole = "EXC\n33.04 -97.93\n33.06 -97.93\n33.06 -97.91\n"
    job = parse_job(f"{HEAD}{TRIANGLE}INC\n{TRIANGLE}{hole}INC\n{TRIANGLE}")
    assert [len(polygon.holes) for polygon in job.polygons] == [0, 1, 0]
    assert {polygon.number for polygon in job.polygons} == {1}
    apart = parse_job(f"{HEAD}{TRIANGLE}.POL 2 pond\n{hole}")
    assert [len(polygon.holes) for polygon in apart.polygons] == [1]
    assert any("EXC without INC" in what for what in found(apart))


def test_unknown_directives_are_kept_reported_and_written(tmp_path: Path) -> None:
    text = f"{HEAD}{TRIANGLE}.LIN 1 A-B\nINC\n33.0 -98.0\n33.1 -98.1\n.POL 2 Q\nINC\n{TRIANGLE}"
    job = parse_job(text)
    assert job.other_directives == (".LIN 1 A-B\nINC\n33.0 -98.0\n33.1 -98.1",)
    assert [polygon.label for polygon in job.polygons] == ["P", "Q"]
    assert [(entry.what, entry.line) for entry in job.report] == [("unknown directive, kept", 8)]
    again = read_job(write_job(job, tmp_path))
    assert again == job


def test_an_unknown_directive_before_the_first_ring_does_not_swallow_it() -> None:
    job = parse_job(f".JOB 1\n.VERSION 2\n.POL 1 P\n.RATE 5\nINC\n{TRIANGLE}")
    assert len(job.polygons) == 1
    assert job.other_directives == (".RATE 5",)


def test_latin_1_is_read_and_reported() -> None:
    job = read_job(CLEAN.replace(b"NORTH 40", "PEÑA".encode("latin-1")))
    assert job.name == "PEÑA"
    assert "not UTF-8, read as Latin-1" in found(job)


@pytest.mark.parametrize(
    ("text", "line", "broken"),
    [
        (HEAD + "33.0 -98.0\n33.1\n", 6, "33.1"),
        (HEAD + "33.0 -98.0\n33.1 -98.0 5\n", 6, "33.1 -98.0 5"),
        (HEAD + "33,0 -98,0\n", 5, "33,0 -98,0"),
        (HEAD + "nan -98.0\n", 5, "nan -98.0"),
        (HEAD + "33.0 inf\n", 5, "33.0 inf"),
        (HEAD + "33.0 1e999\n", 5, "33.0 1e999"),
        (HEAD + "-98.0 33.0\n", 5, "-98.0 33.0"),
        (HEAD + "33.0 -198.0\n", 5, "33.0 -198.0"),
        (HEAD + "3\u0663.0 -98.0\n", 5, "3\u0663.0 -98.0"),
        (HEAD + "33.0 -98.0\n33.1 -98.0\n33.0 -98.0\n", 4, "INC"),
        (HEAD, 4, "INC"),
        (".JOB 1\n.POL 1\nEXC\n" + TRIANGLE, 3, "EXC"),
        (".JOB 1\n.POL 1\n33.0 -98.0\n", 3, "33.0 -98.0"),
        (".JOB\n.VERSION 2\n", 1, ".JOB"),
        (HEAD + TRIANGLE + ".JOB 2 B\n", 8, ".JOB 2 B"),
        ("hello\n.JOB 1\n", 1, "hello"),
        (HEAD + "33.0\x00 -98.0\n", 5, "33.0\x00 -98.0"),
    ],
)
def test_a_broken_line_is_an_error_with_number_and_text(text: str, line: int, broken: str) -> None:
    with pytest.raises(JobFileError) as caught:
        parse_job(text, source="up.job")
    assert (caught.value.line, caught.value.text) == (line, broken)
    assert f"up.job, line {line}:" in str(caught.value)
    assert isinstance(caught.value, SatlogError | ValueError)


def test_swapped_coordinates_get_a_hint() -> None:
    with pytest.raises(JobFileError, match="swapped"):
        parse_job(HEAD + "-98.0 33.0\n")


@pytest.mark.parametrize("data", [b"", b"\x00" * 100, b"\n\n", bytes(range(256))])
def test_what_is_no_job_file_is_refused(data: bytes) -> None:
    with pytest.raises(JobFileError):
        read_job(data)


def test_huge_files_are_refused_without_reading_them_whole() -> None:
    with pytest.raises(JobFileError, match="larger than"):
        read_job(b" " * (MAX_BYTES + 1))
    with pytest.raises(JobFileError, match="larger than"):
        read_job("/dev/zero")


def test_a_huge_line_is_not_repeated_in_the_message() -> None:
    with pytest.raises(JobFileError) as caught:
        parse_job(HEAD + "1" * 1_000_000)
    assert len(str(caught.value)) < 300


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="cannot be read"):
        read_job(tmp_path / "none.job")


@pytest.mark.parametrize(
    "number",
    ["", ".", "..", "../x", "a/b", "a\\b", "/etc/x", "a b", "a\nb", "x\x00", "con", "NUL.1", "C:x",
     ".hidden", "x.", "é" * 101, "界" * 90],
)  # fmt: skip
def test_a_number_cannot_leave_the_folder(number: str, tmp_path: Path) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir()
    with pytest.raises(JobFileError, match="job number"):
        write_job(JobFile(number, polygons=JOB.polygons), folder)
    assert list(tmp_path.rglob("*")) == [folder]


@pytest.mark.parametrize("number", ["146", "789_field1", "b4ef", "v1.2-3", "campo_ñ"])
def test_numbers_as_partners_use_them_are_written(number: str, tmp_path: Path) -> None:
    path = write_job(JobFile(number, polygons=JOB.polygons), tmp_path)
    assert path.parent == tmp_path
    assert read_job(path).number == number


def test_names_cannot_inject_lines(tmp_path: Path) -> None:
    evil = "A\r\n.POL 9 x\r\nINC\u2028\x00"
    job = JobFile("1", evil, polygons=(JobPolygon(SQUARE, (), 1, evil),))
    again = read_job(write_job(job, tmp_path))
    assert again.name == "A .POL 9 x INC"
    assert [polygon.exterior for polygon in again.polygons] == [SQUARE]


@pytest.mark.parametrize(
    "directive", ["INC", ".POL 2", ".version 2", ".A\n.POL 2", ".A\r.POL 2", ".A\n\nB", ""]
)
def test_directives_that_would_read_back_as_something_else(directive: str, tmp_path: Path) -> None:
    with pytest.raises(JobFileError, match="unknown directive"):
        write_job(JobFile("1", other_directives=(directive,)), tmp_path)


def test_a_ring_that_vanishes_at_six_decimals_is_refused(tmp_path: Path) -> None:
    tiny = ((33.0, -98.0), (33.0000001, -98.0), (33.0000001, -98.0000001), (33.0, -98.0))
    with pytest.raises(JobFileError, match="6 decimals"):
        write_job(JobFile("1", polygons=(JobPolygon(tiny),)), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_job(JOB, tmp_path)
    bad = JobFile("146", polygons=(JobPolygon(((91.0, 0.0), (0.0, 0.0), (0.0, 1.0), (91.0, 0.0))),))
    with pytest.raises(JobFileError):
        write_job(bad, tmp_path)
    assert path.read_bytes() == CLEAN
    with pytest.raises(JobFileError, match="cannot be written"):
        write_job(JOB, tmp_path / "no folder" / "1.job")
