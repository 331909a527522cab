"""Reading of what is deployed: rules, dashboard, and the names in their queries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from partner_pipeline.observe.metrics import METRICS

ROOT: Final = Path(__file__).resolve().parents[3]
DEPLOY: Final = ROOT / "deploy"
RULES: Final = DEPLOY / "prometheus" / "alerts.yml"
CONFIG: Final = DEPLOY / "prometheus" / "prometheus.yml"
DASHBOARD: Final = DEPLOY / "grafana" / "dashboard.json"

#: What a query may name: the pipeline's own series, those of any process, and Prometheus's own.
SERIES: Final = {
    *(metric.name for metric in METRICS if metric.kind != "histogram"),
    *(
        f"{metric.name}_{part}"
        for metric in METRICS
        for part in ("bucket", "count", "sum")
        if metric.kind == "histogram"
    ),
    *("up", "process_resident_memory_bytes", "process_cpu_seconds_total"),
    *("process_open_fds", "process_max_fds", "process_start_time_seconds"),
}

_STRINGS: Final = re.compile(r'"[^"]*"|\'[^\']*\'')
_LABELS: Final = re.compile(r"\{[^}]*\}|\b(?:by|on|without|ignoring)\s*\([^)]*\)")
_RANGES: Final = re.compile(r"\[[^\]]*\]")
_WORDS: Final = frozenset({"and", "or", "unless", "bool", "offset"})


def series_of(query: str) -> set[str]:
    """The names of the series that a query of PromQL asks for."""
    bare = _RANGES.sub(" ", _LABELS.sub(" ", _STRINGS.sub(" ", query)))
    names = re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*(?!\w)(?!\s*\()", bare)
    return set(names) - _WORDS


def metric_of(series: str) -> str:
    """The metric that a series belongs to."""
    histograms = {metric.name for metric in METRICS if metric.kind == "histogram"}
    base = re.sub(r"_(bucket|count|sum)$", "", series)
    return base if base in histograms else series


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def jobs() -> set[str]:
    """The names that the processes are scraped under."""
    return {each["job_name"] for each in yaml.safe_load(CONFIG.read_text())["scrape_configs"]}


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the dashboard."""

    panel: str
    expr: str
    legend: str


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def queries() -> list[Query]:
    """Every query of every panel."""
    return [
        Query(panel["title"], target["expr"], target["legendFormat"])
        for panel in dashboard()["panels"]
        for target in panel.get("targets", [])
    ]
