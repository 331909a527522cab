"""Help: everywhere, with an example, and cheap."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner, Result

from partner_pipeline.cli import COMMANDS, main
from satlog_native import __version__


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, (*words, name))


ALL = list(commands(main, ()))


def ask(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="partner-pipeline")


def test_all_commands_are_there() -> None:
    assert {words[0] for words in ALL if words} == set(COMMANDS)
    for group, expected in {
        "users": "list show add password deactivate activate",
        "jobs": "list show add assign resolve",
        "logs": "list show reprocess match",
        "tasks": "list show chain stuck",
        "dlq": "list stats show retry archive purge publish e2e",
    }.items():
        found = {words[1] for words in ALL if words[:1] == (group,) and len(words) > 1}
        assert found == set(expected.split())


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_an_example(words: tuple[str, ...], option: str) -> None:
    result = ask(*words, option)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "\\b" not in result.stdout  # a mark for click that was written as text
    _, _, example = result.stdout.partition("Example:\n")
    assert example.strip().startswith(" ".join(("partner-pipeline", *words)))


@pytest.mark.parametrize("name", COMMANDS)
def test_list_says_what_the_command_says(name: str) -> None:
    said = " ".join(ask(name, "-h").stdout.split())
    assert COMMANDS[name] in said
    assert COMMANDS[name] in " ".join(ask("-h").stdout.split())


def test_version() -> None:
    assert ask("--version").stdout.split()[-1] == __version__


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("jobs",),
        ("jobs", "add"),
        ("users", "add", "ghost", "x"),
        ("logs", "list", "-n", "0"),
        ("simulate", "--port", "70000"),
    ],
)
def test_wrong_use(words: tuple[str, ...]) -> None:
    result = ask(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: partner-pipeline" in result.stderr


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], ["poll", "-h"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom partner_pipeline.cli import main\n"
        f"try:\n    main.main({words!r})\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    imported = set(done.stderr.split())
    assert "click" in imported
    heavy = {"pymongo", "pika", "polars", "pyarrow", "numpy", "pydantic", "redis", "httpx"}
    assert not imported & (heavy | {"structlog", "prometheus_client", "cryptography"})
