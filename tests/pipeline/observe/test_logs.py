"""Logs: one line an event, ids on every line, levels by module, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr

from partner_pipeline.model import redact
from partner_pipeline.observe import logs
from partner_pipeline.observe.logs import bound, configure_logging, get_logger
from partner_pipeline.settings import Settings

PLANTED = "pl4nted-s3cret"
log = get_logger("partner_pipeline.tests")

Configure = Callable[..., io.StringIO]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Configure logging into a text; afterwards everything is as it was."""
    known = redact.Secrets()
    monkeypatch.setattr(redact, "SECRETS", known)
    monkeypatch.setattr(logs, "SECRETS", known)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: logging.getLogger(name).level for name in list(logging.Logger.manager.loggerDict)
    }

    def _configure(**values: Any) -> io.StringIO:
        stream = io.StringIO()
        configure_logging(Settings.load(**values), stream)
        return stream

    yield _configure
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in list(logging.Logger.manager.loggerDict):
        logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_event_facts_level_module_and_time(configure: Configure) -> None:
    stream = configure(log_format="json")
    moment = datetime(2025, 9, 15, tzinfo=UTC)
    log.info("log stored", rows=21_601, share=0.5, at=moment, notes=["é", None], done=True)
    (line,) = _lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "log stored",
        "level": "info",
        "logger": "partner_pipeline.tests",
        "rows": 21_601,
        "share": 0.5,
        "at": moment.isoformat(),
        "notes": ["é", None],
        "done": True,
    }


def test_ids_are_on_every_line_of_the_block_and_thread(configure: Configure) -> None:
    stream = configure(log_format="json")
    with bound(task="t1", execution="e1"):
        log.info("one")
        with bound(log="l1", request="r1", trace="x1"):
            logging.getLogger("another.library").warning("two")
            thread = Thread(target=lambda: log.info("three"))
            thread.start()
            thread.join()
    log.info("four")
    ids = {"task": "t1", "execution": "e1"}
    expected = [ids, {**ids, "log": "l1", "request": "r1", "trace": "x1"}, {}, {}]
    found = [
        {
            name: line[name]
            for name in ("task", "execution", "log", "request", "trace")
            if name in line
        }
        for line in _lines(stream)
    ]
    assert found == expected


def test_levels_by_module(configure: Configure) -> None:
    stream = configure(
        log_format="json", log_level="WARNING", log_modules="broker=DEBUG,work.poll=INFO,pika=DEBUG"
    )
    for name in (
        "partner_pipeline.broker.amqp",
        "partner_pipeline.work.poll",
        "partner_pipeline.work.assign",
        "pika.connection",
        "httpx",
    ):
        get_logger(name).debug("debug")
        get_logger(name).info("info")
    assert [(line["logger"], line["event"]) for line in _lines(stream)] == [
        ("partner_pipeline.broker.amqp", "debug"),
        ("partner_pipeline.broker.amqp", "info"),
        ("partner_pipeline.work.poll", "info"),
        ("pika.connection", "debug"),
        ("pika.connection", "info"),
    ]


def test_configured_twice_logs_once(configure: Configure) -> None:
    first, second = configure(log_format="json"), configure(log_format="json")
    log.info("once")
    assert (first.getvalue(), len(_lines(second))) == ("", 1)


class _Hostile:
    def __repr__(self) -> str:
        return f"<Hostile {PLANTED}>"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_secrets_appear_nowhere(configure: Configure, log_format: str) -> None:
    stream = configure(log_format=log_format, smtp_pass=PLANTED)
    url = f"https://x.example/Auth?userLogin=joe&password={PLANTED}-unknown"
    log.info(f"event {PLANTED}", fact=PLANTED, nested={"a": [PLANTED, {"token": "unknown-t"}]})
    log.info("typed", password="unknown-p", hostile=_Hostile(), sealed=SecretStr(PLANTED))
    log.info("keys", nested={PLANTED: 1}, deep={"a": {"b": {"c": {PLANTED}}}})
    log.info("positional %s %s", PLANTED, url)
    logging.getLogger("httpcore.x").warning("GET %s", url)
    logging.getLogger("any").warning("x", extra={"password": PLANTED})
    with bound(task=f"task {PLANTED}"):
        log.warning("bound")
    try:
        raise ValueError(f"calling {url} with {PLANTED}")
    except ValueError:
        log.exception("failed")
        logging.getLogger("any").exception("failed")
    written = stream.getvalue()
    assert "calling" in written
    assert "Traceback" in written
    for secret in (PLANTED, "unknown-t", "unknown-p", "-unknown", "joe"):
        assert secret not in written


def test_secrets_that_become_known_later(configure: Configure) -> None:
    stream = configure(log_format="json")
    redact.SECRETS.add("learned-later")
    log.info("it was learned-later, really")
    assert "learned-later" not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_names_from_outside_forge_no_lines(configure: Configure, log_format: str) -> None:
    stream = configure(log_format=log_format)
    name = 'x.log\n2025-09-15 [critical] forged\r\x1b[2J\u2028"}'
    log.warning("skipped", file=name)
    logging.getLogger("any").warning("skipped %s", name)
    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b[2J" not in stream.getvalue()


def test_warnings_are_lines_too(configure: Configure) -> None:
    stream = configure(log_format="json")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn(f"password={PLANTED}", stacklevel=1)
    (line,) = _lines(stream)
    assert line["logger"] == "py.warnings"
    assert PLANTED not in stream.getvalue()


def test_json_where_nobody_watches(configure: Configure) -> None:
    stream = configure()
    log.info("auto")
    assert _lines(stream)[0]["event"] == "auto"
