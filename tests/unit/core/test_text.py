"""Text transcodes as Python decodes it with ``errors="replace"``, for every encoding."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle.encode import Record, encode
from oracle.plain import plain_layout
from satlog_native import decoding, open_log
from satlog_native.layouts import loads
from strategies import to_toml

ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16-le", "utf-16-be")
LAYOUTS = {
    encoding: plain_layout(
        {"name": "text", "type": "text", "size": "rest", "encoding": encoding}, size=None
    )
    for encoding in ENCODINGS
}
LOADED = {encoding: loads(to_toml(layout)) for encoding, layout in LAYOUTS.items()}

#: Bytes of which most sequences are nearly right: leads, continuations and surrogates' halves.
NEARLY = st.lists(
    st.sampled_from(
        [b"a", b"\0", b" ", b"\x80", b"\xbf", b"\xc2", b"\xe0", b"\xe2\x82", b"\xed", b"\xa0",
         b"\x9f", b"\xf0", b"\x90", b"\xf4", b"\x8f", b"\xff", b"\xd8", b"\xdc", b"\xd8\0",
         b"\0\xd8", b"\xdc\0", b"\0\xdc", "é".encode(), "€".encode(), "🛩".encode()]
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


def decoded(encoding: str, texts: list[bytes]) -> tuple[list[str], int]:
    content = encode(LAYOUTS[encoding], [Record("thing", None, payload=t) for t in texts])[0]
    with open_log(content, layout=LOADED[encoding]) as log:
        return log["thing"]["text"].to_pylist(), log.report.undecodable_text


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(texts=st.lists(st.binary(max_size=40) | NEARLY, min_size=1, max_size=8))
@example(texts=[b"\xf0\x9f\x9b", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b""])
@example(texts=[b"\x00\xd8", b"\xd8\x00", b"\x00\xd8\x00", b"\x00\xdc", b"\xd8\x00\x00\x41"])
@example(texts=[b" \0 \0", b"\0 \0 ", b"\0\0 x\0", b"  "])
def test_as_python_does(encoding: str, texts: list[bytes]) -> None:
    expected = [text.decode(encoding, "replace") for text in texts]
    values, replaced = decoded(encoding, texts)
    assert values == [text.rstrip("\0 ") for text in expected]
    # A U+FFFD that was written as itself is none that was put in place.
    if encoding in ("ascii", "latin-1"):
        assert replaced == sum(text.count("\ufffd") for text in expected)


def test_text_that_one_batch_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """What 2 GiB of text would do, with a limit of a few bytes."""
    texts = [b"one", b"two", b"", b"three" * 9, b"four"]
    monkeypatch.setattr(decoding, "MOST_TEXT", 20)
    assert decoded("utf-8", texts)[0] == [text.decode() for text in texts]
    content = encode(LAYOUTS["utf-8"], [Record("thing", None, payload=t) for t in texts])[0]
    with open_log(content, layout=LOADED["utf-8"]) as log:
        assert log["thing"]["text"].num_chunks > 1
        assert [row["data"][5:-2] for row in log.raw("thing").to_pylist()] == texts
        batches = list(log.iter_batches(3, "thing"))
    assert [text for batch in batches for text in batch["text"].to_pylist()] == [
        text.decode() for text in texts
    ]
