"""What comes from a partner is data: names, sizes, addresses and bodies that mean no good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from partner_pipeline.model.categories import ErrorCategory
from partner_pipeline.model.states import LogStatus
from partner_pipeline.partners.simulator import Fault
from pipeline.e2e.ledger import check_all
from pipeline.e2e.stage import EMBEDDED, Stage

NAMES = (
    "../../x",
    "..",
    "/etc/passwd",
    "C:\\x",
    "\\\\server\\share\\x.log",
    "a\0b.log",
    "x" * 4000 + ".log",
    "nul.log",
    "\u202egol.x\r\nSet-Cookie: a=b",
    "",
    " ",
    "one name.log",
    "one name.log",
    "$where",
    "<script>alert(1)</script>.log",
    "\ud800 half a pair.log",
)

LIMIT = 200_000


@pytest.fixture
def changed() -> dict[str, Any]:
    return {"satloc_max_file_size": LIMIT}


def check(stage: Stage) -> None:
    check_all(stage.store, stage.context.broker, stage.queue, stage.simulator)


def test_names_of_logs_lead_nowhere(stage: Stage, tmp_path: Path) -> None:
    good = stage.flown()
    before = {path for path in tmp_path.rglob("*") if "logs" not in path.parts}
    logs = [stage.offer(name, data=good.data()) for name in NAMES]
    hostile = stage.offer("x.log", log_id="../../../id\n; DROP $gt {}", data=good.data())
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: len(logs) + 2}
    root = stage.settings.satloc_storage_path
    files = [path for path in root.rglob("*") if path.is_file()]
    assert len(files) == len(logs) + 2, "none has taken another's place"
    assert all(path.read_bytes() == good.data() for path in files)
    assert len({stage.tracker(log).saved_local_file for log in [*logs, hostile]}) == len(logs) + 1
    assert len(list(Path(root, "SATLOC").iterdir())) == 1, "all are the customer's"
    after = {path for path in tmp_path.rglob("*") if "logs" not in path.parts}
    assert {path.name for path in after - before} <= {"pipeline.db-wal", "pipeline.db-shm"}
    check(stage)


@EMBEDDED
def test_a_log_over_the_size_limit_is_not_taken(stage: Stage) -> None:
    good = stage.flown()
    large = stage.offer("large.log", data=bytes(LIMIT + 1))
    fits = stage.offer("fits.log", data=good.data().ljust(LIMIT, b"\0"))
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 2, LogStatus.FAILED: 1}
    refused = stage.tracker(large)
    assert refused.error_category is ErrorCategory.VALIDATION
    assert f"larger than {LIMIT:,} bytes" in (refused.error_message or "")
    assert stage.tracker(fits).size == LIMIT
    assert not list(stage.settings.satloc_storage_path.glob(".partial/*"))
    check(stage)


@EMBEDDED
@pytest.mark.parametrize("form", ["raw", "base64"])
def test_a_body_that_never_ends_is_cut_off(stage: Stage, form: str) -> None:
    stage.flown()
    endless = Fault("endless")
    both = (endless,) if form == "raw" else (Fault("base64"), endless)
    stage.simulator.faults.script("GetAircraftLogData", both, both)
    stage.until_all_is_done()
    (tracker,) = stage.trackers()
    assert (tracker.status, tracker.error_category) == (
        LogStatus.FAILED,
        ErrorCategory.VALIDATION,
    )
    assert not list(stage.settings.satloc_storage_path.rglob("*.log"))
    check(stage)


@EMBEDDED
def test_a_redirect_is_not_followed(stage: Stage) -> None:
    stage.flown()
    requests = len(stage.simulator.received())
    stage.simulator.faults.rate("*", 1.0, Fault("redirect"))
    (report,) = stage.poll().accounts
    assert report.error_category is ErrorCategory.PARTNER_DOWN
    assert "SATLOC_API_ENDPOINT" in (report.error or "")
    assert len(stage.simulator.received()) == requests + 1
    stage.simulator.faults.clear()
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1}


@EMBEDDED
@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b'{"Result": ' * 1000, b"\xff\xfe" * 500])
def test_bytes_that_are_no_log_fail_alone(stage: Stage, body: bytes) -> None:
    stage.flown()
    bad = stage.offer("bad.log", data=body)
    stage.until_all_is_done()
    assert stage.statuses() == {LogStatus.PROCESSED: 1, LogStatus.FAILED: 1}
    assert stage.tracker(bad).error_message
    check(stage)
