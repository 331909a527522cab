from satlog_native._core.source import Source

REASONS: tuple[str, ...]
ALGORITHMS: dict[str, int]

class Framing:
    def __init__(
        self,
        *,
        header_size: int,
        sync: bytes,
        length: tuple[int, int, bool, int, int] | None,
        type_field: tuple[int, int, bool],
        payload_at: int,
        checksum: tuple[int, int, bool, int, int, int, int, int, bool, int] | None,
        kinds: list[tuple[int, list[tuple[int, bool, int, int, bool, bool, int, int]]]],
    ) -> None: ...
    def inspect(
        self, source: Source, position: int
    ) -> tuple[str, int | None, int | None, int | None, int | None]: ...
