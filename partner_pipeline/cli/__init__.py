"""The command ``partner-pipeline``: one module a command, imported when it is called."""

from __future__ import annotations

import click

from partner_pipeline.cli.group import PipelineGroup
from satlog_native import __version__
from satlog_native.cli.group import examples

#: What ``partner-pipeline -h`` says of each command; the first line of the command's own help.
COMMANDS = {
    "all": "Run all workers in one process.",
    "poll": "Run the worker that fetches logs from partners.",
    "sync": "Run the worker that uploads jobs and processes logs.",
    "archive": "Run the worker that archives expired dead letters.",
    "alert": "Run the worker that mails when people are needed.",
    "serve": "Serve the pages and the REST API.",
    "setup": "Make the first users: partner, admin, customer, aircraft, account.",
    "users": "List, add and change users of all kinds.",
    "jobs": "List and add jobs, and assign them.",
    "logs": "List logs, process them again, match them by hand.",
    "tasks": "Look at tasks, their tries, and those that are stuck.",
    "dlq": "Look at dead letters; replay, archive and purge them.",
    "rotate-keys": "Encrypt the passwords of partner accounts with the newest key.",
    "doctor": "Check everything that is configured, and say what to do.",
    "config": "Show the settings in force, secrets masked.",
    "simulate": "Run a simulated SatLoc Cloud.",
    "demo": "Fly three jobs through the whole pipeline, without any server.",
}


@click.group(
    cls=PipelineGroup,
    package=__name__,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples("partner-pipeline demo", "partner-pipeline doctor"),
)
@click.version_option(__version__, prog_name="partner-pipeline")
def main() -> None:
    """Jobs out to partners, their flight logs back: decoded, matched, stored.

    Settings come from the environment or a file .env (see partner-pipeline config). Data goes to
    standard output, all else to standard error. Exit status: 0 done, 1 something failed, 2 wrong
    use, or nothing could be done.
    """
