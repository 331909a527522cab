"""Traces: continued where a header names one, begun where it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.observe.trace import Trace

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_is_continued() -> None:
    step = Trace.follow(PARENT)
    assert step.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert step.span_id != "00f067aa0ba902b7"
    assert step.sampled
    assert Trace.follow(step.header()).trace_id == step.trace_id


def test_what_is_not_sampled_stays_so() -> None:
    step = Trace.follow(PARENT[:-1] + "0")
    assert not step.sampled
    assert step.header().endswith("-00")


def test_a_later_version_is_understood() -> None:
    header = PARENT.replace("00-", "cc-", 1) + "-more"
    assert Trace.follow(header).trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "header",
    [
        None,
        7,
        "",
        PARENT + "-more",
        PARENT.upper(),
        PARENT.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        PARENT + "\n",
    ],
)
def test_what_is_no_trace_begins_one(header: object) -> None:
    step = Trace.follow(header)
    assert step.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"
    assert Trace.follow(step.header()).trace_id == step.trace_id


@given(st.text())
def test_any_header_gives_a_trace(header: str) -> None:
    assert len(Trace.follow(header).trace_id) == 32
