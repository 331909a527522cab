"""The demo's pages: its login, and logs that need somebody."""

from __future__ import annotations

from typing import Final

from pydantic import SecretStr

from partner_pipeline.cli.demo_run import Demo
from partner_pipeline.serving import serve
from partner_pipeline.work.founding import found_admin

#: Who they are is told to everybody; they are in no other database than a demo's.
USERNAME: Final = "demo"
PASSWORD: Final = "only-in-the-demo"
#: A demo is served to this machine alone.
HOST: Final = "127.0.0.1"


def serve_demo(demo: Demo, port: int) -> None:
    """Serve the pages of a demo until Ctrl-C; its partner and its workers go on meanwhile.

    Raises
    ------
    InfrastructureError
        If another program has the port.
    """
    found_admin(demo.context, USERNAME, lambda: SecretStr(PASSWORD), by="demo")
    _have_trouble(demo)
    serve(demo.context, HOST, port)


def _have_trouble(demo: Demo) -> None:
    """Three more logs come: one names no job, one is damaged, one is none at all."""
    satloc = demo.satloc.world
    aircraft = satloc.aircraft(satloc.accounts[0])[0].id
    flight = satloc.add_log(aircraft).data()
    third = len(flight) // 3
    damaged = flight[:third] + bytes(500) + flight[third + 500 :]
    satloc.add_log(aircraft, "20250714_0901_N101SL.log", data=damaged)
    satloc.add_log(aircraft, "20250714_1038_N101SL.log", data=b"<html>Service unavailable</html>")
