"""Tables of a report."""

from __future__ import annotations

from dataclasses import dataclass

from satlog_native.plot.record import Product


@dataclass(frozen=True)
class Table:
    """A table, all of it text.

    Attributes
    ----------
    heading : str
    columns : tuple of (str, str)
        Title and unit; the unit may be empty.
    rows : tuple of tuple of str
    total : tuple of str or None
        Last row.
    empty : str
        What to say if there are no rows.
    numeric : int
        The first column of numbers, which are set flush right.
    """

    heading: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None
    empty: str
    numeric: int


def product_table(products: tuple[Product, ...]) -> Table:
    """The products that were applied."""
    columns = (("Product", ""), ("Registration no.", ""), ("Dose", ""), ("Batch", ""))
    rows = tuple(
        tuple(value or "–" for value in (each.name, each.registration, each.dose, each.batch))
        for each in products
    )
    return Table("Products", columns, rows, None, "No product given.", len(columns))
