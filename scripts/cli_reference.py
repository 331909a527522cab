"""Writes docs/cli.md from the help of every command; ``--check`` says whether it is up to date."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from satlog_native.cli import main as satlog

REFERENCE = Path(__file__).parents[1] / "docs" / "cli.md"
INTRODUCTION = """\
# The `satlog` command

Made from the commands' own help by `make docs`. Data goes to standard output, all else to standard
error. Exit status: 0 clean, 1 damage found, 2 unusable input or wrong use.
"""


def sections(command: click.Command, name: str, parent: click.Context | None) -> Iterator[str]:
    """The help of a command, then that of its subcommands."""
    settings = {**command.context_settings, "terminal_width": 96}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield f"## {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None and not found.hidden:
                yield from sections(found, child, context)


def main() -> int:
    text = "\n".join([INTRODUCTION, *sections(satlog, "satlog", None)])
    if "--check" not in sys.argv[1:]:
        REFERENCE.write_text(text, encoding="utf-8")
        return 0
    if REFERENCE.exists() and REFERENCE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/cli.md is not what the commands' help says: run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
