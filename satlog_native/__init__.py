"""satlog: binary flight logs of spray aircraft to numpy, Arrow and polars, at memory speed.

>>> import satlog_native as satlog
>>> with satlog.open_log("flight.LOG") as log:           # doctest: +SKIP
...     log.kinds
...     positions = log["position"]

Everything is imported when it is first used, so that a command that needs no numpy loads none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from satlog_native import errors, layouts, synth
    from satlog_native.dataset import write_dataset
    from satlog_native.flight import FlightSettings
    from satlog_native.log import Log, open_log
    from satlog_native.report import DamageReport, LostRun
    from satlog_native.scan import scan_log

__version__ = "0.1.0"

__all__ = [
    "DamageReport",
    "FlightSettings",
    "Log",
    "LostRun",
    "__version__",
    "errors",
    "layouts",
    "open_log",
    "scan_log",
    "synth",
    "write_dataset",
]

_HOME = {
    "DamageReport": "report",
    "FlightSettings": "flight",
    "Log": "log",
    "LostRun": "report",
    "open_log": "log",
    "scan_log": "scan",
    "write_dataset": "dataset",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
