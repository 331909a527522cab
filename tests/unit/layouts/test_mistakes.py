"""Every mistake in a layout gets one clear sentence with file, record, field and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from satlog_native.layouts import LayoutError, check, loads
from unit.layouts.mistakes import MISTAKES
from unit.layouts.pieces import FRAMING, HEAD, RECORD, Mistake, one


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_the_first_mistake_is_told_with_its_place_and_remedy(mistake: Mistake) -> None:
    with pytest.raises(LayoutError) as caught:
        loads(mistake.toml, "unit.toml")

    error = caught.value
    assert (error.source, error.record, error.field) == ("unit.toml", mistake.record, mistake.field)
    for part in mistake.parts:
        assert part in error.problem
    assert str(error).startswith("unit.toml")
    assert "\n" not in str(error)
    assert len(str(error)) < 500


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_check_begins_with_the_same_mistake_and_repeats_none(
    mistake: Mistake, tmp_path: Path
) -> None:
    path = tmp_path / "unit.toml"
    path.write_text(mistake.toml, encoding="utf-8")

    told = [(error.record, error.field, error.problem) for error in check(path)]

    with pytest.raises(LayoutError) as caught:
        loads(mistake.toml)
    assert told[0] == (mistake.record, mistake.field, caught.value.problem)
    assert len(set(told)) == len(told)


def test_the_sentence_reads_as_a_whole() -> None:
    toml = HEAD + FRAMING + RECORD + "size = 3" + one("speed", 2, 'type = "u16"')

    with pytest.raises(LayoutError) as caught:
        loads(toml, "my_unit.toml")

    assert str(caught.value) == (
        "my_unit.toml, record fix, field speed: the field takes bytes 2 to 3, but the record's "
        "`size` is 3: correct the field's `at` or `type`, or write size = 4 or more"
    )


def test_check_goes_on_behind_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text(
        '[layout]\nname = "many"\n'
        '[framing]\nsync = [300]\nlength = { at = 1, type = "u9" }\npayload_at = 3\n'
        + RECORD
        + one("a", 0, 'type = "u99"')
        + one("b", 4, 'type = "u16"')
        + one("c", 5, 'type = "u8"')
        + '[[record]]\ntype = 1\nname = "other"\nsize = 2\n'
        + one("frame", 0, 'type = "u8"'),
        encoding="utf-8",
    )

    told = [(error.record, error.field, error.problem.split(" is ")[0]) for error in check(path)]

    assert told == [
        (None, None, "`layout.version`"),
        (None, None, "`framing.sync`"),
        (None, None, "`framing.length.type`"),
        (None, None, "`framing.type`"),
        ("fix", "a", "`type`"),
        ("fix", "c", "byte 5 belongs already to field b (bytes 4 to 5): correct one of the two; "
         "the next free byte"),
        ("other", "frame", 'the name "frame"'),
        ("other", None, "type 1"),
    ]  # fmt: skip


def test_a_field_with_a_mistake_is_not_missed_by_the_array_it_counts(tmp_path: Path) -> None:
    path = tmp_path / "counted.toml"
    array = one("x", 1, 'type = "u8"\ncount = "n"')
    path.write_text(HEAD + FRAMING + RECORD + one("n", 0, 'type = "u7"') + array, encoding="utf-8")

    assert [error.field for error in check(path)] == ["n"]


def test_of_two_records_of_one_name_the_sentence_tells_which() -> None:
    first = '[[record]]\ntype = 1\nname = "fix"\nsize = 4\n' + one("x", 0, 'type = "u8"')
    second = '[[record]]\ntype = 1\nname = "fix"\nsize = 8\n' + one("x", 9, 'type = "u8"')

    with pytest.raises(LayoutError, match=r"record fix \(size 8\), field x: ") as caught:
        loads(HEAD + FRAMING + first + second)

    assert caught.value.field == "x"
