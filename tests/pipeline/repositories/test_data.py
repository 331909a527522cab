"""Data of logs: stored once, totals right however often and by however many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from partner_pipeline.errors import NotFoundError, StoreError, ValidationError
from partner_pipeline.model.applications import (
    DETAIL_FIELDS,
    Application,
    ApplicationFile,
    JobMatch,
    ProcessingMetrics,
)
from partner_pipeline.model.ids import application_file_id
from partner_pipeline.store.repositories import Repositories
from pipeline.repositories.tools import Clock, at_once


def _application(repositories: Repositories, clock: Clock, user: str = "p1") -> Application:
    return repositories.applications.open_for(
        "j1", user, customer_id="c1", partner_code="SATLOC", at=clock()
    )


def _file(clock: Clock, log_id: str, application: str | None, **statistics: Any) -> ApplicationFile:
    return ApplicationFile(
        id=application_file_id("SATLOC", "c1", log_id),
        application_id=application,
        partner_code="SATLOC",
        customer_id="c1",
        log_id=log_id,
        log_file_name=f"{log_id}.log",
        job_match=JobMatch(decision="matched" if application else "unmatched"),
        statistics=statistics,
        processing=ProcessingMetrics(records=100, size=5000),
        uploaded_date=clock(),
    )


def _rows(number: int) -> pl.DataFrame:
    columns: dict[str, Any] = dict.fromkeys(DETAIL_FIELDS[1:], None)
    columns |= {"frame": list(range(number)), "lat": [33.5] * number, "sprayStat": [True] * number}
    columns["gpsTime"] = pl.Series([None] * number, dtype=pl.Datetime("ms", "UTC"))
    return pl.DataFrame(
        {
            name: values
            if values is not None
            else pl.Series([None] * number, dtype=pl.String() if "ob" in name else pl.Float64())
            for name, values in columns.items()
        }
    )


def test_files_within_a_day_share_an_application(repositories: Repositories, clock: Clock) -> None:
    first = _application(repositories, clock)
    clock.advance(hours=23, minutes=59)
    assert _application(repositories, clock) == first
    assert _application(repositories, clock, "p2").id != first.id
    clock.advance(minutes=1)
    second = _application(repositories, clock)
    assert second.id != first.id
    assert [a.id for a in repositories.applications.of_job("j1") if a.user_id == "p1"] == [
        first.id,
        second.id,
    ]


def test_many_that_need_a_new_application_get_one(repositories: Repositories, clock: Clock) -> None:
    found = at_once(6, lambda _: _application(repositories, clock).id)
    assert len(set(found)) == 1
    assert repositories.applications.count() == 1


def test_a_log_processed_again_counts_once(repositories: Repositories, clock: Clock) -> None:
    id_ = _application(repositories, clock).id
    start = clock()
    for volume in (10.0, 12.5):
        repositories.application_files.put(
            _file(clock, "l1", id_, volume=volume, netArea=2.0, startTime=start, passes=4)
        )
        repositories.applications.recompute(id_)
    clock.advance(hours=1)
    repositories.application_files.put(
        _file(clock, "l2", id_, volume=7.5, netArea=None, startTime=clock(), endTime=clock())
    )
    totals = repositories.applications.recompute(id_).totals
    assert (totals.files, totals.records, totals.passes) == (2, 200, 4)
    assert (totals.volume, totals.net_area) == (20.0, 2.0)
    assert (totals.start_time, totals.end_time) == (start, clock())
    assert repositories.applications.require(id_).totals == totals


def test_totals_are_right_when_many_files_come_at_once(
    repositories: Repositories, clock: Clock
) -> None:
    id_ = _application(repositories, clock).id

    def store(ordinal: int) -> None:
        repositories.application_files.put(_file(clock, f"l{ordinal}", id_, volume=1.0))
        repositories.applications.recompute(id_)

    at_once(6, store)
    totals = repositories.applications.require(id_).totals
    assert (totals.files, totals.volume) == (6, 6.0)


def test_totals_are_right_when_transactions_meet(repositories: Repositories, clock: Clock) -> None:
    id_ = _application(repositories, clock).id

    def store(inside: Repositories, ordinal: int) -> None:
        inside.application_files.put(_file(clock, f"l{ordinal}", id_, volume=1.0))
        inside.applications.recompute(id_)

    at_once(4, lambda n: repositories.transact(lambda inside: store(inside, n)))
    assert repositories.applications.require(id_).totals.volume == 4.0


def test_a_file_moved_by_hand_counts_where_it_is(repositories: Repositories, clock: Clock) -> None:
    old, new = (_application(repositories, clock, user).id for user in ("p1", "p2"))
    file = repositories.application_files.put(_file(clock, "l1", old, volume=3.0))
    match = JobMatch(decision="manual", assign_id="a9", by="admin")
    moved = repositories.application_files.match(file.id, match, new)
    assert moved is not None
    assert (moved.job_match, moved.application_id) == (match, new)
    assert repositories.applications.recompute(old).totals.files == 0
    assert repositories.applications.recompute(new).totals.volume == 3.0
    assert repositories.application_files.of_application(new) == [moved]


def test_totals_of_no_application_are_refused(repositories: Repositories) -> None:
    with pytest.raises(NotFoundError):
        repositories.applications.recompute("unknown")


def test_what_was_stored_before_is_replaced_whole(repositories: Repositories, clock: Clock) -> None:
    first = _file(clock, "l1", None).model_copy(update={"sha256": "0" * 64, "notes": ["x"]})
    repositories.application_files.put(first)
    (unmatched,) = repositories.application_files.unmatched("c1")
    assert (unmatched.sha256, unmatched.notes) == ("0" * 64, ["x"])
    repositories.application_files.put(_file(clock, "l1", "app"))
    found = repositories.application_files.of_log("SATLOC", "c1", "l1")
    assert found is not None
    assert (found.sha256, found.notes, found.application_id) == (None, [], "app")
    assert repositories.application_files.unmatched() == []
    assert repositories.application_files.count() == 1


def test_statistics_come_back_as_they_were(repositories: Repositories, clock: Clock) -> None:
    statistics = {"volume": 1.5, "startTime": clock(), "rateCv": None, "nested": {"a": [1, None]}}
    repositories.application_files.put(_file(clock, "l1", None, **statistics))
    found = repositories.application_files.of_log("SATLOC", "c1", "l1")
    assert found is not None
    assert found.statistics == statistics


def test_positions_are_replaced_by_the_file(repositories: Repositories) -> None:
    assert repositories.details.replace("f1", _rows(500)) == 500
    assert repositories.details.replace("f2", _rows(3)) == 3
    assert repositories.details.replace("f1", _rows(200)) == 200
    assert (repositories.details.count("f1"), repositories.details.count("f2")) == (200, 3)
    first, second = repositories.details.of_file("f1", limit=2)
    assert [row["frame"] for row in (first, second)] == [0, 1]
    assert (first["_id"], first["fileId"], first["lat"]) == ("f1:0", "f1", 33.5)
    assert first["satlocJobId"] is None
    assert set(first) == {"_id", *DETAIL_FIELDS}


def test_positions_are_replaced_or_not_at_all(repositories: Repositories) -> None:
    repositories.details.replace("f1", _rows(5))
    twice = pl.concat([_rows(9), _rows(1)])
    with pytest.raises(StoreError):
        repositories.transact(lambda inside: inside.details.replace("f1", twice))
    assert repositories.details.count("f1") == 5


def test_positions_with_other_columns_are_refused(repositories: Repositories) -> None:
    with pytest.raises(ValidationError, match="speed"):
        repositories.details.replace("f1", _rows(3).rename({"grSpeed": "speed"}))


def test_an_application_that_changes_all_the_time_is_given_up(
    repositories: Repositories, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = _application(repositories, clock).id
    find = repositories.store.find

    def find_and_change(*given: Any, **options: Any) -> Any:
        repositories.store.update_one("applications", {"_id": id_}, {"$inc": {"version": 1}})
        return find(*given, **options)

    monkeypatch.setattr(repositories.store, "find", find_and_change)
    with pytest.raises(StoreError, match="try again"):
        repositories.applications.recompute(id_)


def test_a_day_is_counted_from_the_first_file(repositories: Repositories, clock: Clock) -> None:
    ids = []
    for _ in range(4):
        ids.append(_application(repositories, clock).id)
        clock.advance(hours=11)
    assert len(set(ids)) == 2
    assert clock() - repositories.applications.require(ids[0]).uploaded_date == timedelta(hours=44)
