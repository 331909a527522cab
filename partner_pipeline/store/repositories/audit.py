"""Who changed what, and when: entries are only ever added."""

from __future__ import annotations

from typing import Any

from partner_pipeline.model.clock import Now
from partner_pipeline.model.housekeeping import AuditEntry
from partner_pipeline.model.ids import new_id
from partner_pipeline.model.redact import MASK, is_sensitive
from partner_pipeline.store.base import Store
from partner_pipeline.store.repositories.base import Repository, equal


class Audit(Repository[AuditEntry]):
    """The collection ``audit``."""

    def __init__(self, store: Store, now: Now) -> None:
        super().__init__(store, now, "audit", AuditEntry.from_document)

    def record(
        self,
        actor: str,
        action: str,
        subject: str,
        subject_id: str,
        changes: dict[str, Any] | None = None,
    ) -> AuditEntry:
        """Write down a change; what is secret by its name is not written.

        Parameters
        ----------
        actor : str
            Who: a user's id, or the command that an operator ran.
        action : str
            As ``create``, ``update``, ``replay``.
        subject, subject_id : str
            A collection or queue, and which of it.
        changes : dict, optional
            New values by name.
        """
        return self.insert(
            AuditEntry(
                id=new_id(),
                at=self._now(),
                actor=actor,
                action=action,
                subject=subject,
                subject_id=subject_id,
                changes=_without_secrets(changes or {}),
            )
        )

    def of(self, subject: str, subject_id: str, *, limit: int = 50) -> list[AuditEntry]:
        """What was changed of one thing, the latest first."""
        where = equal(subject=subject, subjectId=subject_id)
        return self._find(where, sort=(("at", -1), ("_id", 1)), limit=limit)

    def recent(self, *, limit: int = 50) -> list[AuditEntry]:
        """The latest changes."""
        return self._find(sort=(("at", -1), ("_id", 1)), limit=limit)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK if is_sensitive(name) else _without_secrets(inner)
            for name, inner in value.items()
        }
    return list(map(_without_secrets, value)) if isinstance(value, list | tuple) else value
