"""The compiled core: bytes in, columns out, without the GIL.

::

    Source   one read-only view of a log's bytes (mmap or any bytes-like)
    frames   one pass over the bytes: framing, checksum, resync -> Segment (the index)
    rows     Segment -> Rows: the frames of each kind, bucketed
    columns  Rows + TablePlan -> Columns: gathered in blocks, converted, exact-size buffers
    arrow    Columns -> Arrow C data (zero copy)

Nothing here knows a layout file, Arrow's Python packages or numpy: rules and plans come in as
plain numbers from :mod:`satlog_native.plan`.
"""
