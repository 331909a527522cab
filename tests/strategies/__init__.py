"""Hypothesis strategies: any valid layout, any records of it, any damage."""

from strategies.damage import damaged, damages
from strategies.layouts import layouts
from strategies.logs import Drawn, logs
from strategies.records import records
from strategies.toml import to_toml

__all__ = ["Drawn", "damaged", "damages", "layouts", "logs", "records", "to_toml"]
