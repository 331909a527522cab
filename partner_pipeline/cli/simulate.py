"""``partner-pipeline simulate``."""

from __future__ import annotations

import re
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

import click

from partner_pipeline.cli.common import show_table
from satlog_native.cli.common import json_option, to_json
from satlog_native.cli.group import Unusable, examples

if TYPE_CHECKING:
    from partner_pipeline.partners.simulator import Fault, SatlocSimulator

_FAULT: Final = re.compile(r"(?:(?P<endpoint>\w+):)?(?P<kind>\w+)=(?P<share>[\d.]+)(?P<more>,.*)?")
_MORE: Final = {"seconds": float, "status": int, "retry_after": str}


class FaultType(click.ParamType[tuple[str, float, "Fault"]]):
    """``[ENDPOINT:]KIND=SHARE[,seconds=S][,status=N]``, as an endpoint, a share and a fault."""

    name = "fault"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float, Fault]:
        """Read a fault, or say what was expected."""
        from partner_pipeline.errors import ValidationError
        from partner_pipeline.partners.simulator import ENDPOINTS, Fault

        found = _FAULT.fullmatch(value)
        try:
            if found is None:
                raise ValueError("expected [ENDPOINT:]KIND=SHARE[,seconds=S][,status=N]")
            endpoint, share = found["endpoint"] or "*", float(found["share"])
            if endpoint not in ("*", *ENDPOINTS):
                raise ValueError(f"expected an endpoint of {', '.join(ENDPOINTS)}")
            if share > 1:
                raise ValueError("expected a share of at most 1")
            more = [item.partition("=") for item in (found["more"] or "").split(",") if item]
            options: dict[str, Any] = {name: _MORE[name](text) for name, _, text in more}
            return endpoint, share, Fault(found["kind"], **options)  # type: ignore[arg-type]
        except KeyError as error:
            self.fail(f"{value!r}: there is no {error} of a fault", param, ctx)
        except (ValueError, ValidationError) as error:
            self.fail(f"{value!r}: {error}", param, ctx)


@click.command(
    epilog=examples(
        "partner-pipeline simulate --logs 3",
        "partner-pipeline simulate --fault status=0.05,status=503 --fault latency=0.2,seconds=2",
    )
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="The same seed gives the same accounts, ids and flights.",
)
@click.option(
    "--accounts", type=click.IntRange(1, 1000), default=2, show_default=True, help="Accounts."
)
@click.option(
    "--aircraft",
    type=click.IntRange(1, 1000),
    default=2,
    show_default=True,
    help="Aircraft of each account.",
)
@click.option(
    "--logs",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="Logs that each aircraft offers from the beginning.",
)
@click.option("--full-flights", is_flag=True, help="Those logs are of 20,000 records, not 1,500.")
@click.option(
    "--fly-delay",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Until an uploaded job is flown and its log is offered.",
)
@click.option(
    "--fault",
    "faults",
    type=FaultType(),
    multiple=True,
    metavar="[ENDPOINT:]KIND=SHARE",
    help="A share of the answers goes wrong so; may be repeated. After a comma: seconds, status.",
)
@json_option
def command(
    *,
    host: str,
    port: int,
    seed: int,
    accounts: int,
    aircraft: int,
    logs: int,
    full_flights: bool,
    fly_delay: float,
    faults: tuple[tuple[str, float, Fault], ...],
    as_json: bool,
) -> None:
    """Run a simulated SatLoc Cloud.

    It serves SatLoc's six endpoints until Ctrl-C, and flies every job that is uploaded: a log of it
    appears. Its accounts are shown with their passwords, which open nothing else. Under /_control/
    it tells what it received and takes faults by script, from this machine only.

    Faults: latency, time_out, reset, status, redirect, wrong_credentials, web_page,
    time_out_after, reset_after, truncated, endless, trickle, duplicated, reordered,
    base64, envelope, old_keys, damaged, refused, no_job_id.
    """
    from partner_pipeline.partners.simulator import SimulatorConfig, serve

    config = SimulatorConfig(
        seed=seed,
        customers=accounts,
        aircraft=aircraft,
        logs=logs,
        full_flights=full_flights,
        fly_delay=fly_delay,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(simulator: SatlocSimulator) -> None:
        for endpoint, share, fault in faults:
            simulator.faults.rate(endpoint, share, fault)
        _show(simulator, as_json=as_json)

    try:
        serve(host, port, config=config, ready=ready, stop=stop)
    except OSError as error:
        raise Unusable(
            f"listening on {host}:{port}: {error.strerror or error}; choose another --port"
        ) from error


def _show(simulator: SatlocSimulator, *, as_json: bool) -> None:
    from partner_pipeline.partners.simulator.world import describe

    accounts = describe(simulator.world)
    if as_json:
        click.echo(to_json({"endpoint": simulator.endpoint, "accounts": accounts}))
        return
    rows = [("username", "password", "aircraft", "its id")]
    for account in accounts:
        told = (account["username"], account["password"])
        for each in account["aircraft"]:
            rows.append((*told, each["tailNumber"], each["id"]))
            told = ("", "")
    show_table(rows)
    click.echo(f"\nSATLOC_API_ENDPOINT={simulator.endpoint}")
    click.echo("Ctrl-C ends it.", err=True)
