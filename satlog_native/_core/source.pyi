from typing import Self

from typing_extensions import Buffer, disjoint_base

@disjoint_base
class Source:
    size: int
    def __new__(cls, data: Buffer) -> Self: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
