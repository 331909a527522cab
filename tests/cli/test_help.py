"""Help: everywhere, with an example, and cheap."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.tools import Satlog
from satlog_native import __version__
from satlog_native.cli import COMMANDS, main


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, (*words, name))


ALL = list(commands(main, ()))


def test_all_commands_are_there() -> None:
    assert {words[0] for words in ALL if words} == set(COMMANDS)
    assert {words[1] for words in ALL if words[:1] == ("layout",) and len(words) > 1} == {
        "list",
        "show",
        "check",
        "schema",
    }


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_an_example(words: tuple[str, ...], option: str, satlog: Satlog) -> None:
    result = satlog(*words, option)
    assert result.exit_code == 0
    assert result.stderr == ""
    _, _, example = result.stdout.partition("Example:\n")
    assert example.strip().startswith(" ".join(("satlog", *words)).strip())


@pytest.mark.parametrize("name", COMMANDS)
def test_list_says_what_the_command_says(name: str, satlog: Satlog) -> None:
    assert f"{COMMANDS[name]}\n" in satlog(name, "-h").stdout
    assert COMMANDS[name] in satlog("-h").stdout


def test_version(satlog: Satlog) -> None:
    assert satlog("--version").stdout.split()[-1] == __version__


@pytest.mark.parametrize(
    "words", [(), ("fly",), ("convert",), ("convert", "a.LOG"), ("head", "-n", "0", "x")]
)
def test_wrong_use(words: tuple[str, ...], satlog: Satlog) -> None:
    result = satlog(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: satlog" in result.stderr


def modules_after(words: list[str]) -> set[str]:
    """The modules that a command imports, seen in a fresh process."""
    script = (
        "import sys\nfrom satlog_native.cli import main\n"
        f"try:\n    main.main({words!r})\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    imported = modules_after(["--help"])
    assert "click" in imported
    assert not imported & {"numpy", "pyarrow", "polars", "satlog_native.layouts"}


def test_convert_imports_little(log: Path, tmp_path: Path) -> None:
    words = ["convert", str(log), f"{tmp_path}/out.parquet", "--table", "position"]
    imported = modules_after(words)
    assert "pyarrow.parquet" in imported
    assert not imported & {
        "polars",
        "pandas",
        "pyarrow.compute",
        "pyarrow.dataset",
        "satlog_native.flight",
        "satlog_native.synth",
    }


def test_flight_without_areas_imports_no_geometry(log: Path, tmp_path: Path) -> None:
    for words in (["passes", str(log)], ["convert", str(log), f"{tmp_path}/out.parquet"]):
        imported = modules_after(words)
        assert "polars" in imported
        assert not imported & {"shapely", "pyproj", "pyogrio", "matplotlib"}
