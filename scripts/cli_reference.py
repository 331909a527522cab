"""Writes what docs/ says of commands and settings from the commands' help and the settings.

``--check`` says whether it is up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from partner_pipeline.cli import main as partner_pipeline
from partner_pipeline.settings import variables
from satlog_native.cli import main as satlog

DOCS = Path(__file__).parents[1] / "docs"


@dataclass(frozen=True)
class Reference:
    """The reference of one command: its file in docs/, and what stands above the commands' help."""

    file: str
    name: str
    command: click.Command
    introduction: str

    def text(self) -> str:
        """All of its file."""
        return "\n".join([self.introduction, *sections(self.command, self.name, None)])


REFERENCES = (
    Reference(
        "cli.md",
        "satlog",
        satlog,
        """\
# The `satlog` command

Made from the commands' own help by `make docs`. Data goes to standard output, all else to standard
error. Exit status: 0 clean, 1 damage found, 2 unusable input or wrong use.
""",
    ),
    Reference(
        "pipeline-cli.md",
        "partner-pipeline",
        partner_pipeline,
        """\
# The `partner-pipeline` command

Made from the commands' own help by `make docs`. Data goes to standard output, all else to standard
error. Exit status: 0 done, 1 something failed, 2 wrong use, or nothing could be done.
""",
    ),
)


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


def settings() -> str:
    """Every variable of the pipeline."""
    rows = [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else ''} | {each.unit} "
        f"| {each.meaning.replace('|', chr(92) + '|')} |"
        for each in variables()
    ]
    return "\n".join([_SETTINGS, *rows, ""])


_SETTINGS = """\
# Settings of the pipeline

Made from the settings themselves by `make docs`. Each is a variable of the environment or of a
file `.env` in the current folder; the environment comes first. `partner-pipeline config` shows what
is in force. A whole number may be a product, as in `18*60*1000`.

| variable | default | unit | meaning |
|---|---|---|---|"""


def main() -> int:
    texts = {reference.file: reference.text() for reference in REFERENCES}
    stale = []
    for file, text in {**texts, "settings.md": settings()}.items():
        path = DOCS / file
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{file}")
    if not stale:
        return 0
    print(f"{', '.join(stale)}: out of date: run make docs", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
