"""Settings: defaults, units, what is refused and in which words, and that no secret is shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.errors import SettingsError
from partner_pipeline.model.backoff import RetryPolicy
from partner_pipeline.setting_values import CredentialsKey
from partner_pipeline.settings import SECRET_VARIABLES, Settings, variables

KEY = base64.b64encode(bytes(range(32))).decode()

# The table of the design: what must be there, with its default where the design names one.
DESIGN: Mapping[str, str | None] = {
    "SATLOC_API_ENDPOINT": "https://www.satloccloudfc.com/api/Satloc",
    "SATLOC_API_TIMEOUT": "30000",
    "SATLOC_RETRY_ATTEMPTS": "3",
    "SATLOC_RETRY_DELAY": "10000",
    "SATLOC_RATE_LIMIT": "60",
    "SATLOC_BURST_LIMIT": "10",
    "SATLOC_STORAGE_PATH": None,
    "SATLOC_MAX_FILE_SIZE": "10485760",
    "SATLOC_REALTIME_ENABLED": None,
    "SATLOC_FILE_UPLOAD_ENABLED": None,
    "SATLOC_1ST_ASSIGNMENT_ALWAYS_MATCH": "true",
    "PARTNER_POLLING_ENABLED": None,
    "PARTNER_SYNC_ENABLED": None,
    "PARTNER_SYNC_INTERVAL": None,
    "PARTNER_HEALTH_CHECK_INTERVAL": None,
    "PARTNER_MAX_CONCURRENT_JOBS": None,
    "PARTNER_ENCRYPT_CREDENTIALS": None,
    "PARTNER_MAX_RETRIES": "5",
    "STUCK_TIMEOUT_MS": "1080000",
    "QUEUE_NAME_PARTNER": "partner_tasks",
    "QUEUE_HOST": None,
    "QUEUE_PORT": None,
    "QUEUE_USR": None,
    "QUEUE_PWD": None,
    "AMQP_URL": None,
    "MONGODB_URI": None,
    "REDIS_URL": None,
    "REDIS_PWD": None,
    "DLQ_RETENTION_DAYS": "365",
    "SMTP_HOST": None,
    "SMTP_PORT": None,
    "SMTP_USER": None,
    "SMTP_PASS": None,
    "ALERT_EMAILS": None,
    "ALERT_FROM_EMAIL": None,
    "LOG_LEVEL": None,
    "LOG_MODULES": None,
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in variables():
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.chdir(tmp_path)


def _load(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.load()


def _refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, **environment)
    return str(caught.value)


def test_every_variable_of_the_design_is_there_with_its_default() -> None:
    defaults = {variable.name: variable.default for variable in variables()}
    assert DESIGN.keys() <= defaults.keys()
    assert {name: defaults[name] for name, value in DESIGN.items() if value is not None} == {
        name: value for name, value in DESIGN.items() if value is not None
    }


def test_every_variable_is_explained() -> None:
    assert [variable.name for variable in variables() if len(variable.meaning) < 5] == []


def test_what_config_prints_can_be_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _load(
        monkeypatch,
        LOG_MODULES="broker=WARNING,partners.satloc",
        RETRY_UPLOAD="tries=7,delay=0.5",
        STUCK_TIMEOUT_MS="1",
        PARTNER_OWN_QUEUES="SATLOC,AGIDRONEX",
        PARTNER_SYNC_INTERVAL="2*60*1000",
    )
    printed = {name: value for name, value in first.masked().items() if value}
    for name, value in printed.items():
        monkeypatch.setenv(name, value)
    assert Settings.load() == first


def test_products_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(
        monkeypatch, STUCK_TIMEOUT_MS="18*60*1000", SATLOC_MAX_FILE_SIZE=" 5 * 1024*1024 "
    )
    assert settings.stuck_timeout == timedelta(minutes=18)
    assert settings.satloc_max_file_size == 5_242_880


@pytest.mark.parametrize(
    "value",
    [
        "18*60*", "*18", "18**2", "18*x", "-1", "1e3", "0x10", "1_000", "1.5", "٣", "18 60",
        "__import__('os')", "*".join(["9"] * 9), "9" * 16, "999999999999999*999999999999999",
    ],
)  # fmt: skip
def test_what_is_no_product_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    sentence = _refusal(monkeypatch, STUCK_TIMEOUT_MS=value)
    assert sentence.startswith("STUCK_TIMEOUT_MS: expected")
    assert len(sentence.splitlines()) == 1


def test_a_duration_that_is_no_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "DLQ_RETENTION_DAYS" in _refusal(monkeypatch, DLQ_RETENTION_DAYS="999999999999")


def test_each_wrong_variable_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "SATLOC_API_ENDPOINT": "ftp://x",
        "SATLOC_API_TIMEOUT": "0",
        "PARTNER_POLLING_ENABLED": "perhaps",
        "QUEUE_PORT": "70000",
        "LOG_LEVEL": "LOUD",
        "LOG_MODULES": "broker=LOUD",
        "ALERT_EMAILS": "nobody",
        "RETRY_UPLOAD": "tries=0",
        "RETRY_POLL": "speed=9",
        "DLQ_LIMIT_SHARE": "2",
        "ENVIRONMENT": "prod",
        "PARTNER_OWN_QUEUES": "SAT LOC",
        "QUEUE_NAME_PARTNER": "a/b",
    }
    sentences = _refusal(monkeypatch, **wrong).splitlines()
    assert sorted(sentence.split(":")[0] for sentence in sentences) == sorted(wrong)
    assert all("found" in sentence for sentence in sentences)


PLANTED = "hunter2-planted"
WRONG_SECRETS = {
    "AMQP_URL": f"http://me:{PLANTED}@host",
    "MONGODB_URI": f"{PLANTED}",
    "REDIS_URL": f"redis://:{PLANTED}@",
    "RABBITMQ_MANAGEMENT_URL": f"amqp://{PLANTED}",
    "CREDENTIALS_KEYS": f"a:{PLANTED}",
    "SATLOC_API_ENDPOINT": f"https://me:{PLANTED}@host/?password={PLANTED}",
}


@pytest.mark.parametrize("name", WRONG_SECRETS)
def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    sentence = _refusal(monkeypatch, **{name: WRONG_SECRETS[name]})
    assert sentence.startswith(f"{name}: expected")
    assert PLANTED not in sentence


def _with_secrets(monkeypatch: pytest.MonkeyPatch) -> Settings:
    return _load(
        monkeypatch,
        AMQP_URL=f"amqp://me:{PLANTED}1@rabbit:5671/v",
        MONGODB_URI=f"mongodb://me:{PLANTED}2@a:1,b:2/x?replicaSet=r&tlsPassword={PLANTED}3",
        REDIS_URL=f"redis://:{PLANTED}4@cache/0",
        REDIS_PWD=f"{PLANTED}5",
        QUEUE_PWD=f"{PLANTED}6",
        SMTP_PASS=f"{PLANTED}7",
        CREDENTIALS_KEYS=f"2025:{KEY}",
        RABBITMQ_MANAGEMENT_URL=f"https://me:{PLANTED}8@rabbit/",
    )


def test_secrets_are_masked_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _with_secrets(monkeypatch)
    shown = " ".join([repr(settings), str(settings), repr(settings.masked())])
    assert PLANTED not in shown
    assert KEY not in shown
    assert "rabbit:5671/v" in settings.masked()["AMQP_URL"]
    assert settings.masked()["CREDENTIALS_KEYS"] == "2025"


def test_all_secrets_are_known_to_redaction(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _with_secrets(monkeypatch).secrets()
    assert {f"{PLANTED}{n}" for n in (1, 2, 4, 5, 6, 7, 8)} | {KEY} <= set(found)


def test_all_secret_variables_are_known() -> None:
    named = {
        v.name for v in variables() if re.search("PWD|PASS|KEYS|URI|_URL|SECRET|TOKEN", v.name)
    }
    assert named == SECRET_VARIABLES


def test_keys_are_read_current_first(monkeypatch: pytest.MonkeyPatch) -> None:
    other = base64.urlsafe_b64encode(b"\xff" * 32).decode()
    settings = _load(monkeypatch, CREDENTIALS_KEYS=f"new:{other}, old:{KEY}")
    assert settings.credentials_keys == (
        CredentialsKey("new", b"\xff" * 32),
        CredentialsKey("old", bytes(range(32))),
    )


@pytest.mark.parametrize("keys", [f"a:{KEY},a:{KEY}", "a:", f":{KEY}", "a:AAAA", KEY, f"a b:{KEY}"])
def test_keys_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    assert "CREDENTIALS_KEYS: expected" in _refusal(monkeypatch, CREDENTIALS_KEYS=keys)


def test_the_file_env_is_read_and_the_environment_outranks_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("WORKER_THREADS=7\nSATLOC_RATE_LIMIT=5\nUNRELATED=x\n", "utf-8")
    settings = _load(monkeypatch, SATLOC_RATE_LIMIT="9")
    assert (settings.worker_threads, settings.satloc_rate_limit) == (7, 9)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, QUEUE_HOST="", WORKER_THREADS="", AMQP_URL="")
    assert (settings.queue_host, settings.worker_threads, settings.amqp) == (None, 2, None)


def test_an_env_file_that_is_no_text_is_said() -> None:
    Path(".env").write_bytes(b"A=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env"):
        Settings.load()


def test_production_refuses_what_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = _refusal(
        monkeypatch,
        ENVIRONMENT="production",
        MONGODB_URI="mongodb://h/",
        PARTNER_ENCRYPT_CREDENTIALS="false",
    )
    assert "CREDENTIALS_KEYS" in sentences
    assert "PARTNER_ENCRYPT_CREDENTIALS" in sentences


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "worker"])
def test_production_tells_no_metrics_to_everybody(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    asked = {"ENVIRONMENT": "production", "METRICS_PORT": "9800", "METRICS_HOST": host}
    assert "METRICS_TOKEN: must be set" in _refusal(monkeypatch, **asked)
    token = "m7s0Jq9vN2xR4tY6wZ8bC1dF3gH5jL0k"
    allowed: list[dict[str, str]] = [
        {**asked, "METRICS_TOKEN": token},
        {**asked, "METRICS_PORT": ""},
        {**asked, "ENVIRONMENT": "development"},
        *({**asked, "METRICS_HOST": here} for here in ("127.0.0.1", "::1", "localhost")),
    ]
    for each in allowed:
        assert _load(monkeypatch, **{"METRICS_TOKEN": "", **each}).metrics_host


@pytest.mark.parametrize(
    ("variable", "value"),
    [("METRICS_PORT", "0"), ("METRICS_PORT", "65536"), ("METRICS_HOST", "a host")],
)
def test_an_address_that_is_none(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    assert variable in _refusal(monkeypatch, **{variable: value})


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ALERT_EMAILS": "a@b.c"}, "SMTP_HOST"),
        ({"ALERT_DLQ_CRITICAL": "10"}, "ALERT_DLQ_WARNING"),
    ],
)
def test_settings_must_fit_together(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    assert said in _refusal(monkeypatch, **environment)


def test_queues_by_environment_and_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    development = _load(monkeypatch, PARTNER_OWN_QUEUES="SATLOC")
    assert development.task_queues == ("dev_partner_tasks", "dev_partner_tasks_satloc")
    assert development.queue_of("AGIDRONEX") == "dev_partner_tasks"
    production = _load(monkeypatch, ENVIRONMENT="production")
    assert production.queue_of("SATLOC") == "partner_tasks_satloc"


def test_polls_are_frequent_in_development_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().sync_interval == timedelta(minutes=1)
    assert _load(monkeypatch, ENVIRONMENT="production").sync_interval == timedelta(minutes=15)
    assert _load(monkeypatch, PARTNER_SYNC_INTERVAL="5000").sync_interval == timedelta(seconds=5)


def test_rabbitmq_from_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings.load().amqp is None
    assert Settings.load().rabbitmq_management is None
    settings = _load(monkeypatch, QUEUE_HOST="rabbit", QUEUE_USR="me", QUEUE_PWD="p@ss/word")
    assert settings.amqp == "amqp://me:p%40ss%2Fword@rabbit:5672/%2F"
    assert settings.rabbitmq_management == "http://me:p%40ss%2Fword@rabbit:15672"


def test_retry_policies_change_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, RETRY_UPLOAD="max=60, jitter=0")
    assert settings.retry_upload == RetryPolicy(5, 5, 2, 60, 0)
    assert settings.retry_poll == RetryPolicy(3, 10, 2, 600)
    assert settings.retry_processing == RetryPolicy(3, 2, 2, 60, 0.5)


@given(st.text().filter(lambda text: "\0" not in text and text.strip()))
def test_no_text_breaks_the_reading_of_a_number(text: str) -> None:
    try:
        settings = Settings.load(worker_threads=text)
    except SettingsError as error:
        assert "WORKER_THREADS" in str(error)  # noqa: PT017
    else:
        assert settings.worker_threads >= 1
