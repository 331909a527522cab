from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO

import polars as pl
import pytest
from pypdf import PdfReader

from satlog_native import flight
from satlog_native.plot import (
    Product,
    Report,
    WorkRecord,
    report_html,
    report_pdf,
    work_record_from,
)
from satlog_native.plot.pass_table import pass_table
from satlog_native.plot.statements import damage_statement, layout_statement
from satlog_native.report import LostRun
from unit.plot.flights import Flown

RECORD = WorkRecord(
    customer="Delta Rice Farms",
    field="North 40",
    licence="AR-00417",
    products=(
        Product(name="Propanil 4 EC", registration="12345-678", dose="3 qt/ac"),
        Product(name="Clomazone", batch="L-17"),
    ),
    remarks="Buffer at the creek.\nSmoke checked.",
    time_zone="America/Chicago",
)


def pages(pdf: bytes) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]


def words(page: str) -> str:
    """Text of an HTML page, without its pictures."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture(scope="module")
def told(flown: Flown) -> Report:
    return flown.report(RECORD, source="4711.log")


@pytest.fixture(scope="module")
def pdf(told: Report) -> list[str]:
    return pages(report_pdf(told))


@pytest.fixture(scope="module")
def page(told: Report) -> str:
    return report_html(told)


@pytest.mark.parametrize(
    "fact",
    [
        *("Delta Rice Farms", "North 40", "AR-00417", "Propanil 4 EC", "12345-678", "3 qt/ac"),
        *("Clomazone", "L-17", "Buffer at the creek.", "Smoke checked.", "4711_demo_field"),
        *("N4711S", "A. Demo", "2025-07-14", "CDT", "08:05:00", "4711.log"),
        *("The log is complete", "Log layout satloc_air", "Assumed."),
    ],
)
def test_facts_are_in_page_and_pdf(fact: str, page: str, pdf: list[str]) -> None:
    assert fact in words(page)
    assert fact in " ".join(pdf)


def test_numbers_are_the_summary_s(flown: Flown, page: str, pdf: list[str]) -> None:
    row = flown.row
    for text in (
        f"Treated {row['net_area']:.2f} ha",
        f"Sprayed twice {row['overlap_area']:.2f} ha",
        f"Field skipped {row['skip_area']:.2f} ha",
        f"Applied {row['volume']:,.1f} L",
        f"Mean rate {row['applied_rate']:.1f} L/ha",
        f"Target rate {row['target_rate']:.1f} L/ha",
        f"Highest wind {row['max_wind_speed']:.1f} m/s",
        f"{row['min_air_temperature']:.1f} – {row['max_air_temperature']:.1f} °C",
        f"{row['min_relative_humidity']:.1f} – {row['max_relative_humidity']:.1f} %",
    ):
        assert text in words(page)
        assert text in " ".join(pdf)


def test_rows_of_passes_are_the_table_s_and_add_up(flown: Flown, told: Report) -> None:
    rows = told.passes.rows
    assert len(rows) == flown.passes.height
    column = [title for title, _ in told.passes.columns].index("Volume")
    assert sum(float(row[column]) for row in rows) == pytest.approx(flown.row["volume"], abs=0.5)
    assert told.passes.total is not None
    assert told.passes.total[column] == f"{flown.row['volume']:,.1f}"
    first = flown.passes["start_time"][0].astimezone(UTC)
    assert rows[0][2] == f"{(first.hour - 5) % 24:02d}:{first:%M:%S}"


def test_weather_is_sampled_from_first_to_last_pass(flown: Flown, told: Report) -> None:
    assert len(told.weather.rows) == 7
    last = flown.passes["end_time"][-1].astimezone(UTC)
    assert told.weather.rows[-1][0].endswith(f"{last:%M:%S}")
    then = flown.track.filter(pl.col("time") <= flown.passes["start_time"][0])[-1]
    assert told.weather.rows[0][1] == f"{then['wind_speed'][0]:.1f}"


def test_pages_are_numbered(pdf: list[str]) -> None:
    for number, text in enumerate(pdf, 1):
        assert f"Page {number} of {len(pdf)}" in text


def test_statements_are_on_the_first_page(pdf: list[str]) -> None:
    assert "Assumed." in pdf[0]
    assert "no bytes were lost" in pdf[0]


def test_same_input_same_bytes(flown: Flown, told: Report, page: str) -> None:
    again = flown.report(RECORD, source="4711.log")
    assert report_pdf(again) == report_pdf(told)
    assert report_html(again) == page


def test_time_of_making_only_if_given(flown: Flown, told: Report) -> None:
    assert "made" not in told.footer
    made = datetime(2025, 7, 20, 12, 0, tzinfo=UTC)
    assert "made 2025-07-20 07:00" in flown.report(RECORD, made=made).footer


def test_page_refers_to_nothing_outside_itself(page: str) -> None:
    outside = re.sub(r'src="data:image/svg\+xml;base64,[^"]*"', "", page)
    assert page.count('src="data:image/svg+xml;base64,') == 2
    assert "://" not in outside
    assert "src=" not in outside
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_hostile_text_is_text(flown: Flown) -> None:
    hostile = "<script>alert(1)</script> & <b>$x^{</b> </para> 中文"
    keys = ("customer", "field", "job", "pilot", "product", "dose", "remarks", "operator")
    facts = {**flown.facts, "pilot": hostile, "aircraft": "</dd><img src=x onerror=alert(1)>"}
    harmed = flown.with_track(flown.track, facts=facts)
    report = harmed.report(work_record_from(dict.fromkeys(keys, hostile)))
    page = report_html(report)
    assert "<script" not in page
    assert "onerror=alert(1)&gt;" in page
    assert hostile in words(page)
    text = " ".join(pages(report_pdf(report)))
    assert "<script>alert(1)</script> & <b>$x^{</b> </para> □□" in text


def test_what_the_record_says_stands_before_the_log(flown: Flown) -> None:
    facts = dict(flown.report(WorkRecord(pilot="B. Real", aircraft="n4711s")).facts[1].rows)
    assert facts["Pilot"] == "B. Real (log: A. Demo)"
    assert facts["Aircraft"] == "n4711s"


@pytest.mark.parametrize(
    ("job", "told"),
    [
        ("4711 Demo Field", "4711 Demo Field"),
        ("4712 demo field", "4712 demo field (log: 4711_demo_field)"),
    ],
)
def test_another_spelling_is_no_other_job(flown: Flown, job: str, told: str) -> None:
    facts = dict(flown.report(WorkRecord(job=job)).facts[0].rows)
    assert facts["Job"] == told


def test_map_and_timeline_share_a_page(pdf: list[str]) -> None:
    assert "Map The flight over time" in pdf[1]
    assert len(pdf) == 3


def test_flight_without_spray_or_weather(flown: Flown) -> None:
    report = flown.silent().report()
    told, printed = words(report_html(report)), " ".join(pages(report_pdf(report)))
    for text in (
        "Spraying none",
        "Nothing was sprayed. The log has no position with spray on.",
        "Wind, temperature and humidity: not recorded.",
        "Mean wind nothing sprayed",
        "Mean rate nothing sprayed",
        "Customer not given",
        "No product given.",
        "Field treated no field boundary",
    ):
        assert text in told
        assert text in printed


def test_log_without_a_usable_position(flown: Flown) -> None:
    report = flown.with_track(flown.track.clear(), facts={}).report()
    assert "date not recorded" in report.subtitle
    assert "Date not recorded" in " ".join(pages(report_pdf(report)))


def test_the_total_of_a_column_is_that_of_its_rows(flown: Flown) -> None:
    # Pauses within a pass make its time longer than it was sprayed.
    paused = flown.passes.with_columns(pl.col("duration") + 1.0)
    table = pass_table(paused, flown.row, flown.settings, "UTC")
    assert table.total is not None
    total = dict(zip((title for title, _ in table.columns), table.total, strict=True))
    assert total["Time"] == f"{paused['duration'].sum():.1f}"
    wanted = (flown.row["applied_rate"] / flown.row["target_rate"] - 1.0) * 100.0
    assert float(total["Rate error"].replace("−", "-")) == pytest.approx(wanted, abs=0.05)


def test_hundreds_of_passes_run_on_over_pages_with_their_head(flown: Flown) -> None:
    rows = pl.concat([flown.passes] * 60)
    numbers = pl.Series("pass", range(1, rows.height + 1), dtype=pl.UInt32)
    many = replace(flown, passes=rows.with_columns(numbers))
    found = pages(report_pdf(many.report()))
    listing = [text for text in found if "Cross wind" in text]
    assert len(listing) > 4
    assert "All" in listing[-1]
    assert any(f" {rows.height} " in text for text in listing)


def test_us_units(flown: Flown) -> None:
    us = flown.with_track(flown.track, settings=flight.FlightSettings(units="us"))
    told = words(report_html(us.report()))
    assert f"Treated {flown.row['net_area'] / 0.40468564224:.2f} ac" in told
    assert "Above 10.1 mph" in told
    assert " L/ha" not in told


def test_without_coverage_areas_are_not_made_up(flown: Flown) -> None:
    summary = flight.summary(flown.track, flown.passes, None, flown.facts)
    bare = replace(flown, summary=summary, coverage=None)  # type: ignore[arg-type]
    report = bare.report()
    assert report.key_figures[0][0] == "Area sprayed"
    assert dict(report.facts[3].rows)["Treated"] == "not computed"


def test_damage_is_said(flown: Flown) -> None:
    lost = (LostRun(100, 40, "checksum"), LostRun(900, 10, "end"))
    hurt = replace(
        flown.damage, lost=lost, bytes_lost=50, size=10_000, cut_tail=10, short={"wind": 2}
    )
    said = damage_statement(hurt)
    assert said.tone == "note"
    assert "50 of 10,000 bytes (0.5 %) in 2 places could not be read" in said.text
    assert "The end of the log is cut off." in said.text
    assert "2 records came too short" in said.text
    whole = damage_statement(flown.damage)
    assert (whole.tone, "complete" in whole.text) == ("good", True)


@pytest.mark.parametrize(
    ("status", "tone"), [("assumed", "note"), ("documented", "good"), ("verified", "good")]
)
def test_layout_status_is_said(flown: Flown, status: str, tone: str) -> None:
    said = layout_statement(replace(flown.layout, status=status))  # type: ignore[arg-type]
    assert said.text.lower().startswith(f"{status}.")
    assert said.tone == tone
