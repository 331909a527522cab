from typing import Self

from typing_extensions import disjoint_base

from satlog_native._core.columns import Columns

@disjoint_base
class Dictionary:
    names: list[str]
    def __new__(cls, names: dict[int, str], signed: bool) -> Self: ...
    def encode(self, columns: Columns, column: int) -> None: ...
