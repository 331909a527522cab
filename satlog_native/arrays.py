"""Small Arrow arrays from Python values.

``pyarrow.array`` looks whether its argument is one of pandas' and imports pandas for that where it
is installed: a quarter of a second, in a command that takes half of one.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate

import pyarrow as pa


def text_array(texts: Sequence[str]) -> pa.StringArray:
    """Text, none of it null."""
    data = [text.encode() for text in texts]
    offsets = array("i", accumulate(map(len, data), initial=0))
    content = pa.py_buffer(b"".join(data))
    return pa.StringArray.from_buffers(len(data), pa.py_buffer(offsets), content)


def index_array(numbers: Sequence[int]) -> pa.Int32Array:
    """32-bit integers, none of them null."""
    content = pa.py_buffer(array("i", numbers))
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, content])
