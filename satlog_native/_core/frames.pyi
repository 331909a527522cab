from satlog_native._core.framing import Framing
from satlog_native._core.segment import Segment
from satlog_native._core.source import Source

def walk(
    framing: Framing,
    source: Source,
    segment: Segment,
    stop: int | None = None,
    most: int | None = None,
) -> None: ...
def join(framing: Framing, source: Source, before: Segment, after: Segment) -> bool: ...
