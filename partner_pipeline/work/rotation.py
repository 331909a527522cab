"""Another key for the passwords of partner accounts: each is encrypted anew with it."""

from __future__ import annotations

from dataclasses import dataclass

from partner_pipeline.errors import PipelineError, StoreError
from partner_pipeline.partners.credentials import KeyRing
from partner_pipeline.store.repositories import Repositories


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of the passwords of all accounts, inactive ones too.

    Attributes
    ----------
    current : str
        Id of the key that they are encrypted with now.
    rotated, already : int
        Encrypted anew; and that were encrypted with it before.
    failed : tuple of str
        Why, for those that could not be: their password must be set anew.
    """

    current: str
    rotated: int
    already: int
    failed: tuple[str, ...]


def rotate_passwords(repositories: Repositories, keys: KeyRing, *, by: str) -> Rotation:
    """Encrypt every account's password with the current key, all keys being there still.

    Parameters
    ----------
    repositories : Repositories
    keys : KeyRing
        The current one first, and those that the passwords are encrypted with.
    by : str
        Who says so.

    Raises
    ------
    StoreError
        The store does not work: run it again, what was done stays.
    """
    rotated, already, failed = 0, 0, []
    for account in repositories.users.accounts(active=False):
        if keys.is_current(account.password):
            already += 1
            continue
        try:
            new = keys.rotate(account.password, document_id=account.id)
            # One that was changed meanwhile is encrypted with the current key, or the next run's.
            rotated += repositories.users.change_password(account.id, account.password, new)
        except StoreError:
            raise
        except PipelineError as error:
            failed.append(str(error))
    counts = {"key": keys.current, "rotated": rotated, "failed": len(failed)}
    repositories.audit.record(by, "rotate", "users", "accounts", counts)
    return Rotation(keys.current, rotated, already, tuple(failed))
