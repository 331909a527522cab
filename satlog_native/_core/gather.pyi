from satlog_native._core.columns import Columns
from satlog_native._core.rows import Rows
from satlog_native._core.source import Source

def gather_fixed(source: Source, rows: Rows, columns: Columns, start: int, stop: int) -> None: ...
def gather_variable(
    source: Source, rows: Rows, columns: Columns, start: int, stop: int
) -> None: ...
