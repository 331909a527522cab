"""Positions of logs: one document each, written and deleted by the file.

They are written before the transaction that makes a log processed, not inside of it: tens of
thousands of documents are more than a transaction of MongoDB may hold. Who dies in between leaves
positions of a log that is not processed; it is taken up again, and they are replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from partner_pipeline.errors import ValidationError
from partner_pipeline.model.applications import DETAIL_FIELDS
from partner_pipeline.store.base import Document, Store
from partner_pipeline.store.repositories.base import equal

if TYPE_CHECKING:
    import polars as pl


class Details:
    """The collection ``application_details``."""

    collection = "application_details"

    def __init__(self, store: Store) -> None:
        self._store = store

    def replace(self, file_id: str, rows: pl.DataFrame) -> int:
        """Store the positions of a file in the place of those that are there.

        Parameters
        ----------
        file_id : str
        rows : polars.DataFrame
            Columns of `DETAIL_FIELDS`, all but ``fileId``; ``frame`` is different in each row.

        Returns
        -------
        int
            How many were stored.

        Raises
        ------
        ValidationError
            Other columns.
        """
        import polars as pl

        expected = set(DETAIL_FIELDS) - {"fileId"}
        if set(rows.columns) != expected:
            raise ValidationError(
                f"storing the positions of file {file_id}: expected the columns of DETAIL_FIELDS, "
                f"found other ones: {', '.join(sorted(expected ^ set(rows.columns)))}"
            )
        documents = rows.select(
            pl.format("{}:{}", pl.lit(file_id), pl.col("frame")).alias("_id"),
            pl.lit(file_id).alias("fileId"),
            *DETAIL_FIELDS[1:],
        )
        self.delete(file_id)
        return self._store.insert_table(self.collection, documents)

    def set_job(self, file_id: str, job_id: str | None) -> int:
        """Give all positions of a file another ``satlocJobId``; how many there are."""
        update = {"$set": {"satlocJobId": job_id}}
        return self._store.update_many(self.collection, equal(fileId=file_id), update)

    def delete(self, file_id: str) -> int:
        """Delete the positions of a file; how many there were."""
        return self._store.delete(self.collection, equal(fileId=file_id))

    def of_file(
        self, file_id: str, *, limit: int | None = None, fields: Sequence[str] | None = None
    ) -> list[Document]:
        """The positions of a file, in its order; of each only some fields, where they are named."""
        where = equal(fileId=file_id)
        return self._store.find(
            self.collection, where, sort=(("frame", 1),), limit=limit, fields=fields
        )

    def count(self, file_id: str) -> int:
        """How many positions of a file are stored."""
        return self._store.count(self.collection, equal(fileId=file_id))
