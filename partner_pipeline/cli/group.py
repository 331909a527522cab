"""The command group: :class:`satlog_native.cli.group.LazyGroup`, and the pipeline's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import click

from partner_pipeline.errors import PipelineError
from satlog_native.cli.common import printable
from satlog_native.cli.group import LazyGroup, Unusable

#: Exit status: something was done, and something failed.
FAILED: Final = 1


class PipelineGroup(LazyGroup):
    """Commands with a dash in their name are in modules with an underscore."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line."""
        with _errors_to_status():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors become a message and an exit status."""
        with _errors_to_status():
            return super().invoke(ctx)


@contextmanager
def _errors_to_status() -> Iterator[None]:
    try:
        yield
    except PipelineError as error:
        raise Unusable("\n".join(map(printable, str(error).splitlines()))) from error
