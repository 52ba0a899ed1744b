# SPDX-License-Identifier: Apache-2.0
"""One frame: what goes in comes out, and what is damaged is found and costs itself only."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from backprobe.store.frames import HEAD, MAGIC, MAX_PAYLOAD, decode, encode


def test_a_frame_comes_back_as_it_was() -> None:
    """Header and columns of every kind of dtype and shape survive."""
    columns = {
        "step": np.arange(3),
        "loss": np.array([1.5, np.nan, np.inf]),
        "seen": np.array([True, False, True]),
        "rms": np.ones((3, 2), np.float32),
        "bins": np.zeros(0, np.uint8),
    }
    frames, damage, used = decode(encode(7, {"stream": "steps", "note": "π"}, columns))
    assert damage == []
    assert used == len(encode(7, {"stream": "steps", "note": "π"}, columns))
    (frame,) = frames
    assert frame.sequence == 7
    assert frame.header == {"stream": "steps", "note": "π"}
    for name, column in columns.items():
        assert frame.columns[name].dtype == column.dtype
        np.testing.assert_array_equal(frame.columns[name], column)


def test_numbers_that_json_lacks_survive() -> None:
    """NaN and the infinities are written and read back."""
    frames, _, _ = decode(encode(0, {"nan": math.nan, "up": math.inf, "down": -math.inf}))
    header = frames[0].header
    assert math.isnan(header["nan"])
    assert (header["up"], header["down"]) == (math.inf, -math.inf)


def test_a_header_that_json_cannot_hold_is_refused() -> None:
    """A programming error shows at once, and nothing half is written."""
    with pytest.raises(TypeError):
        encode(0, {"what": object()})


def test_a_torn_tail_is_not_yet_damage() -> None:
    """A frame that may still be arriving is waited for, at whatever byte it stops."""
    whole, coming = encode(0, {"a": 1}), encode(1, {"b": 2})
    for cut in range(len(coming)):
        frames, damage, used = decode(whole + coming[:cut])
        assert [frame.header for frame in frames] == [{"a": 1}]
        assert damage == []
        assert used <= len(whole) + cut
        later, damage, _ = decode((whole + coming)[used:])
        assert [frame.header for frame in later] == [{"b": 2}]
        assert damage == []


def test_a_frame_cut_short_in_the_middle_costs_itself_only() -> None:
    """What follows a torn frame is read, and the torn stretch is told."""
    first, torn, last = encode(0, {"a": 1}), encode(1, {"b": 2}), encode(2, {"c": 3})
    for cut in range(1, len(torn)):
        frames, damage, used = decode(first + torn[:cut] + last)
        assert [frame.header for frame in frames] == [{"a": 1}, {"c": 3}]
        assert [(d.start, d.end) for d in damage] == [(len(first), len(first) + cut)]
        assert used == len(first) + cut + len(last)


def test_garbage_before_and_between_is_passed_over() -> None:
    """Bytes that are no frame are told as one stretch, also where they hold the magic."""
    garbage = b"\0" * 50 + MAGIC + b"\xff" * 7 + MAGIC[:3]
    data = garbage + encode(0, {"a": 1}) + garbage + encode(1, {"b": 2})
    frames, damage, used = decode(data)
    assert [frame.header for frame in frames] == [{"a": 1}, {"b": 2}]
    assert len(damage) == 2
    assert sum(d.end - d.start for d in damage) == 2 * len(garbage)
    assert used == len(data)


def test_an_impossible_length_is_damage_at_once() -> None:
    """A length beyond the limit is not waited for."""
    frames, damage, used = decode(HEAD.pack(MAGIC, MAX_PAYLOAD + 1, 0, 0) + b"x" * 40)
    assert frames == []
    assert "impossible length" in str(damage[0])
    assert used >= HEAD.size


def test_a_sound_frame_of_another_program_costs_itself_only() -> None:
    """A right checksum over something that is no frame of ours is told, not raised."""
    good = encode(2, {"a": 1})
    for text in (b"no json", b"[1]", b'{"columns":[["x","|O",[2]]]}', b'{"columns":3}'):
        payload = struct.pack("<I", len(text)) + text
        frames, damage, _ = decode(_framed(0, payload) + good)
        assert [frame.header for frame in frames] == [{"a": 1}]
        assert "not readable by this version" in damage[0].reason


def test_reading_can_begin_in_the_middle() -> None:
    """`start` skips what was read before."""
    first, second = encode(0, {"a": 1}), encode(1, {"b": 2})
    frames, damage, used = decode(first + second, len(first))
    assert ([f.header for f in frames], damage, used) == ([{"b": 2}], [], len(first + second))


def _framed(sequence: int, payload: bytes) -> bytes:
    import zlib

    crc = zlib.crc32(payload, zlib.crc32(struct.pack("<Q", sequence)))
    return HEAD.pack(MAGIC, len(payload), crc, sequence) + payload
