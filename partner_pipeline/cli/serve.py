"""``partner-pipeline serve``."""

from __future__ import annotations

import click

from partner_pipeline.cli.running import worker_context
from satlog_native.cli.common import note
from satlog_native.cli.group import examples


@click.command(epilog=examples("partner-pipeline serve", "partner-pipeline serve --port 8080"))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8000, show_default=True, help="Its port."
)
def command(*, host: str, port: int) -> None:
    """Serve the pages and the REST API.

    What the API offers stands at /api/docs. Put a proxy that speaks TLS in front of it where others
    than this machine are to reach it.
    """
    from partner_pipeline.serving import serve

    with worker_context() as context:
        note(f"pages at http://{host}:{port}/, the API at http://{host}:{port}/api/docs")
        serve(context, host, port)
