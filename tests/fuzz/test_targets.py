"""The fuzz targets hold of their own seeds: else a fuzzer would stop at its first step."""

from __future__ import annotations

import pytest

from fuzz import properties, seeds


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in seeds.logs()])
def test_log_seeds(data: bytes) -> None:
    properties.check_log(*seeds.chosen(data))


@pytest.mark.parametrize(
    "text", [pytest.param(text.decode(), id=name) for name, text in seeds.layout_texts()]
)
def test_layout_seeds(text: str) -> None:
    properties.check_layout(text)


def test_seeds_are_read_by_every_layout() -> None:
    names = {seeds.chosen(data)[0].name for _, data in seeds.logs()}
    assert names == {layout.name for layout in seeds.fuzzed_layouts()}
    assert len(names) > 5
