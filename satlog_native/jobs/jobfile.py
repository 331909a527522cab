"""Read and write ``.JOB`` files, the text files that carry a job's polygons to an aircraft.

::

    .JOB <number> <NAME>
    .VERSION 2
    .POL 1 Poly1
    <TAB>INC
    <TAB>33.123456 -98.123456
    ...

A job file is read line by line by one small state machine (`_Reader`). What a careless writer may
have done is accepted and told in `JobFile.report`; a line that could mean something else than what
it seems to mean is an error, because a wrong polygon is sprayed in the wrong place:

* LF, CR or CRLF, blank lines, any run of blanks, any case of the directives, trailing NULs;
* open or closed rings; version 1, 2 or none; no job name; no polygon number;
* ``EXC`` under a ``.POL`` without ``INC``: a hole in the nearest ``INC`` before it;
* unknown directives, kept with the lines below them. An ``INC`` below an unknown directive belongs
  to the open ``.POL`` as long as that has no ring yet, and to the unknown directive otherwise;
* text that is not UTF-8, read as Latin-1.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from satlog_native.errors import JobFileError
from satlog_native.jobs.model import (
    JobFile,
    JobPolygon,
    Point,
    Ring,
    Tolerated,
    bad_point,
    clean_label,
    reason,
    ring,
)

__all__ = ["MAX_BYTES", "job_path", "parse_job", "read_job", "write_job"]

MAX_BYTES = 16 * 1024 * 1024
"""Larger files are refused: a job of 100 fields is 0.1 MB, and memory is finite."""

_COORDINATE = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_POINT = re.compile(rf"({_COORDINATE})[ \t]+({_COORDINATE})")
_DIRECTIVE = re.compile(r"\.(?![0-9])")  # ".5 98.1" is a coordinate
_NUMBER = re.compile(r"[0-9]{1,9}")
_LINE_END = re.compile(r"\r\n|\n|\r")
_FILE_NUMBER = re.compile(r"\w(?:[\w.-]{0,98}[\w-])?")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_NOT_IN_LINE = re.compile("[\r\x00\ud800-\udfff]")
_KNOWN = (".JOB", ".VERSION", ".POL")


def read_job(source: str | os.PathLike[str] | bytes) -> JobFile:
    """Read a ``.JOB`` file.

    Parameters
    ----------
    source : path or bytes
        A file, or its contents. For text use `parse_job`.

    Returns
    -------
    JobFile
        Coordinates exactly as in the file, rings closed; `JobFile.report` tells what was accepted.

    Raises
    ------
    JobFileError
        The file cannot be opened, is too large, or has a broken line (``.line``, ``.text``).
    """
    if isinstance(source, bytes):
        return _parse_bytes(source, source="job file")
    return _parse_bytes(read_limited(Path(source)), source=os.fspath(source))


def read_limited(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Read a small foreign file whole; `JobFileError` where it cannot be opened or is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise JobFileError(f"cannot be read: {reason(error)}", source=str(path)) from error
    if len(data) > limit:
        raise JobFileError(f"larger than {limit} bytes; is it the right file?", source=str(path))
    return data


def parse_job(text: str, *, source: str = "job text") -> JobFile:
    """Read a ``.JOB`` file that is already text; see `read_job`."""
    reader = _Reader(source)
    for number, line in enumerate(_LINE_END.split(text), start=1):
        reader.take(number, line)
    return reader.finish()


def _parse_bytes(data: bytes, *, source: str) -> JobFile:
    if len(data) > MAX_BYTES:
        raise JobFileError(f"larger than {MAX_BYTES} bytes; is it the right file?", source=source)
    report = []
    padding = len(data) - len(data := data.rstrip(b"\x00\x1a"))
    if padding:
        report.append(Tolerated(f"{padding} NUL or end-of-file bytes at the end, ignored"))
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
        report.append(Tolerated("a byte order mark at the start, ignored"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        report.append(Tolerated("not UTF-8, read as Latin-1"))
    job = parse_job(text, source=source)
    return dataclasses.replace(job, report=(*report, *job.report))


class _Boundary:
    """A ring being read: the line it began on, and its points."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        self.text = text
        self.points: list[Point] = []


class _Reader:
    """Takes a job file line by line; `finish` gives the job."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.number: str | None = None
        self.name = ""
        self.version: int | None = None
        # A polygon is (number, label, boundaries); the first boundary is its INC.
        self.polygons: list[tuple[int, str, list[_Boundary]]] = []
        self.pol: tuple[int, str] | None = None
        self.pol_line = (0, "")
        self.pol_has_ring = False
        self.boundary: _Boundary | None = None
        self.other: list[str] | None = None
        self.others: list[list[str]] = []
        self.report: list[Tolerated] = []

    def take(self, number: int, raw: str) -> None:
        line = raw.strip()
        if "\x00" in line:
            raise self.error("a NUL byte in the text; the file is damaged or UTF-16", number, line)
        if not line:
            return
        word, _, rest = line.replace("\t", " ").partition(" ")
        if _DIRECTIVE.match(line):
            self.directive(word.upper(), rest.strip(), number, line)
        elif self.number is None:
            raise self.error("expected a .JOB line before anything else", number, line)
        elif word.upper() in ("INC", "EXC"):
            self.start_boundary(word.upper(), rest.strip(), number, line)
        elif self.other is not None:
            self.other.append(line)
        else:
            self.point(number, line)

    def directive(self, name: str, rest: str, number: int, line: str) -> None:
        if name == ".JOB":
            self.start_job(rest, number, line)
        elif self.number is None:
            raise self.error("expected a .JOB line before anything else", number, line)
        elif name == ".VERSION":
            self.take_version(rest, number, line)
        elif name == ".POL":
            self.start_polygon(rest, number, line)
        else:
            self.tolerate("unknown directive, kept", number, line)
            self.other = [line]
            self.others.append(self.other)
        self.boundary = None

    def start_job(self, rest: str, number: int, line: str) -> None:
        if self.number is not None:
            raise self.error("a second .JOB line; expected one job a file", number, line)
        if not rest:
            raise self.error("expected a job number after .JOB", number, line)
        self.number, _, name = rest.partition(" ")
        self.name = clean_label(name)

    def take_version(self, rest: str, number: int, line: str) -> None:
        self.other = None
        if rest in ("1", "2"):
            self.version = int(rest)
        else:
            self.version = 2
            self.tolerate("unknown version, read as version 2", number, line)

    def start_polygon(self, rest: str, number: int, line: str) -> None:
        self.end_polygon()
        first, _, label = rest.partition(" ")
        if not _NUMBER.fullmatch(first):
            self.tolerate("a polygon without a number, given the next one", number, line)
            first, label = str(self.next_number()), rest
        self.pol = (int(first), clean_label(label))
        self.pol_line = (number, line)
        self.pol_has_ring = False
        self.other = None

    def end_polygon(self) -> None:
        if self.pol is not None and not self.pol_has_ring:
            self.tolerate("a polygon without a boundary, left out", *self.pol_line)

    def next_number(self) -> int:
        return 1 + max((number for number, _, _ in self.polygons), default=0)

    def start_boundary(self, kind: str, rest: str, number: int, line: str) -> None:
        if self.other is not None and (self.pol is None or self.pol_has_ring):
            self.other.append(line)
            return
        self.other = None
        if rest:
            self.tolerate(f"text after {kind}, ignored", number, line)
        self.boundary = _Boundary(number, line)
        if kind == "INC":
            if self.pol is None:
                self.tolerate("INC without a .POL line before it", number, line)
                self.pol = (self.next_number(), "")
            self.polygons.append((*self.pol, [self.boundary]))
        else:
            self.add_hole(number, line)
        self.pol_has_ring = True

    def add_hole(self, number: int, line: str) -> None:
        if not self.polygons:
            raise self.error("EXC before any INC: expected a boundary to cut it from", number, line)
        if not self.pol_has_ring:
            self.tolerate("EXC without INC in its .POL, cut from the INC before it", number, line)
        assert self.boundary is not None
        self.polygons[-1][2].append(self.boundary)

    def point(self, number: int, line: str) -> None:
        if self.boundary is None:
            raise self.error("expected a directive, INC or EXC", number, line)
        match = _POINT.fullmatch(line)
        if match is None:
            raise self.error("expected latitude and longitude in decimal degrees", number, line)
        latitude, longitude = float(match[1]), float(match[2])
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            raise self.error(bad_point(latitude, longitude), number, line)
        self.boundary.points.append((latitude, longitude))

    def finish(self) -> JobFile:
        if self.number is None:
            raise JobFileError("no .JOB line: not a job file", source=self.source, line=1)
        self.end_polygon()
        if self.version is None:
            self.report.append(Tolerated("no .VERSION line, read as version 2"))
        polygons = tuple(
            JobPolygon(self.closed(rings[0]), tuple(map(self.closed, rings[1:])), number, label)
            for number, label, rings in self.polygons
        )
        return JobFile(
            number=self.number,
            name=self.name,
            version=self.version or 2,
            polygons=polygons,
            other_directives=tuple("\n".join(lines) for lines in self.others),
            report=tuple(self.report),
        )

    def closed(self, boundary: _Boundary) -> Ring:
        try:
            return ring(boundary.points)
        except ValueError as error:
            raise self.error(str(error), boundary.line, boundary.text) from error

    def tolerate(self, what: str, number: int, line: str) -> None:
        self.report.append(Tolerated(what, number, line[:200]))

    def error(self, problem: str, number: int, line: str) -> JobFileError:
        return JobFileError(problem, source=self.source, line=number, text=line)


def write_job(job: JobFile, folder_or_path: str | os.PathLike[str]) -> Path:
    """Write a ``.JOB`` file: version 2, CRLF, closed rings, 6 decimals (0.1 m).

    Parameters
    ----------
    job : JobFile
        The job. Names and labels are written in UTF-8 on one line, runs of blanks as one blank.
    folder_or_path : path
        A folder that exists, where the file is named ``<number>.job``; or the file itself.

    Returns
    -------
    pathlib.Path
        The file written. It appears whole or not at all.

    Raises
    ------
    JobFileError
        A number that cannot be a file name, a ring that vanishes at 6 decimals, an unknown
        directive that would read back as something else, or a file that cannot be written.
    """
    path = job_path(job, folder_or_path)
    text = "".join(f"{line}\r\n" for line in _lines(job))
    replace_file(path, text.encode("utf-8"))
    return path


def job_path(job: JobFile, folder_or_path: str | os.PathLike[str]) -> Path:
    """Where `write_job` writes: ``<number>.job`` in a folder, or the path itself."""
    path = Path(folder_or_path)
    # The number comes from foreign services: it must be one plain file name, whatever the system.
    if (
        not _FILE_NUMBER.fullmatch(job.number)
        or _DEVICES.fullmatch(job.number)
        or len(job.number.encode("utf-8")) > 200
    ):
        raise JobFileError(
            "the job number must be letters, digits, '_', '-' or '.', at most 100 characters, "
            "and no device name",
            source=str(path),
            text=job.number,
        )
    return path / f"{job.number}.job" if path.is_dir() else path


def _lines(job: JobFile) -> Iterator[str]:
    yield f".JOB {job.number} {clean_label(job.name)}".rstrip()
    yield ".VERSION 2"
    head = None
    for polygon in job.polygons:
        if head != (head := (polygon.number, clean_label(polygon.label))):
            if not 0 <= polygon.number <= 999_999_999:
                raise _unwritable(job, "a polygon's number must have at most nine digits", head[0])
            yield f".POL {head[0]} {head[1]}".rstrip()
        yield from _ring_lines(job, "INC", polygon.exterior)
        for hole in polygon.holes:
            yield from _ring_lines(job, "EXC", hole)
    for directive in job.other_directives:
        yield from _other_lines(job, directive)


def _ring_lines(job: JobFile, kind: str, points: Ring) -> Iterator[str]:
    # Adding zero turns -0.0 into 0.0, so that no "-0.000000" is written.
    rounded = [(round(lat, 6) + 0.0, round(lon, 6) + 0.0) for lat, lon in points]
    try:
        closed = ring(rounded)
    except ValueError as error:
        raise _unwritable(job, f"at 6 decimals, {error}", points[:1]) from error
    yield f"\t{kind}"
    for latitude, longitude in closed:
        yield f"\t{latitude:.6f} {longitude:.6f}"


def _other_lines(job: JobFile, directive: str) -> list[str]:
    lines = directive.split("\n")
    first = lines[0].partition(" ")[0].upper()
    if (
        not _DIRECTIVE.match(first)
        or first in _KNOWN
        or any(not line or line != line.strip() or _NOT_IN_LINE.search(line) for line in lines)
        or any(_DIRECTIVE.match(line) for line in lines[1:])
    ):
        raise _unwritable(job, "expected an unknown directive and its lines", directive)
    return lines


def _unwritable(job: JobFile, problem: str, what: object) -> JobFileError:
    return JobFileError(problem, source=f"job {job.number}", text=str(what))


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` to a temporary file beside `path`, then rename: whole or not at all."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
        raise JobFileError(f"cannot be written: {reason(error)}", source=str(path)) from error
