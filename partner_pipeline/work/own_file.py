"""Logs that users bring themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from partner_pipeline.errors import NotFoundError, ValidationError
from partner_pipeline.model.housekeeping import OutboxMessage
from partner_pipeline.model.ids import new_execution_id
from partner_pipeline.model.people import Customer, UserKind
from partner_pipeline.model.tasks import OWN_FILES, ProcessFileTask, file_task_id
from partner_pipeline.partners.base import StoredLog
from partner_pipeline.partners.storage import LogStorage
from partner_pipeline.store.repositories import Repositories
from partner_pipeline.work.context import Context
from partner_pipeline.work.publishing import enqueue, publish

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A log that was taken.

    Attributes
    ----------
    task_id : str
        By which its processing can be followed.
    execution_id : str or None
        None: the same file is being processed already.
    sha256 : str
        Of the file; its log id as well.
    name : str
        Within the folder of own files.
    """

    task_id: str
    execution_id: str | None
    sha256: str
    size: int
    name: str


def submit_own_file(
    context: Context, customer_id: str, user_id: str, path: Path, file_name: str
) -> OwnFile:
    """Take a log that a user brings, and have it processed.

    Parameters
    ----------
    context : Context
    customer_id : str
        Whose log it is.
    user_id : str
        Who brings it: of that customer, or an administrator.
    path : Path
        Where the file is now; it is copied.
    file_name : str
        As the user called it, which may tell the job: any text.

    Raises
    ------
    NotFoundError
        There is no such customer, or no such user of it.
    ValidationError
        A file that cannot be read, is empty, or is larger than allowed.
    StorageError
        The folder cannot be written.
    """
    # Half a pair of surrogates, as names of files may hold: no store and no message takes it.
    file_name = file_name.encode("utf-8", "replace").decode()
    users = context.repositories.users
    users.require_kind(customer_id, Customer)
    user = users.get(user_id)
    may = user is not None and (
        customer_id in (user.id, user.customer_id) or user.kind is UserKind.ADMIN
    )
    if not may:
        raise NotFoundError(
            f"taking a log of customer {customer_id!r}: the customer has no user {user_id!r}"
        )
    stored = _store(context, customer_id, user_id, path, file_name)
    task = ProcessFileTask(
        task_id=file_task_id(context.settings.task_queue, customer_id, stored.sha256),
        execution_id=new_execution_id(),
        partner_code=OWN_FILES,
        customer_id=customer_id,
        saved_local_file=stored.name,
        log_file_name=file_name or stored.path.name,
        sha256=stored.sha256,
        user_id=user_id,
    )

    def decide(repositories: Repositories) -> OutboxMessage | None:
        changes = {"customer": customer_id, "fileName": file_name, "size": stored.size}
        repositories.audit.record(user_id, "submit", "own_files", stored.sha256, changes)
        return enqueue(repositories, task, context.settings.queue_of(OWN_FILES))

    decided = context.repositories.transact(decide)
    publish(context, decided)
    execution = None if decided is None else task.execution_id
    return OwnFile(task.task_id, execution, stored.sha256, stored.size, stored.name)


def _store(
    context: Context, customer_id: str, user_id: str, path: Path, file_name: str
) -> StoredLog:
    what = f"taking log {file_name[:100]!r} of customer {customer_id!r}"
    storage = LogStorage(context.own_files, context.settings.satloc_max_file_size)
    try:
        source = path.open("rb")
    except OSError as error:
        raise ValidationError(f"{what}: {path} cannot be read ({error})") from error
    with source, storage.draft(what) as draft:
        while chunk := source.read(_CHUNK):
            draft.write(chunk)
        if draft.size == 0:
            raise ValidationError(f"{what}: the file is empty")
        place = storage.place(OWN_FILES, customer_id, user_id, draft.sha256, file_name)
        return storage.keep(draft, place)
