"""Messages: what they can hold, and what is said about those that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partner_pipeline.broker.message import LONGEST_HEADER, Message, readable_headers
from partner_pipeline.errors import ValidationError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_content_comes_back(content: dict[str, Any]) -> None:
    assert Message.of(content).content() == content


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    try:
        content = Message(body).content()
    except ValidationError:
        return
    assert isinstance(content, dict)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON .*at character 1"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[1]", "JSON list; an object was expected"),
        (b"null", "JSON NoneType; an object was expected"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_unreadable_body(body: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Message(body).content()


def test_an_unreadable_body_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        Message(b'{"password": "Pl4nted"').content()
    assert "Pl4nted" not in str(caught.value)


@pytest.mark.parametrize("content", [{"a": object()}, {"a": float("nan")}, {"a": b"x"}])
def test_content_that_json_cannot_hold(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="JSON cannot hold"):
        Message.of(content)


def test_a_body_that_is_too_large() -> None:
    with pytest.raises(ValidationError, match="at most 16,777,216"):
        Message.of({"a": "x" * (17 << 20)})


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"": 1}, "1 to 128 bytes"),
        ({"ä" * 65: 1}, "1 to 128 bytes"),
        ({"\ud800": 1}, "half a character"),
        ({1: 1}, "expected text"),
        ({"a": True}, "is a bool"),
        ({"a": None}, "is a NoneType"),
        ({"a": 1.5}, "is a float"),
        ({"a": 1 << 63}, "exceeds 64 bits"),
        ({f"h{n}": "x" * 4096 for n in range(30)}, "at most 100,000"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_headers_that_cannot_travel(headers: dict[Any, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Message.of({}, headers)
    assert readable_headers(headers).keys() <= headers.keys()
    Message(b"", readable_headers(headers))


def test_long_texts_are_cut_and_half_characters_replaced() -> None:
    message = Message.of({}, {"a": "\ud800" + "x" * 5000}).with_headers({"b": "y" * 5000})
    assert message.headers == {
        "a": "?" + "x" * (LONGEST_HEADER - 2) + "…",
        "b": "y" * (LONGEST_HEADER - 1) + "…",
    }


def test_half_a_character_in_a_header_is_refused() -> None:
    with pytest.raises(ValidationError, match="half a character"):
        Message(b"", {"a": "\udcff"})


def test_ids_are_unique_and_kept() -> None:
    one, two = Message.of({}), Message.of({})
    assert one.message_id != two.message_id
    assert one.with_headers({"a": 1}).message_id == one.message_id
