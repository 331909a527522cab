"""The document store: one protocol, over MongoDB and over one SQLite file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from partner_pipeline.store.base import Document, Filter, Index, Keys, Store, Update

if TYPE_CHECKING:
    from pydantic import SecretStr

__all__ = ["Document", "Filter", "Index", "Keys", "Store", "StoreSettings", "Update", "open_store"]


class StoreSettings(Protocol):
    """What the store needs to know of the settings."""

    @property
    def mongodb_uri(self) -> SecretStr | None:
        """Where MongoDB is; nothing: the embedded store."""
        ...

    @property
    def embedded_path(self) -> Path:
        """The file of the embedded store."""
        ...


def open_store(settings: StoreSettings) -> Store:
    """The store that the settings ask for: MongoDB, or else a file of SQLite.

    Raises
    ------
    StoreError
        If the file can't be opened, or the URI is none.
    """
    if settings.mongodb_uri is not None:
        from partner_pipeline.store.mongo import MongoStore

        return MongoStore(settings.mongodb_uri.get_secret_value())
    from partner_pipeline.store.sqlite import SqliteStore

    return SqliteStore(settings.embedded_path)
