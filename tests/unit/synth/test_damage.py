from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from satlog_native.errors import EncodeError
from satlog_native.synth import Injury, damage, surviving_frames

COUNTS = st.integers(0, 4)


def log_of(sizes: Sequence[int]) -> bytes:
    """Frames that no other bytes look like: each is its number in 16 bits, again and again."""
    return b"".join(n.to_bytes(2, "big") * (size // 2) for n, size in enumerate(sizes, start=1))


def replayed(data: bytes, damaged: bytes, injuries: Sequence[Injury]) -> bytes:
    """What the list of injuries says that the damaged log is; noise is taken from there."""
    out, done = b"", 0
    for injury in injuries:
        source, size = injury.source, injury.size
        if injury.harm == "duplicate":
            out += data[done : source + size]
            assert injury.offset == len(out)
            out += data[source : source + size]
            done = source + size
            continue
        out += data[done:source]
        assert injury.offset == len(out)
        done = source
        match injury.harm:
            case "bit_flip":
                assert injury.bit is not None
                out += bytes([data[source] ^ (1 << injury.bit)])
                done += 1
            case "noise":
                out += damaged[injury.offset : injury.offset + size]
            case "gap":
                done += size
            case "cut":
                assert source + size == len(data)
                return out
    return out + data[done:]


@given(
    seed=st.integers(0, 2**32),
    sizes=st.lists(st.integers(2, 60), min_size=20, max_size=80),
    counts=st.tuples(COUNTS, COUNTS, COUNTS, COUNTS),
    cut=st.integers(0, 9),
)
def test_the_list_says_what_was_done(
    seed: int, sizes: list[int], counts: tuple[int, int, int, int], cut: int
) -> None:
    flips, noise, duplicates, gaps = counts
    data = log_of(sizes)
    if len(data) < 100:
        return
    damaged, injuries = damage(
        data, seed=seed, bit_flips=flips, noise=noise, duplicates=duplicates, gaps=gaps, cut=cut
    )
    assert replayed(data, damaged, injuries) == damaged
    counted = {harm: sum(i.harm == harm for i in injuries) for harm in HARMS}
    assert counted == dict(zip(HARMS, (flips, noise, duplicates, gaps, cut > 0), strict=True))

    offsets = np.concatenate([[0], np.cumsum([size // 2 * 2 for size in sizes])])
    frames, places = surviving_frames(injuries, offsets)
    for frame, place in zip(frames, places, strict=True):
        whole = data[offsets[frame] : offsets[frame + 1]]
        assert damaged[place : place + len(whole)] == whole
    assert (np.diff(places) > 0).all()
    # No frame that nothing touched is missing.
    touched = [(i.source, i.source + i.size) for i in injuries if i.harm != "noise"]
    touched += [(i.source, i.source) for i in injuries if i.harm == "noise"]
    touched += [(i.source + i.size,) * 2 for i in injuries if i.harm == "duplicate"]
    for frame, (first, last) in enumerate(pairwise(offsets)):
        if all(b < first or a > last for a, b in touched):
            assert frame in frames


HARMS = ("bit_flip", "noise", "duplicate", "gap", "cut")


def test_a_frame_in_a_repeated_run_is_there_twice() -> None:
    injuries = [Injury("duplicate", source=8, offset=20, size=12)]
    frames, places = surviving_frames(injuries, np.array([0, 10, 14, 18, 30]))
    # 8..20 is there twice; the frame 18..30 is whole after the second time only.
    assert frames.tolist() == [0, 1, 2, 1, 2, 3]
    assert places.tolist() == [0, 10, 14, 22, 26, 30]


def test_damage_is_as_its_seed() -> None:
    data = bytes(10_000)
    first = damage(data, seed=1, bit_flips=20, noise=3)
    assert damage(data, seed=1, bit_flips=20, noise=3) == first
    assert damage(data, seed=2, bit_flips=20, noise=3) != first
    assert damage(data, seed=1) == (data, [])
    damaged, _ = damage(data, seed=1, bit_flips=20)
    assert sum(byte.bit_count() for byte in damaged) == 20


def test_the_start_can_be_spared() -> None:
    data = bytes(1000)
    for seed in range(50):
        damaged, injuries = damage(data, seed=seed, bit_flips=5, gaps=5, start=900)
        assert damaged[:900] == data[:900]
        assert min(injury.source for injury in injuries) >= 900


@pytest.mark.parametrize("too_much", [{"bit_flips": 30}, {"cut": 101}, {"cut": -1}])
def test_too_much_damage_is_refused(too_much: dict[str, int]) -> None:
    with pytest.raises(EncodeError, match="damaging a log of 100 bytes"):
        damage(bytes(100), seed=1, **too_much)
