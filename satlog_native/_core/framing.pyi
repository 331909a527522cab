from typing import Self

from typing_extensions import disjoint_base

from satlog_native._core.source import Source

REASONS: tuple[str, ...]
ALGORITHMS: dict[str, int]

@disjoint_base
class Framing:
    def __new__(
        cls,
        *,
        header_size: int,
        sync: bytes,
        length: tuple[int, int, bool, int, int] | None,
        type_field: tuple[int, int, bool],
        payload_at: int,
        checksum: tuple[int, int, bool, int, int, int, int, int, bool, int] | None,
        kinds: list[tuple[int, list[tuple[int, bool, int, int, bool, bool, int, int]]]],
    ) -> Self: ...
    def inspect(
        self, source: Source, position: int
    ) -> tuple[str, int | None, int | None, int | None, int | None]: ...
