from collections.abc import Sequence
from typing import Any

from satlog_native._core.rows import Rows

CODES: dict[str, dict[str, int]]

class TablePlan:
    variant_count: int
    column_count: int
    def __init__(
        self,
        columns: list[tuple[int, int, bool]],
        variants: list[Sequence[dict[str, Any]]],
        trailer: int,
        uniform: bool = False,
        frame_column: int = -1,
        offset_column: int = -1,
    ) -> None: ...

class Columns:
    plan: TablePlan
    count: int
    def __init__(self, plan: TablePlan, rows: Rows) -> None: ...
    def adopt(self, rows: Rows) -> None: ...
    def problems(self, column: int) -> int: ...
