"""The facts of a work record from a YAML file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from satlog_native.errors import AnalysisError
from satlog_native.plot.extras import plot_extra
from satlog_native.plot.record import work_record_from
from satlog_native.plot.text import shown

#: Larger files are no work records.
_MOST_BYTES: Final = 1 << 16


def read_work_record(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The fields of a work record, as a YAML file has them.

    All values are text: a licence number 00417 keeps its zeros, and a crop named No is no boolean.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        For :func:`satlog_native.plot.work_record_from`, which accepts it.

    Raises
    ------
    AnalysisError
        If the file cannot be read, is not YAML, or holds what is no work record.
    SatlogError
        If PyYAML is not installed.
    """
    file = Path(path)
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _unusable(file, f"it cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise _unusable(file, f"it is larger than {_MOST_BYTES:,} bytes; is it the right file?")
    fields = _parsed(file, data)
    try:
        work_record_from(fields)
    except AnalysisError as error:
        raise AnalysisError(f"{file}: {error}") from error
    return {str(key): value for key, value in fields.items()}


def _parsed(file: Path, data: bytes) -> Any:
    with plot_extra("reading a work record"):
        import yaml

    class Loader(yaml.BaseLoader):
        """Texts, lists and mappings, nothing else; a key that comes twice is an error."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            """A mapping of different keys."""
            keys: set[str] = set()
            for key, _ in node.value:
                if str(key.value) in keys:
                    problem = f"the field {shown(key.value, 40)!r} is there twice"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                keys.add(str(key.value))
            return dict(super().construct_mapping(node, deep=deep))

    try:
        return yaml.load(data, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"line {mark.line + 1}: "
        raise _unusable(file, f"{place}{error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _unusable(file, f"it is no YAML text ({type(error).__name__})") from error


def _unusable(file: Path, problem: str) -> AnalysisError:
    return AnalysisError(
        f"work record {file}: {problem}; expected YAML, a line a field, as 'customer: Rice Farms'"
    )
