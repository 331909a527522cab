"""The embedded store: JSON documents in one SQLite file.

A collection is a table of two columns, ``id`` and ``doc``. :mod:`.codec` turns documents into JSON
and back, :mod:`.sql` filters into SQL over it, :mod:`.connections` keeps connections and lets one
writer at a time through, :mod:`.store` puts the verbs together.
"""

from partner_pipeline.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
