"""What is to be encoded: records of one kind, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satlog_native.errors import EncodeError

#: An array of any element type.
Array = NDArray[Any]


@dataclass(frozen=True)
class Records:
    """Records of one kind and one size, as columns of engineering values.

    Parameters
    ----------
    kind : str or int
        A record's name. Or a type number, known to the layout or not: the records are then written
        from raw payloads, as are those of an opaque kind.
    columns : mapping of str to array-like
        Columns as a decoded table has them: numbers after scaling, bits by their own names, enum
        names (or numbers), text as str, times as datetime64 or as integer microseconds since
        1970 UTC, lists, and for raw payloads ``payload`` (bytes). Nulls are None, NaN (of a field
        of integers), NaT, or masked; numpy arrays, sequences and Arrow arrays will do. A column
        that is left out is null where the layout can say so, else zero or empty.
    frames : array-like of int, optional
        Where each record stands in the log, relative to all others: frames are written in
        ascending order. By default after all records before them.
    size : int, optional
        Payload bytes of the variant meant, where the kind has several. By default the variable
        variant, or else the longest.
    """

    kind: str | int
    columns: Mapping[str, Any]
    frames: Any = None
    size: int | None = None

    def rows(self) -> int:
        """Number of records.

        Raises
        ------
        EncodeError
            If columns and frames are not all equally long.
        """
        lengths = {name: len(values) for name, values in self.columns.items()}
        if self.frames is not None:
            lengths["frames"] = len(self.frames)
        if not lengths:
            return 0
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise EncodeError(
                f"encoding records {self.kind!r}: all columns must be equally long, but their "
                f"lengths are {found}"
            )
        return next(iter(lengths.values()))


@dataclass(frozen=True)
class Column:
    """Values and where they are null. A null's value means nothing."""

    values: Array
    null: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Any) -> Column:
        """Take numpy (also masked) arrays, Arrow arrays and plain sequences."""
        if hasattr(values, "to_pylist"):
            return cls._of_arrow(values)
        if isinstance(values, np.ma.MaskedArray):
            return cls(values.data, np.ma.getmaskarray(values))
        if isinstance(values, np.ndarray) and values.dtype != object:
            times = values.dtype.kind == "M"
            return cls(values, np.isnat(values) if times else np.zeros(len(values), bool))
        objects = as_objects(values)
        return cls(objects, np.array([value is None for value in objects], bool))

    @classmethod
    def _of_arrow(cls, values: Any) -> Column:
        if str(values.type).startswith("timestamp"):
            values = values.cast("int64")
        if values.null_count or values.type.num_fields or "dictionary" in str(values.type):
            return cls.of(values.to_pylist())
        # A chunked array's to_numpy knows no zero_copy_only; np.asarray serves both.
        return cls.of(np.asarray(values))


def as_objects(values: Sequence[Any] | Array) -> Array:
    """An object array with one element a value, also where the values are sequences."""
    objects = np.empty(len(values), object)
    for row, value in enumerate(values):
        objects[row] = value
    return objects
