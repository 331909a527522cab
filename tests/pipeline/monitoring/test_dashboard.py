"""The dashboard and what brings it into Grafana, without either running."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from partner_pipeline.observe.metrics import METRICS
from pipeline.monitoring.tools import (
    DEPLOY,
    SERIES,
    Query,
    dashboard,
    jobs,
    metric_of,
    queries,
    series_of,
)

ROWS = (
    "Overview",
    "Partners",
    "Queues and dead letters",
    "Syncs",
    "Logs and processing",
    "Processes",
)


@pytest.mark.parametrize(
    ("query", "series"),
    [
        ('sum by (a, b) (rate(x_total{a=~"p|q"}[5m])) * 3600', {"x_total"}),
        ("max by (queue) (y) > 1 and on () sum(z_count) unless up == 0", {"y", "z_count", "up"}),
        ("histogram_quantile(0.95, sum by (le) (rate(x_bucket[$__rate_interval])))", {"x_bucket"}),
        ("time() - a_b or vector(0)", {"a_b"}),
        ("label_values(queue_depth, queue)", {"queue_depth", "queue"}),
    ],
)
def test_names_are_found_in_queries(query: str, series: set[str]) -> None:
    assert series_of(query) == series


@pytest.mark.parametrize("query", queries(), ids=lambda query: f"{query.panel} {query.legend}")
def test_a_query_names_what_there_is(query: Query) -> None:
    assert series_of(query.expr) <= SERIES
    matched = re.findall(r'job=~"([^"]*)"', query.expr)
    assert all(re.fullmatch(pattern, job) for pattern in matched for job in jobs())


def test_every_metric_is_shown() -> None:
    shown = {metric_of(series) for query in queries() for series in series_of(query.expr)}
    assert {metric.name for metric in METRICS} <= shown


def test_labels_in_legends_are_those_of_the_query() -> None:
    for query in queries():
        for label in re.findall(r"\{\{(\w+)\}\}", query.legend):
            grouped = re.search(r"by \(([^)]*)\)", query.expr)
            allowed = grouped[1].split(", ") if grouped else ["job", "instance"]
            assert label in allowed, query


def _panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard()["panels"]
    return found


def test_rows_are_in_their_order_and_panels_do_not_overlap() -> None:
    panels = _panels()
    assert tuple(each["title"] for each in panels if each["type"] == "row") == ROWS
    assert len({each["id"] for each in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for each in panels:
        at = each["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, each["title"]
        taken |= cells


def test_every_panel_has_a_unit_and_the_chosen_source() -> None:
    for panel in _panels():
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["type"] == "state-timeline" or panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]


def test_variables() -> None:
    found = {each["name"]: each for each in dashboard()["templating"]["list"]}
    assert set(found) == {"datasource", "partner", "queue"}
    assert found["datasource"]["query"] == "prometheus"
    asked = " ".join(query.expr for query in queries())
    for name in ("partner", "queue"):
        assert f"${name}" in asked
        assert found[name]["allValue"] == ".*"
        (series,) = series_of(found[name]["definition"]) - {name}
        assert name in next(metric.labels for metric in METRICS if metric.name == series)


def test_grafana_is_told_of_source_and_dashboard() -> None:
    provisioning = DEPLOY / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())[
        "datasources"
    ]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "satlog.yaml").read_text())[
        "providers"
    ]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["grafana"]
    mounted = dict(volume.split(":")[:2] for volume in compose["volumes"])
    assert mounted["./grafana/dashboard.json"].startswith(provider["options"]["path"] + "/")
    interval = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["global"]
    assert source["jsonData"]["timeInterval"] == interval["scrape_interval"]
