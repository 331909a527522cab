"""The command ``satlog``: one module a command, imported when it is called."""

from __future__ import annotations

import click

from satlog_native import __version__
from satlog_native.cli.group import LazyGroup, examples

#: What ``satlog -h`` says of each command; the first line of the command's own help.
COMMANDS = {
    "convert": "Write the tables of logs to Parquet, Arrow, CSV or NDJSON.",
    "info": "Show what a log says of itself.",
    "kinds": "Count the records of each kind in a log.",
    "schema": "Show the tables of a layout: columns, types, units.",
    "head": "Show the first rows of a table.",
    "dump": "Show a log's bytes, and what they mean.",
    "check": "Report the damage of logs.",
    "passes": "Show the passes of a flight, and what they sprayed.",
    "stats": "Show the summary of flights: times, areas, rates, weather.",
    "map": "Draw a map of a flight: what was sprayed, at which rate, and where.",
    "plot": "Draw a flight over time: speed, flow, rate, wind.",
    "report": "Write the work record of a flight.",
    "export": "Write points, passes or coverage of a flight for maps.",
    "match": "Tell which job each log belongs to, and why.",
    "job": "Show and convert job files.",
    "dataset": "Write many logs to one partitioned Parquet dataset.",
    "synth": "Make the log of a simulated flight.",
    "layout": "List, show and check layouts.",
}


@click.group(
    cls=LazyGroup,
    package=__name__,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("satlog info flight.LOG", "satlog convert flight.LOG flight.parquet"),
)
@click.version_option(__version__, prog_name="satlog")
def main() -> None:
    """Read the binary flight logs of spray aircraft.

    Data goes to standard output, all else to standard error. Exit status: 0 clean, 1 damage found,
    2 unusable input or wrong use.
    """
