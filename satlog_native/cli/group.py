"""The command group: commands imported when called, and every error to its exit status."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, Final, NoReturn, TextIO

import click
from click.exceptions import Exit

from satlog_native.errors import DamageError, SatlogError

DAMAGED: Final = 1
UNUSABLE: Final = 2
#: As a shell says that a command died of Ctrl-C, or of a reader that left.
INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141


class Unusable(click.ClickException):
    """What was given cannot be used."""

    exit_code = UNUSABLE


class Damaged(click.ClickException):
    """Damage was found, and was to stop the command."""

    exit_code = DAMAGED


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not to be listed.

    Parameters
    ----------
    package : str
        Command ``name`` is ``command`` in the module ``package.name``.
    lazy : dict of str to str
        The commands' short helps by name, in the order of the list.
    """

    def __init__(self, *args: Any, package: str, lazy: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._lazy:
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._lazy.items()))

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the command line; help and version are written here."""
        with _errors_to_status(), _utf8_output():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; its errors become a message and an exit status."""
        with _errors_to_status(), _utf8_output():
            return super().invoke(ctx)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run as the console script.

        The process ends without taking the interpreter and the libraries apart, which would be a
        tenth of the time of a short command. By then all files are closed and all is written.
        """
        try:
            self.main(*args, **kwargs)
        except SystemExit as end:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError, AttributeError):  # closed by the reader, or from the start
                    stream.flush()
            os._exit(end.code if isinstance(end.code, int) else UNUSABLE)
        raise AssertionError("click ends a command by SystemExit")


@contextmanager
def _errors_to_status() -> Iterator[None]:
    try:
        yield
    except DamageError as error:
        raise Damaged(str(error)) from error
    except SatlogError as error:
        raise Unusable(str(error)) from error
    except KeyboardInterrupt:
        raise Exit(INTERRUPTED) from None
    except BrokenPipeError:
        _leave_output()
        raise Exit(PIPE_CLOSED) from None
    except OSError as error:
        _leave_output()
        place = f"{error.filename}: " if error.filename else ""
        raise Unusable(f"{place}{error.strerror or error}") from error
    except MemoryError as error:
        raise Unusable("there is not enough memory for this") from error


@contextmanager
def _utf8_output() -> Iterator[None]:
    """Data are UTF-8 whatever the locale; what could not be written is known before the end."""
    output: TextIO | None = sys.stdout
    if isinstance(output, io.TextIOWrapper):
        output.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        yield
    finally:
        if output is not None:
            output.flush()


def _leave_output() -> None:
    """Let what is left for standard output go nowhere, so that nobody complains at exit."""
    output = sys.__stdout__
    if output is not None and sys.stdout is output:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())


def examples(*lines: str) -> str:
    """The end of a command's help; click keeps the lines as they are."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)
