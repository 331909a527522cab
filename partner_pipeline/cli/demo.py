"""``partner-pipeline demo``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import number, show_table
from partner_pipeline.cli.group import FAILED
from satlog_native.cli.common import json_option, note, printable, to_json
from satlog_native.cli.group import Unusable, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from partner_pipeline.cli.demo_run import Demo, Flown

#: What a demo makes in its folder, and nothing else is ever taken away.
_DATABASE: Final = "satlog-pipeline.db"
_LOGS: Final = "satloc-logs"


@click.command(
    epilog=examples("partner-pipeline demo", "partner-pipeline demo --overwrite --serve")
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-pipeline"),
    show_default=True,
    help="Where database and logs are put.",
)
@click.option("--overwrite", is_flag=True, help="Replace what an earlier demo put there.")
@click.option("--serve", is_flag=True, help="Then serve the pages, until Ctrl-C.")
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    default=8000,
    show_default=True,
    help="Port of the pages.",
)
@json_option
def command(*, folder: Path, overwrite: bool, serve: bool, port: int, as_json: bool) -> None:
    """Fly three jobs through the whole pipeline, without any server.

    A simulated SatLoc Cloud is started, three jobs are assigned to its aircraft and uploaded over
    HTTP; it flies them; the workers poll for the logs, download, decode, match and store them. What
    came of it is shown at the end; it takes a few seconds. Settings of the environment are not
    looked at. The exit status is 1 if a job came to nothing.

    With --serve, partner and workers go on, and their pages can be looked at on this machine.
    """
    from partner_pipeline.cli.demo_run import run_demo

    begun = time.monotonic()
    _clear(folder, overwrite)
    with run_demo(folder / _DATABASE, folder / _LOGS, _Progress()) as demo:
        if as_json:
            click.echo(to_json([each.to_dict() for each in demo.flown]))
        else:
            _show(demo.flown)
        note(f"\nThat took {time.monotonic() - begun:.1f} s.")
        if serve:
            _serve(demo, port)
    _look_further(folder)
    if not all(each.decision == "matched" for each in demo.flown):
        raise Exit(FAILED)


def _serve(demo: Demo, port: int) -> None:
    from partner_pipeline.cli.demo_pages import HOST, PASSWORD, USERNAME, serve_demo

    note(f"Open http://{HOST}:{port} and log in as {USERNAME}, password {PASSWORD}; Ctrl-C ends it")
    serve_demo(demo, port)


def _look_further(folder: Path) -> None:
    note("Look further:")
    note(printable(f"  cd {folder}        # {_DATABASE} holds documents and queues, {_LOGS}/ logs"))
    note("  partner-pipeline logs list")
    note("  partner-pipeline doctor")


def _clear(folder: Path, overwrite: bool) -> None:
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    made = [*folder.glob(f"{_DATABASE}*"), *folder.glob(_LOGS)]
    if made and not overwrite:
        raise Unusable(f"{folder} holds an earlier demo: give --overwrite or another --folder")
    for path in made:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


class _Progress:
    """A line for each thing that happens, with the seconds since the begin."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __call__(self, text: str) -> None:
        note(printable(f"{time.monotonic() - self._begun:5.1f} s  {text}"))


def _show(flown: Sequence[Flown]) -> None:
    head = ("job", "aircraft", "log", "area, ha", "rate, L/ha", "decision", "because")
    rows = [
        (
            each.job,
            each.aircraft,
            each.log or "",
            number(each.area, 2),
            number(each.rate, 1),
            each.decision or each.status,
            each.because,
        )
        for each in flown
    ]
    note("")
    show_table([head, *rows], right=(3, 4), narrow={2: 22})
