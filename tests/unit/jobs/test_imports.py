"""What jobs load, and what happens without the extra ``geo``; each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

import satlog_native.jobs

HIDE_SHAPELY = "import sys; sys.modules['shapely'] = None\n"
MATCH = """
import polars as pl
from satlog_native.errors import SatlogError
from satlog_native.jobs import match_logs
from satlog_native.jobs.tables import ASSIGNMENT_COLUMNS, LOG_COLUMNS
logs = pl.DataFrame({name: [None] for name in LOG_COLUMNS}).with_columns(
    log_id=pl.lit(1), filename_job_id=pl.lit("7"))
jobs = pl.DataFrame({name: [None] for name in ASSIGNMENT_COLUMNS}).with_columns(
    assignment_id=pl.lit(1), job_id=pl.lit("7"))
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_job_files_and_single_identities_load_no_table_library() -> None:
    code = """
import sys
from satlog_native.jobs import job_identity, parse_job
parse_job(".JOB 1")
job_identity("JOB146.log")
print(sorted({"numpy", "polars", "pyarrow", "shapely"} & set(sys.modules)))
"""
    assert run(code) == "[]"


def test_matching_without_polygons_needs_no_shapely() -> None:
    code = HIDE_SHAPELY + MATCH + "print(match_logs(logs, jobs).decisions['decision'][0])"
    assert run(code) == "matched"


def test_polygons_without_shapely_name_the_extra() -> None:
    code = f"""{HIDE_SHAPELY}{MATCH}
try:
    match_logs(logs.with_columns(sprayed=pl.lit(b"x")), jobs)
except SatlogError as error:
    print(error)
"""
    assert "satlog[geo]" in run(code)


def test_every_public_name_is_there() -> None:
    for name in satlog_native.jobs.__all__:
        assert getattr(satlog_native.jobs, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        satlog_native.jobs.nothing  # noqa: B018
