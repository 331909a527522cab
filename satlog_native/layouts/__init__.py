"""Layouts: how a log is framed and what its records hold, as data (one TOML file each).

:func:`load` finds a layout by name or path, :func:`available` lists those with a name,
:func:`check` tells every mistake of one, :func:`json_schema` is for editors. What a
:class:`Layout` consists of is in :mod:`satlog_native.layouts.model`.
"""

from __future__ import annotations

from satlog_native.errors import LayoutError, LayoutNotFound
from satlog_native.layouts.find import available, check, json_schema, load, loads
from satlog_native.layouts.model import (
    REST,
    WIRE_TYPES,
    Bit,
    Checksum,
    DosTime,
    Field,
    Framing,
    GpsTime,
    Kind,
    Layout,
    LengthField,
    PackedTime,
    TimeCodec,
    TypeField,
    UnixTime,
    Variant,
    WireType,
)

__all__ = [
    "REST",
    "WIRE_TYPES",
    "Bit",
    "Checksum",
    "DosTime",
    "Field",
    "Framing",
    "GpsTime",
    "Kind",
    "Layout",
    "LayoutError",
    "LayoutNotFound",
    "LengthField",
    "PackedTime",
    "TimeCodec",
    "TypeField",
    "UnixTime",
    "Variant",
    "WireType",
    "available",
    "check",
    "json_schema",
    "load",
    "loads",
]
