"""Which assignment a log is matched to, why, and when nobody should be sure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import shapely

from satlog_native.errors import TableError
from satlog_native.jobs import Match, MatchSettings, match_logs
from satlog_native.jobs.tables import LOG_COLUMNS

NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TIME = pl.Datetime("us", "UTC")
NORTH = shapely.box(-98.00, 33.10, -97.99, 33.11)
SOUTH = shapely.box(-98.00, 33.00, -97.99, 33.01)
RULE_OFF = MatchSettings(first_assignment_always_match=False)

LOG_SCHEMA = {
    "log_id": pl.String,
    "filename_job_id": pl.String,
    "job_label": pl.String,
    "aircraft": pl.String,
    "start_time": TIME,
    "end_time": TIME,
    "sprayed": pl.Binary,
}
ASSIGNMENT_SCHEMA = {
    "assignment_id": pl.String,
    "job_id": pl.String,
    "partner_job_id": pl.String,
    "aircraft": pl.String,
    "date": TIME,
    "window_start": TIME,
    "window_end": TIME,
    "open": pl.Boolean,
    "field": pl.Binary,
}


def table(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    def plain(value: Any) -> Any:
        return shapely.to_wkb(value) if isinstance(value, shapely.Geometry) else value

    columns = {name: [plain(row.get(name)) for row in rows] for name in schema}
    return pl.DataFrame(columns, schema=schema)


def log(**values: Any) -> dict[str, Any]:
    known = {
        "log_id": "log",
        "aircraft": "N1",
        "start_time": NOON,
        "end_time": NOON + timedelta(hours=1),
        "sprayed": shapely.box(-97.998, 33.102, -97.992, 33.108),
    }
    return known | values


def job(assignment_id: str, **values: Any) -> dict[str, Any]:
    known = {
        "assignment_id": assignment_id,
        "job_id": f"own-{assignment_id}",
        "partner_job_id": f"ext-{assignment_id}",
        "aircraft": "N1",
        "date": NOON - DAY,
        "window_start": NOON - DAY,
        "window_end": NOON + DAY,
        "open": True,
        "field": NORTH,
    }
    return known | values


def matched(
    one_log: dict[str, Any], *jobs: dict[str, Any], settings: MatchSettings | None = None
) -> Match:
    return match_logs(table([one_log], LOG_SCHEMA), table(list(jobs), ASSIGNMENT_SCHEMA), settings)


def decided(match: Match) -> tuple[str, str | None, str | None]:
    row = match.decisions.row(0, named=True)
    return row["decision"], row["assignment_id"], row["by"]


NO_GROUND: dict[str, Any] = {"sprayed": None}
NO_PARTNER_ID: dict[str, Any] = {"partner_job_id": None}

CASES = {
    "partner's id in the file name": (
        log(filename_job_id="ext-a", **NO_GROUND),
        [job("a"), job("b")],
        ("matched", "a", "file_name"),
    ),
    "own id in the file name, other case": (
        log(filename_job_id="OWN-B ", **NO_GROUND),
        [job("a"), job("b")],
        ("matched", "b", "file_name"),
    ),
    "id in the label": (
        log(job_label="ext-b", **NO_GROUND),
        [job("a"), job("b")],
        ("matched", "b", "job_label"),
    ),
    "an id beats the ground": (
        log(filename_job_id="ext-b"),
        [job("a"), job("b", field=SOUTH)],
        ("matched", "b", "file_name"),
    ),
    "wrong aircraft": (
        log(filename_job_id="ext-a"),
        [job("a", aircraft="N2")],
        ("unmatched", None, None),
    ),
    "wrong aircraft, and another job on the same ground": (
        log(filename_job_id="ext-a"),
        [job("a", aircraft="N2"), job("b")],
        ("ambiguous", None, None),
    ),
    "same job on two aircraft": (
        log(filename_job_id="7"),
        [job("a", job_id="7", aircraft="N2"), job("b", job_id="7")],
        ("matched", "b", "file_name"),
    ),
    "same job on two aircraft, the log's unknown": (
        log(filename_job_id="7", aircraft=None),
        [job("a", job_id="7", aircraft="N2"), job("b", job_id="7")],
        ("ambiguous", None, None),
    ),
    "aircraft unknown on one side does not exclude": (
        log(filename_job_id="ext-a"),
        [job("a", aircraft=None), job("b")],
        ("matched", "a", "file_name"),
    ),
    "out of window": (
        log(filename_job_id="ext-a", start_time=NOON + 2 * DAY, end_time=NOON + 2 * DAY),
        [job("a")],
        ("unmatched", None, None),
    ),
    "the window tells two rounds of one job apart": (
        log(filename_job_id="7"),
        [
            job("a", job_id="7", window_start=NOON - 9 * DAY, window_end=NOON - 8 * DAY),
            job("b", job_id="7"),
        ],
        ("matched", "b", "file_name"),
    ),
    "no id, one field": (
        log(),
        [job("a", field=SOUTH), job("b")],
        ("matched", "b", "overlap"),
    ),
    "no id, two fields that overlap, both around the spray": (
        log(),
        [job("a"), job("b", field=shapely.box(-98.01, 33.09, -97.98, 33.12))],
        ("ambiguous", None, None),
    ),
    "no id, two fields that overlap, one holds a third of the spray": (
        log(),
        [job("a"), job("b", field=shapely.box(-98.00, 33.106, -97.99, 33.12))],
        ("matched", "a", "overlap"),
    ),
    "no id, less than half of the spray in any field": (
        log(),
        [job("a", field=shapely.box(-98.00, 33.106, -97.99, 33.12))],
        ("unmatched", None, None),
    ),
    "no id, ground unknown": (
        log(**NO_GROUND),
        [job("a"), job("b")],
        ("unmatched", None, None),
    ),
    "an id that no assignment has": (
        log(filename_job_id="b4ef", sprayed=SOUTH),
        [job("a")],
        ("unmatched", None, None),
    ),
    "file name and label disagree, ground unknown": (
        log(filename_job_id="ext-a", job_label="ext-b", **NO_GROUND),
        [job("a"), job("b")],
        ("ambiguous", None, None),
    ),
    "file name and label disagree, the ground agrees with the name": (
        log(filename_job_id="ext-a", job_label="ext-b"),
        [job("a"), job("b", field=SOUTH)],
        ("matched", "a", "file_name"),
    ),
    "file name and label disagree, the ground agrees with the label": (
        log(filename_job_id="ext-b", job_label="ext-a"),
        [job("a"), job("b", field=SOUTH)],
        ("ambiguous", None, None),
    ),
    "one assignment's own id is another's partner's id": (
        log(filename_job_id="7", **NO_GROUND),
        [job("a", job_id="7"), job("b", partner_job_id="7")],
        ("ambiguous", None, None),
    ),
    "the same, told apart by the ground": (
        log(filename_job_id="7"),
        [job("a", job_id="7"), job("b", partner_job_id="7", field=SOUTH)],
        ("matched", "a", "file_name"),
    ),
    "two named, one on its ground, the other's ground unknown": (
        log(filename_job_id="7"),
        [job("a", job_id="7"), job("b", partner_job_id="7", field=None)],
        ("ambiguous", None, None),
    ),
    "no assignment": (log(), [], ("unmatched", None, None)),
    "no partner's ids: the earliest open one": (
        log(**NO_GROUND),
        [job("a", date=NOON, **NO_PARTNER_ID), job("b", **NO_PARTNER_ID)],
        ("matched", "b", "first_assignment"),
    ),
    "the earliest is closed": (
        log(**NO_GROUND),
        [job("a", date=NOON, **NO_PARTNER_ID), job("b", open=False, **NO_PARTNER_ID)],
        ("matched", "a", "first_assignment"),
    ),
    "the earliest is another aircraft's, or nobody's": (
        log(**NO_GROUND),
        [
            job("a", date=NOON, **NO_PARTNER_ID),
            job("b", aircraft="N2", **NO_PARTNER_ID),
            job("c", aircraft=None, **NO_PARTNER_ID),
        ],
        ("matched", "a", "first_assignment"),
    ),
    "without a date the window's start counts": (
        log(**NO_GROUND),
        [
            job("a", date=None, window_start=NOON - 2 * DAY, **NO_PARTNER_ID),
            job("b", **NO_PARTNER_ID),
        ],
        ("matched", "a", "first_assignment"),
    ),
    "two equally early": (
        log(**NO_GROUND),
        [job("a", **NO_PARTNER_ID), job("b", **NO_PARTNER_ID)],
        ("ambiguous", None, None),
    ),
    "one may be earlier, its date is unknown": (
        log(**NO_GROUND),
        [job("a", **NO_PARTNER_ID), job("b", date=None, window_start=None, **NO_PARTNER_ID)],
        ("ambiguous", None, None),
    ),
    "one candidate has a partner's id": (
        log(**NO_GROUND),
        [job("a", date=NOON), job("b", **NO_PARTNER_ID)],
        ("unmatched", None, None),
    ),
    "the log's aircraft is unknown": (
        log(aircraft=None, **NO_GROUND),
        [job("a", **NO_PARTNER_ID)],
        ("unmatched", None, None),
    ),
    "the rule breaks a tie on the ground": (
        log(),
        [job("a", date=NOON, **NO_PARTNER_ID), job("b", **NO_PARTNER_ID)],
        ("matched", "b", "first_assignment"),
    ),
    "the rule chooses among the fields that were sprayed": (
        log(),
        [
            job("a", date=NOON, **NO_PARTNER_ID),
            job("b", date=NOON + DAY, **NO_PARTNER_ID),
            job("c", field=None, **NO_PARTNER_ID),
        ],
        ("matched", "a", "first_assignment"),
    ),
    "the rule does not overrule the ground": (
        log(),
        [job("a", date=NOON, **NO_PARTNER_ID), job("b", field=SOUTH, **NO_PARTNER_ID)],
        ("matched", "a", "overlap"),
    ),
    "the rule does not take a field that was not sprayed": (
        log(),
        [job("a", field=SOUTH, **NO_PARTNER_ID)],
        ("unmatched", None, None),
    ),
    "the rule does not overrule an id": (
        log(filename_job_id="own-a", **NO_GROUND),
        [job("a", date=NOON, **NO_PARTNER_ID), job("b", **NO_PARTNER_ID)],
        ("matched", "a", "file_name"),
    ),
    "the rule is not for a log that names another aircraft's job": (
        log(filename_job_id="own-b", **NO_GROUND),
        [job("a", **NO_PARTNER_ID), job("b", aircraft="N2", **NO_PARTNER_ID)],
        ("unmatched", None, None),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_decisions(name: str) -> None:
    one_log, jobs, expected = CASES[name]
    assert decided(matched(one_log, *jobs)) == expected


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2][0] == "matched"])
def test_without_the_first_assignment_rule(name: str) -> None:
    one_log, jobs, expected = CASES[name]
    decision, chosen, by = decided(matched(one_log, *jobs, settings=RULE_OFF))
    if expected[2] == "first_assignment":
        # Where only the ground speaks there is a tie, elsewhere nothing at all.
        tie = one_log["sprayed"] is not None
        assert (decision, chosen, by) == ("ambiguous" if tie else "unmatched", None, None)
    else:
        assert (decision, chosen, by) == expected


def test_every_reason_is_told() -> None:
    candidates = matched(
        log(filename_job_id="ext-a", job_label="other"),
        job("a"),
        job("b", aircraft="n1 ", field=shapely.box(-98.00, 33.105, -97.99, 33.12)),
        job("c", aircraft="N2"),
        job("d", aircraft=None, window_start=None, window_end=None, field=None),
        job("e", window_end=NOON - timedelta(seconds=1)),
    ).candidates
    assert candidates.columns == [
        "log_id", "assignment_id", "score", "file_name", "job_label", "aircraft", "time",
        "overlap", "excluded",
    ]  # fmt: skip
    by_id = {row["assignment_id"]: row for row in candidates.iter_rows(named=True)}
    reasons = {
        name: tuple(row[key] for key in ("file_name", "job_label", "aircraft", "time", "excluded"))
        for name, row in by_id.items()
    }
    assert reasons == {
        "a": (True, False, True, True, False),
        "b": (False, False, True, True, False),
        "c": (False, False, False, True, True),
        "d": (False, False, None, None, False),
        "e": (False, False, True, False, True),
    }
    assert {name: row["overlap"] for name, row in by_id.items()} == {
        "a": pytest.approx(1.0),
        "b": pytest.approx(0.5),
        "c": None,
        "d": None,
        "e": None,
    }
    assert {name: row["score"] for name, row in by_id.items()} == {
        "a": pytest.approx(1.0),
        "b": pytest.approx(0.325),
        "c": 0.0,
        "d": 0.0,
        "e": 0.0,
    }
    assert candidates["assignment_id"].to_list() == ["a", "b", "d", "c", "e"]


def test_reasons_are_unknown_where_the_log_tells_nothing() -> None:
    bare = {"log_id": "log"}
    row = matched(bare, job("a")).candidates.row(0, named=True)
    names = ("file_name", "job_label", "aircraft", "time", "overlap")
    assert [row[name] for name in names] == [None] * 5
    assert (row["score"], row["excluded"]) == (0.0, False)


def test_equal_candidates_stand_in_the_order_of_their_ids() -> None:
    ids = [f"{number:03}" for number in range(200)]
    jobs = [job(one, field=SOUTH) for one in reversed(ids)]
    assert matched(log(), *jobs).candidates["assignment_id"].to_list() == ids


def test_excluded_pairs_can_be_left_out() -> None:
    logs = table([log()], LOG_SCHEMA)
    jobs = table([job("a"), job("b", aircraft="N2")], ASSIGNMENT_SCHEMA)
    assert match_logs(logs, jobs, keep_excluded=False).candidates["assignment_id"].to_list() == [
        "a"
    ]


def test_scores_of_the_best_and_the_second() -> None:
    one = matched(log(filename_job_id="ext-a"), job("a")).decisions.row(0, named=True)
    assert (one["score"], one["second"]) == (pytest.approx(1.0), None)
    none = matched(log(), job("a", aircraft="N2")).decisions.row(0, named=True)
    assert (none["score"], none["second"]) == (None, None)


def test_scores_exactly_the_limit_apart_are_ambiguous() -> None:
    # 0.95 for the label on its ground, 0.85 for the file name off it.
    match = matched(
        log(filename_job_id="ext-b", job_label="ext-a"), job("a"), job("b", field=SOUTH)
    )
    assert match.decisions["score"][0] - match.decisions["second"][0] == pytest.approx(0.1)
    assert match.decisions["decision"].to_list() == ["ambiguous"]


def test_a_log_that_runs_past_midnight_is_in_the_window() -> None:
    late = log(start_time=NOON + DAY - timedelta(minutes=1), end_time=NOON + DAY + DAY / 24)
    assert decided(matched(late, job("a")))[0] == "matched"


def test_the_window_can_be_widened() -> None:
    late = log(start_time=NOON + DAY + DAY / 24, end_time=NOON + DAY + DAY / 12)
    assert decided(matched(late, job("a")))[0] == "unmatched"
    wide = MatchSettings(window_margin=3600)
    assert decided(matched(late, job("a"), settings=wide))[0] == "matched"
    early = log(start_time=NOON - DAY - DAY / 12, end_time=NOON - DAY - DAY / 24)
    assert decided(matched(early, job("a")))[0] == "unmatched"
    assert decided(matched(early, job("a"), settings=wide))[0] == "matched"


def test_times_in_other_zones_and_units_compare_as_moments() -> None:
    logs = table([log()], LOG_SCHEMA).with_columns(
        pl.col("start_time", "end_time").dt.replace_time_zone(None).dt.cast_time_unit("ms")
    )
    jobs = table([job("a", window_start=NOON, window_end=NOON)], ASSIGNMENT_SCHEMA).with_columns(
        pl.col("window_start", "window_end").dt.convert_time_zone("America/Chicago")
    )
    assert match_logs(logs, jobs).candidates["time"].to_list() == [True]


def test_shapely_geometries_serve_as_well_as_wkb() -> None:
    logs = table([log(), log(log_id="two", sprayed=None)], LOG_SCHEMA)
    jobs = table([job("b", field=SOUTH), job("a")], ASSIGNMENT_SCHEMA)
    objects = match_logs(
        logs.with_columns(pl.Series("sprayed", [log()["sprayed"], None], dtype=pl.Object)),
        jobs.with_columns(pl.Series("field", [SOUTH, NORTH], dtype=pl.Object)),
    )
    wkb = match_logs(logs, jobs)
    assert objects.candidates.equals(wkb.candidates)
    assert objects.decisions.equals(wkb.decisions)


def test_integer_ids_and_all_null_columns() -> None:
    logs = pl.DataFrame(
        {
            "log_id": [5],
            "filename_job_id": [7],
            **{name: [None] for name in LOG_COLUMNS[2:]},
        }
    )
    jobs = table([job("a", job_id="7")], ASSIGNMENT_SCHEMA).with_columns(
        pl.lit(None).alias("field"), pl.lit(None).alias("open"), pl.lit(3).alias("assignment_id")
    )
    match = match_logs(logs, jobs)
    assert match.decisions.row(0)[:3] == (5, "matched", 3)


def test_no_logs_and_no_assignments_give_tables_with_the_same_columns() -> None:
    full = matched(log(), job("a"))
    for logs, jobs in (([], [job("a")]), ([log()], []), ([], [])):
        empty = match_logs(table(logs, LOG_SCHEMA), table(jobs, ASSIGNMENT_SCHEMA))
        assert empty.candidates.schema == full.candidates.schema
        assert empty.decisions.schema == full.decisions.schema
        assert len(empty.decisions) == len(logs)


def test_many_logs_are_decided_as_each_alone() -> None:
    logs = [case[0] | {"log_id": name} for name, case in CASES.items()]
    jobs = [
        job("a", partner_job_id="ext-a"),
        job("b", field=SOUTH),
        job("c", job_id="7", aircraft="N2"),
        job("d", job_id="7", **NO_PARTNER_ID),
    ]
    together = match_logs(table(logs, LOG_SCHEMA), table(jobs, ASSIGNMENT_SCHEMA))
    alone = [matched(one, *jobs) for one in logs]
    assert together.decisions.equals(pl.concat([match.decisions for match in alone]))
    assert together.candidates.equals(pl.concat([match.candidates for match in alone]))


@pytest.mark.parametrize(
    ("side", "change", "message"),
    [
        ("logs", pl.lit(1.5).alias("aircraft"), "expected text or integers"),
        ("logs", pl.lit("noon").alias("start_time"), "expected Datetime"),
        ("jobs", pl.lit("yes").alias("open"), "expected Boolean"),
        ("jobs", pl.lit("POLYGON").alias("field"), "expected Binary"),
        ("jobs", pl.lit(b"no wkb").alias("field"), "assignment_id a"),
        ("logs", pl.lit(b"\x01").alias("sprayed"), "log_id log"),
        ("logs", pl.lit(shapely.to_wkb(shapely.Point(1, 2))).alias("sprayed"), "polygons"),
        ("jobs", pl.lit(None, dtype=pl.String).alias("assignment_id"), "must be set"),
    ],
)
def test_tables_that_cannot_be_used(side: str, change: pl.Expr, message: str) -> None:
    tables = {"logs": table([log()], LOG_SCHEMA), "jobs": table([job("a")], ASSIGNMENT_SCHEMA)}
    tables[side] = tables[side].with_columns(change)
    with pytest.raises(TableError, match=message):
        match_logs(tables["logs"], tables["jobs"])


def test_missing_columns_are_named() -> None:
    logs, jobs = table([log()], LOG_SCHEMA), table([job("a")], ASSIGNMENT_SCHEMA)
    with pytest.raises(TableError, match="logs: no column aircraft;"):
        match_logs(logs.drop("aircraft"), jobs)
    with pytest.raises(TableError, match="assignments: no column open, field;"):
        match_logs(logs, jobs.drop("field", "open"))


def test_ids_must_differ() -> None:
    with pytest.raises(TableError, match="different in every row"):
        matched(log(), job("a"), job("a"))
