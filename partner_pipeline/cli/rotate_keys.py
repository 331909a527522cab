"""``partner-pipeline rotate-keys``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from partner_pipeline.cli.common import opened, operator
from partner_pipeline.cli.group import FAILED
from satlog_native.cli.common import counted, json_option, note, printable, to_json
from satlog_native.cli.group import examples

if TYPE_CHECKING:
    from partner_pipeline.settings import Settings
    from partner_pipeline.work.context import Context
    from partner_pipeline.work.rotation import Rotation


@click.command(
    epilog=examples(
        "partner-pipeline rotate-keys",
        "CREDENTIALS_KEYS=2026:$(openssl rand -base64 32),$CREDENTIALS_KEYS",
    )
)
@json_option
def command(*, as_json: bool) -> None:
    """Encrypt the passwords of partner accounts with the newest key.

    With CREDENTIALS_KEYS: put a new key in front, for all processes, and restart them; run this,
    which encrypts every password anew with the first key; take the old keys away, and restart
    again.

    Without, the keys are in a file beside EMBEDDED_PATH: stop the workers, run this, start them. It
    makes a new key, encrypts all passwords with it, and takes the old keys out of the file. The
    exit status is 1 if a password could not be read; its key is kept.
    """
    with opened() as context:
        own_file = not context.settings.credentials_keys
        done = _with_new_key(context) if own_file else _rotated(context)
    if as_json:
        click.echo(to_json(asdict(done)))
    else:
        click.echo(
            f"key {done.current}: {counted(done.rotated, 'password')} encrypted anew, "
            f"{done.already:,} before"
        )
    for why in done.failed:
        note(printable(f"Error: {why}"))
    if done.failed:
        raise Exit(FAILED)
    if not own_file:
        note(f"all keys but {done.current} can be taken out of CREDENTIALS_KEYS now")


def _rotated(context: Context) -> Rotation:
    from partner_pipeline.work.rotation import rotate_passwords

    return rotate_passwords(context.repositories, context.keys, by=operator())


def _with_new_key(context: Context) -> Rotation:
    """A new key in front of the file, all passwords encrypted with it, the old ones out again."""
    from partner_pipeline.key_file import key_file, load_keys, new_key, write_keys
    from partner_pipeline.partners.credentials import KeyRing
    from partner_pipeline.work.rotation import rotate_passwords

    settings: Settings = context.settings
    path, old = key_file(settings), load_keys(settings)
    new = new_key(f"{datetime.now(UTC):%Y%m%dT%H%M%S}")
    write_keys(path, (new, *old), replace=True)
    done = rotate_passwords(context.repositories, KeyRing((new, *old)), by=operator())
    if not done.failed:
        write_keys(path, (new,), replace=True)
    return done
