"""Dead letters, by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.cli.tools import Command, Installed, fits


@pytest.fixture
def letter(installed: Installed) -> str:
    """A test message that the worker gave up; its id."""
    sent = installed.command("dlq", "publish").stdout.strip()
    installed.command("sync", "--once", status=1)
    return sent


def test_published_and_dead(letter: str, installed: Installed) -> None:
    (found,) = installed.json("dlq", "list")
    assert (found["message_id"], found["error_category"]) == (letter, "validation")
    shown = installed.command("dlq", "list").stdout
    assert fits(shown)
    assert "validation" in shown
    (queue,) = installed.json("dlq", "stats")
    assert (queue["dead"]["messages"], queue["waiting"]["messages"]) == (1, 0)
    details = installed.command("dlq", "show", "0")
    assert letter in details.stdout
    assert "its task is not known here" in details.stderr
    assert "there is none; list them anew" in (
        installed.command("dlq", "show", "1", status=2).stderr
    )


@pytest.mark.parametrize(
    "words",
    [["--all"], ["--position", "0"], ["--header", "x-error-category=validation"], ["--all", "-n1"]],
)
def test_retry(words: list[str], letter: str, installed: Installed) -> None:
    done = installed.command("dlq", "retry", *words)
    assert done.stdout == "replayed 1, skipped 0, failed 0\n"
    (queue,) = installed.json("dlq", "stats")
    assert (queue["dead"]["messages"], queue["waiting"]["messages"]) == (0, 1)


@pytest.mark.parametrize("words", [["--position", "7"], ["--header", "x-error-category=other"]])
def test_nothing_to_retry(words: list[str], letter: str, installed: Installed) -> None:
    done = installed.command("dlq", "retry", *words)
    assert done.stdout == "replayed 0, skipped 0, failed 0\n"
    assert len(installed.json("dlq", "list")) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "expected one of --position, --header and --all"),
        (["--all", "--position", "0"], "expected one of --position, --header and --all"),
        (["--header", "x-task-type"], "expected NAME=VALUE"),
        (["--all", "--queue", "nobody's"], "there is none; known are dev_partner_tasks"),
    ],
)
def test_retry_of_what(words: list[str], why: str, command: Command) -> None:
    done = command("dlq", "retry", *words, status=2)
    assert why in done.stderr
    assert done.stdout == ""


def test_archive(letter: str, installed: Installed) -> None:
    missed = installed.command("dlq", "archive", "--position", "7")
    assert (missed.stdout, missed.stderr) == ("", "archived 0, failed 0\n")
    done = installed.command("dlq", "archive", "--position", "0")
    assert done.stderr == "archived 1, failed 0\n"
    (name,) = done.stdout.splitlines()
    file = Path("dlq_archives", name)
    assert json.loads(file.read_text())["messageId"] == letter
    assert installed.json("dlq", "list") == []


def test_archive_into_a_folder_that_cannot_be_written(letter: str, installed: Installed) -> None:
    Path("dlq_archives").write_text("a file in its place")
    done = installed.command("dlq", "archive", "--position", "0", status=1)
    assert "DLQ_ARCHIVE_PATH names cannot be written" in done.stderr
    assert len(installed.json("dlq", "list")) == 1


def test_purge_asks_first(letter: str, installed: Installed) -> None:
    asked = installed.command("dlq", "purge", input="n\n", status=1)
    assert "Throw 1 dead letter of dev_partner_tasks away?" in asked.stderr
    assert len(installed.json("dlq", "list")) == 1
    assert installed.command("dlq", "purge", "--yes").stdout == "purged 1\n"
    assert installed.command("dlq", "list").stderr == "no dead letters\n"


def test_end_to_end(installed: Installed, letter: str) -> None:
    steps = installed.json("dlq", "e2e")
    assert [step["name"] for step in steps] == [
        *("published", "refused", "dead letter", "replayed", "dead again", "purged")
    ]
    assert "Invalid JSON" in steps[2]["seen"]
    # Real dead letters and tasks are none of its business.
    assert [each["message_id"] for each in installed.json("dlq", "list")] == [letter]


def test_archive_leaves_what_is_not_expired(letter: str, installed: Installed) -> None:
    assert installed.command("archive", "--once").stdout == ""
    assert len(installed.json("dlq", "list")) == 1


def test_alert(letter: str, installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installed.command("alert", "--once").stderr == ""
    monkeypatch.setenv("ALERT_DLQ_WARNING", "1")
    first = installed.command("alert", "--once", status=1)
    assert "alert: dead-letters:dev_partner_tasks\n" in first.stderr
    again = installed.command("alert", "--once", status=1)
    assert "(told before)" in again.stderr
