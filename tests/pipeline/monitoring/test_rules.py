"""The alert rules, and how Prometheus is set up: as its own tools read them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.monitoring.tools import CONFIG, DEPLOY, ROOT, RULES, SERIES, jobs, rules, series_of

ALERTS = (
    "PartnerAPIHighErrorRate",
    "PartnerAPIDown",
    "QueueDepthHigh",
    "SyncFailureRateHigh",
    "DataProcessingStuck",
    "DeadLettersGrowing",
    "OldestMessageTooOld",
    "MetricsMissing",
)


def _told(promtool: Path, *words: object) -> str:
    done = subprocess.run([promtool, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_rules_are_rules(promtool: Path) -> None:
    assert f"{len(ALERTS)} rules found" in _told(promtool, "check", "rules", RULES)


def test_the_rules_do_what_they_should(promtool: Path) -> None:
    assert "SUCCESS" in _told(promtool, "test", "rules", RULES.with_name("alerts.test.yml"))


def test_the_configuration_is_one(promtool: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("x")
    config = CONFIG.read_text().replace("/run/secrets/metrics_token", str(token))
    (tmp_path / CONFIG.name).write_text(config)
    (tmp_path / RULES.name).write_text(RULES.read_text())
    assert "SUCCESS" in _told(promtool, "check", "config", tmp_path / CONFIG.name)


def test_the_alerts_are_those_of_the_design() -> None:
    assert tuple(rule["alert"] for rule in rules()) == ALERTS


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
class TestEachAlert:
    def test_it_says_how_urgent_it_is_and_what_to_do(self, rule: dict[str, Any]) -> None:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}
        assert rule["for"].endswith("m")

    def test_it_names_what_there_is(self, rule: dict[str, Any]) -> None:
        assert series_of(rule["expr"]) <= SERIES
        named = set(re.findall(r'job="([^"]*)"', rule["expr"]))
        assert named <= jobs()

    def test_the_manual_has_a_paragraph_on_it(self, rule: dict[str, Any]) -> None:
        file, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert anchor == rule["alert"].lower()
        text = (ROOT / file).read_text()
        found = re.search(rf"^### {rule['alert']}\n\n(.+?)\n\n", text, re.MULTILINE | re.DOTALL)
        assert found is not None
        assert found[1].startswith(rule["labels"]["severity"].capitalize())

    def test_its_tests_see_it_fire_and_be_silent(self, rule: dict[str, Any]) -> None:
        tests = yaml.safe_load(RULES.with_name("alerts.test.yml").read_text())["tests"]
        asked = [each for test in tests for each in test.get("alert_rule_test", ())]
        mine = [each for each in asked if each["alertname"] == rule["alert"]]
        assert any(each.get("exp_alerts") for each in mine)
        assert any(not each.get("exp_alerts") for each in mine)


# What runs it.


def _compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def test_every_process_of_the_compose_file_is_scraped() -> None:
    services = _compose()["services"]
    pipeline = {
        name: service["environment"]
        for name, service in services.items()
        if service.get("command", [""])[0] == "partner-pipeline"
    }
    scraped = {}
    for each in yaml.safe_load(CONFIG.read_text())["scrape_configs"]:
        assert each["authorization"] == {"credentials_file": "/run/secrets/metrics_token"}
        if "static_configs" in each:
            (target,) = each["static_configs"][0]["targets"]
            service, _, port = target.partition(":")
        else:
            (found,) = each["dns_sd_configs"]
            (service,) = found["names"]
            port = str(found["port"])
        assert each["job_name"] == f"satlog-{service}"
        scraped[service] = port
    assert scraped.keys() == pipeline.keys()
    for service, environment in pipeline.items():
        port = "8000" if service == "api" else str(environment["METRICS_PORT"])
        assert scraped[service] == port
        assert "METRICS_TOKEN" in environment


def test_only_this_machine_reaches_prometheus_and_grafana() -> None:
    services = _compose()["services"]
    for name in ("prometheus", "grafana"):
        assert services[name]["profiles"] == ["monitoring"]
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])


def test_the_compose_file_brings_all_that_it_names() -> None:
    compose = _compose()
    for name in ("prometheus", "grafana"):
        for volume in compose["services"][name]["volumes"]:
            source = volume.split(":")[0]
            here = (DEPLOY / source).exists() if source.startswith(".") else None
            assert here or source in compose["volumes"], source
    assert compose["secrets"] == {"metrics_token": {"environment": "METRICS_TOKEN"}}
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    given = re.findall(r"^(\w+)=", (DEPLOY / "example.env").read_text(), re.MULTILINE)
    assert asked <= set(given)


def test_units_on_one_machine_have_ports_of_their_own() -> None:
    ports = {}
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        found = re.search(r"^Environment=METRICS_PORT=(\S+)$", unit.read_text(), re.MULTILINE)
        ports[unit.stem] = found[1].replace("%i", "1") if found else None
    assert ports.pop("satlog-api") is None
    assert None not in ports.values()
    assert len(set(ports.values())) == len(ports)
    manual = (ROOT / "docs" / "operations.md").read_text()
    assert all(str(port) in manual for port in ports.values())
