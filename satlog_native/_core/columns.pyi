from collections.abc import Sequence
from typing import Any, Self

from typing_extensions import disjoint_base

from satlog_native._core.rows import Rows

CODES: dict[str, dict[str, int]]

@disjoint_base
class TablePlan:
    variant_count: int
    column_count: int
    def __new__(
        cls,
        columns: list[tuple[int, int, bool]],
        variants: list[Sequence[dict[str, Any]]],
        trailer: int,
        uniform: bool = False,
        frame_column: int = -1,
        offset_column: int = -1,
    ) -> Self: ...

@disjoint_base
class Columns:
    plan: TablePlan
    count: int
    def __new__(cls, plan: TablePlan, rows: Rows) -> Self: ...
    def adopt(self, rows: Rows) -> None: ...
    def problems(self, column: int) -> int: ...
