"""Wire values as they lie in the log: one numpy structured array, one copy of each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from satlog_native._core.rows import Rows, copy_records
from satlog_native._core.source import Source
from satlog_native.errors import TableError
from satlog_native.layouts.model import Field, Kind, Layout, Variant

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def _format(field: Field) -> Any:
    """The numpy format of a field's fixed bytes; what numpy has no number for stays bytes."""
    if field.wire is None or field.wire.size == 3:
        size = field.fixed_size if field.wire is None else 3
        single_bytes = field.type == "text" and "16" not in str(field.encoding)
        item: Any = f"S{size}" if single_bytes else f"V{size}"
    else:
        letter = {"unsigned": "u", "signed": "i", "float": "f"}[field.wire.kind]
        item = f"{'>' if field.byte_order == 'big' else '<'}{letter}{field.wire.size}"
    return (item, (field.count,)) if isinstance(field.count, int) else item


def dtype_of(variant: Variant) -> np.dtype[np.void]:
    """The numpy dtype of a variant's payload: its fields with fixed size, where they lie."""
    import numpy as np

    fields = [field for field in variant.fields if field.fixed_size]
    return np.dtype(
        {
            "names": [field.name for field in fields],
            "formats": [_format(field) for field in fields],
            "offsets": [field.at for field in fields],
            "itemsize": variant.minimum_size,
        }
    )


def variant_for(kind: Kind, size: int | None) -> Variant:
    """The variant of a payload size, or the one whose dtype serves all of the kind.

    Raises
    ------
    TableError
        For a size that the kind does not have, or where no variant begins with all others.
    """
    if size is not None:
        for variant in kind.variants:
            if variant.size == size:
                return variant
        sizes = ", ".join(str(v.size) for v in kind.variants if v.size is not None)
        raise TableError(f"records of {kind.name} have no size {size}; there are {sizes}")
    longest = max(kind.variants, key=lambda variant: variant.minimum_size)
    places = {(field.name, field.at, field.type) for field in longest.fields}
    for variant in kind.variants:
        if not {(field.name, field.at, field.type) for field in variant.fields} <= places:
            raise TableError(
                f"the variants of {kind.name} differ in where their fields lie, so no one dtype "
                f"serves all: ask for one by its size"
            )
    return longest


def records_of(
    source: Source, layout: Layout, rows: Rows, variant: Variant
) -> npt.NDArray[np.void]:
    """Copy the payloads of rows into one array; what a shorter one lacks is zero."""
    import numpy as np

    framing = layout.framing
    dtype = dtype_of(variant)
    array = np.empty(len(rows), dtype)
    if dtype.itemsize:
        copy_records(
            source,
            rows,
            framing.payload_at,
            framing.trailer_size,
            array.view(np.uint8).reshape(-1).data,
            dtype.itemsize,
        )
    return array
