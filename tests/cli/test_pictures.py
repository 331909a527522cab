"""``satlog map``, ``plot`` and ``report``: what they draw and write, read by other programs."""

from __future__ import annotations

import re
import sys
from html import unescape
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from cli.flights import ferry_of, job_of, widthless_of
from cli.tools import Process, Satlog, files
from satlog_native import open_log
from satlog_native.jobs import read_job

#: Words of each command, and an ending that it writes.
COMMANDS = [
    *[("map", ending) for ending in ("png", "svg", "html")],
    *[("plot", ending) for ending in ("png", "svg")],
    *[("report", ending) for ending in ("pdf", "html")],
]

RECORD = """\
customer: Peña Farms
field: North 40
licence: 00417
products:
  - {name: Propanil 4 EC, registration: 12345-678, dose: 3 qt/ac}
  - {name: Crop oil}
time_zone: America/Chicago
"""


@pytest.fixture
def job(log: Path) -> Path:
    return job_of(log)


def words(page: Path) -> str:
    """Text of an HTML page, without its pictures."""
    body = page.read_text("utf-8").partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def printed(pdf: Path) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(pdf).pages)


def comments(svg: Path) -> str:
    """Matplotlib draws text as outlines, and leaves it beside them as comments."""
    found = re.findall(r"<!--(.*?)-->", svg.read_text("utf-8"), re.DOTALL)
    return "\n".join(text.strip() for text in found)


def ids(svg: Path) -> set[str]:
    found = (element.get("id") for element in ElementTree.parse(svg).iter())
    return {each for each in found if each}


def pass_count(log: Path) -> int:
    with open_log(log) as opened:
        return opened.passes().height


# -- each command ---------------------------------------------------------------------------


@pytest.mark.parametrize(("command", "ending"), COMMANDS)
def test_writes_what_the_ending_says(
    command: str, ending: str, log: Path, job: Path, satlog: Satlog
) -> None:
    out = log.with_name(f"out.{ending}")
    field = [] if command == "plot" else ["--field", job]
    result = satlog(command, log, out, *field)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"wrote {out}\n")
    data = out.read_bytes()
    if ending == "png":
        image = Image.open(BytesIO(data))
        image.load()
        assert min(image.size) > 1000
        assert np.asarray(image.convert("L")).std() > 10.0
    elif ending == "svg":
        assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"
    elif ending == "pdf":
        assert len(PdfReader(out).pages) >= 2
    else:
        assert data.startswith(b"<!DOCTYPE html>")
        assert b"://" not in re.sub(rb"base64,[^\"]*", b"", data)


@pytest.mark.parametrize(("command", "ending"), COMMANDS)
def test_replaces_only_what_it_may(command: str, ending: str, log: Path, satlog: Satlog) -> None:
    out = log.with_name(f"out.{ending}")
    out.write_bytes(b"mine")
    result = satlog(command, log, out)
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr
    assert out.read_bytes() == b"mine"
    assert satlog(command, log, out, "--overwrite").exit_code == 0
    assert out.read_bytes() != b"mine"


@pytest.mark.parametrize(("command", "ending"), COMMANDS)
def test_same_log_same_bytes(command: str, ending: str, log: Path, satlog: Satlog) -> None:
    one, other = (log.with_name(f"{name}.{ending}") for name in ("one", "other"))
    satlog(command, log, one)
    satlog(command, log, other)
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(("command", "ending"), COMMANDS)
def test_damage_is_told_and_the_picture_made(
    command: str, ending: str, damaged: Path, satlog: Satlog
) -> None:
    out = damaged.with_name(f"out.{ending}")
    result = satlog(command, damaged, out)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "bytes lost in" in result.stderr
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(("command", "ending"), COMMANDS)
def test_log_that_is_none_leaves_nothing(
    command: str, ending: str, tmp_path: Path, satlog: Satlog
) -> None:
    empty = tmp_path / "empty.LOG"
    empty.touch()
    result = satlog(command, empty, tmp_path / f"out.{ending}")
    assert result.exit_code == 2
    assert "empty.LOG" in result.stderr
    assert files(tmp_path) == ["empty.LOG"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("map {log} out.jpg", ".png, .svg, .html"),
        ("map {log} out", ".png, .svg, .html"),
        ("plot {log} out.pdf", ".png, .svg"),
        ("report {log} out.png", ".pdf, .html"),
        ("map {log} nowhere/out.png", "No such file or directory"),
        ("map {log} out.png --field {log}", "expected a file ending in .job"),
        ("map {log} out.png --field none.job", "none.job"),
        ("map {log} out.png --time-zone Mars/Base", "no time zone 'Mars/Base'"),
        ("map {log} out.png --swath-width 0", "swath_width is 0"),
        ("plot {log} out.png --what speed,height", "nothing called 'height'; choose from speed"),
        ("plot {log} out.png --what ,", "nothing called ''"),
        ("report {log} out.pdf --record none.yaml", "none.yaml: it cannot be read"),
        ("report {log} out.pdf --set customer", "--set needs KEY=VALUE, found 'customer'"),
        ("report {log} out.pdf --set costumer=x", "did you mean 'customer'?"),
        ("report {log} out.pdf --product a --product b --set dose=1", "'products' and 'dose'"),
    ],
)
def test_wrong_use(line: str, says: str, log: Path, satlog: Satlog) -> None:
    command, log_word, out, *rest = line.format(log=log).split()
    result = satlog(command, log_word, log.parent / out, *rest)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert files(log.parent) == ["flight.LOG"]


def test_what_is_read_is_not_written_over(log: Path, job: Path, satlog: Satlog) -> None:
    same = log.with_name("flight.png")
    same.write_bytes(log.read_bytes())
    link = log.with_name("link.png")
    link.symlink_to(job)
    for words_ in ((same, same), (log, link, "--field", job)):
        result = satlog("map", *words_, "--overwrite")
        assert result.exit_code == 2
        assert "it is also read from" in result.stderr
    assert same.read_bytes() == log.read_bytes()
    assert read_job(job).number == "4711"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("matplotlib", "map flight.LOG out.png"),
        ("jinja2", "map flight.LOG out.html"),
        ("reportlab", "report flight.LOG out.pdf"),
        ("yaml", "report flight.LOG out.pdf --record record.yaml"),
    ],
)
def test_missing_extra_is_told(
    module: str, line: str, log: Path, satlog: Satlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(log.parent)
    Path("record.yaml").write_text("customer: a", "utf-8")
    # None in sys.modules is what the import system itself takes for "cannot be imported".
    for name in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    result = satlog(*line.split())
    assert result.exit_code == 2
    assert f"needs {module}: pip install 'satlog[plot]'" in result.stderr
    assert files(log.parent) == ["flight.LOG", "record.yaml"]


# -- map ------------------------------------------------------------------------------------


def test_map_shows_passes_and_field(log: Path, job: Path, satlog: Satlog) -> None:
    out = log.with_name("map.svg")
    satlog("map", log, out, "--field", job, "--title", "North <40>")
    found = ids(out)
    assert {f"pass-{number + 1}" for number in range(pass_count(log))} <= found
    assert {"field", "skip", "off_target", "unsprayed"} <= found
    assert "North <40>" in comments(out).replace("&lt;", "<").replace("&gt;", ">")
    assert "sprayed outside field" in comments(out)
    satlog("map", log, out, "--overwrite")
    assert not {"field", "skip"} & ids(out)


def test_map_in_us_units_and_local_time(log: Path, satlog: Satlog) -> None:
    out = log.with_name("map.html")
    satlog("map", log, out, "--units", "us", "--time-zone", "America/Chicago")
    told = words(out)
    assert re.search(r"Treated [\d.]+ ac ", told)
    assert "08:05:00" in told
    assert "CDT" in told


@pytest.mark.parametrize("ending", ["svg", "html"])
def test_map_of_a_flight_without_spray(ending: str, log: Path, satlog: Satlog) -> None:
    ferry = ferry_of(log)
    out = ferry.with_name(f"map.{ending}")
    result = satlog("map", ferry, out)
    assert result.exit_code == 0
    assert "nothing was sprayed" in result.stderr
    assert "Nothing was sprayed" in (comments(out) if ending == "svg" else words(out))
    assert "unsprayed" in out.read_text("utf-8")


def test_map_without_swath_width(log: Path, satlog: Satlog) -> None:
    widthless = widthless_of(log)
    out = widthless.with_name("map.svg")
    result = satlog("map", widthless, out)
    assert result.exit_code == 0
    assert "have no swath width" in result.stderr
    assert "--swath-width" in result.stderr
    assert "pass-1" in ids(out)
    assert "Treated" not in comments(out)
    told = satlog("map", widthless, out, "--swath-width", 20, "--overwrite")
    assert "swath width" not in told.stderr
    assert "Treated" in comments(out)


# -- plot -----------------------------------------------------------------------------------


def test_plot_draws_what_is_asked_for(log: Path, satlog: Satlog) -> None:
    out = log.with_name("plot.svg")
    satlog("plot", log, out, "--what", "wind, speed", "--units", "us")
    told = comments(out)
    assert told.index("Wind speed") < told.index("Ground speed")
    assert "mph" in told
    assert "Applied rate" not in told
    assert "4711_demo_field" in told


def test_plot_without_out_goes_to_the_current_folder(
    log: Path, tmp_path_factory: pytest.TempPathFactory, process: Process
) -> None:
    here = tmp_path_factory.mktemp("here")
    done = process("plot", log, cwd=here)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote flight.png\n")
    assert files(here) == ["flight.png"]
    again = process("plot", log, cwd=here)
    assert again.returncode == 2
    assert "flight.png: it exists already" in again.stderr


# -- report ---------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["pdf", "html"])
def test_report_has_what_file_job_and_options_say(
    ending: str, log: Path, job: Path, satlog: Satlog
) -> None:
    record = log.with_name("record.yaml")
    record.write_text(RECORD, "utf-8")
    out = log.with_name(f"report.{ending}")
    options = ["--customer", "Rice & Sons", "--set", "crop=rice", "--set", "target=a=b"]
    result = satlog("report", log, out, "--job", job, "--record", record, *options)
    assert result.exit_code == 0
    told = printed(out) if ending == "pdf" else words(out)
    for text in (
        *("Customer Rice & Sons", "Field North 40", "Licence no. 00417", "Crop rice"),
        *("Target a=b", "Propanil 4 EC 12345-678 3 qt/ac", "Crop oil", "Job 4711 DEMO FIELD"),
        *("Date 2025-07-14", "CDT", "Log flight.LOG", "The log is complete", "Assumed."),
    ):
        assert text in told
    assert "Peña" not in told
    assert re.search(r"Field treated \d+\.\d %", told)


def test_report_of_a_named_field_and_products(log: Path, job: Path, satlog: Satlog) -> None:
    out = log.with_name("report.html")
    named = ["--field-name", "South 3", "--product", "A", "--product", "B", "--field", job]
    assert satlog("report", log, out, *named, "--units", "us").exit_code == 0
    told = words(out)
    for text in ("Field South 3", "A – – –", "B – – –", "Job 4711_demo_field", " gal/ac"):
        assert text in told
    assert "no field boundary" not in told
    assert " L/ha" not in told


def test_field_of_its_own_stands_before_the_job_s(log: Path, job: Path, satlog: Satlog) -> None:
    half = log.with_name("half.job")
    north = job.read_text("ascii").replace("35.198197", "35.200000")
    assert north != job.read_text("ascii")
    half.write_text(north, "ascii")
    treated = []
    for field in ([], ["--field", half]):
        out = log.with_name("report.html")
        satlog("report", log, out, "--job", job, *field, "--overwrite")
        found = re.search(r"Sprayed outside field ([\d.]+) ha", words(out))
        assert found is not None
        treated.append(float(found[1]))
    assert treated[1] > treated[0] + 1.0


def test_report_of_a_flight_without_spray(log: Path, satlog: Satlog) -> None:
    ferry = ferry_of(log)
    out = ferry.with_name("report.pdf")
    result = satlog("report", ferry, out)
    assert result.exit_code == 0
    assert "nothing was sprayed" in result.stderr
    assert "Nothing was sprayed. The log has no position with spray on." in printed(out)


def test_report_tells_damage(damaged: Path, satlog: Satlog) -> None:
    out = damaged.with_name("report.pdf")
    assert satlog("report", damaged, out).exit_code == 1
    assert "The log is damaged" in printed(out)


def test_broken_job_is_told_with_its_line(log: Path, job: Path, satlog: Satlog) -> None:
    job.write_text(job.read_text("ascii").replace("-90.9", "-9O.9", 1), "ascii")
    result = satlog("report", log, log.with_name("out.pdf"), "--job", job)
    assert result.exit_code == 2
    assert "4711.job" in result.stderr
    assert "line 5" in result.stderr
    assert files(log.parent) == ["4711.job", "flight.LOG"]


# -- synth --job ----------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["job", "geojson"])
def test_synth_writes_the_job_it_flies(ending: str, tmp_path: Path, satlog: Satlog) -> None:
    log, job = tmp_path / "flight.LOG", tmp_path / f"flown.{ending}"
    assert satlog("synth", log, "--seed", 7, "--job", job).exit_code == 0
    out = tmp_path / "map.html"
    assert satlog("map", log, out, "--field", job).exit_code == 0
    found = re.search(r"Field treated ([\d.]+) %", words(out))
    assert found is not None
    assert float(found[1]) > 95.0
    again = satlog("synth", log.with_name("new.LOG"), "--job", job)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    assert not log.with_name("new.LOG").exists()
