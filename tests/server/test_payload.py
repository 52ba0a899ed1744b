# SPDX-License-Identifier: Apache-2.0
"""What goes over the wire."""

from __future__ import annotations

import json
import math

import numpy as np

from backprobe.records import Source
from backprobe.server.payload import json_response, pack, plain
from tests.server.arrays import unpack


def test_numbers_that_json_lacks_become_text() -> None:
    """A browser can read what it is sent, and still knows that a loss was NaN."""
    sent = {"loss": math.nan, "best": -math.inf, "worst": np.float32("inf"), "n": np.int64(3)}
    answer = json.loads(bytes(json_response(sent).body))
    assert answer == {"loss": "NaN", "best": "-Infinity", "worst": "Infinity", "n": 3}


def test_dataclasses_and_strangers_become_plain() -> None:
    """Records become objects; a thing that JSON can't hold becomes its text."""
    assert plain({"at": Source("a.py", 3), 4: (1, {2})}) == {
        "at": {"file": "a.py", "line": 3, "text": ""},
        "4": [1, [2]],
    }
    assert plain([slice(1, 2)]) == ["slice(1, 2, None)"]


def test_packed_arrays_come_back_the_same_and_aligned() -> None:
    """Every array begins at a multiple of eight bytes, whatever came before it."""
    arrays = {
        "odd": np.arange(3, dtype=np.float32),
        "big-endian": np.arange(4, dtype=">f8"),
        "matrix": np.asarray([[np.nan, np.inf]], np.float64),
    }
    data = pack({"why": "ä"}, arrays)
    header, back = unpack(data)
    assert header["why"] == "ä"
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
    assert (4 + int.from_bytes(data[:4], "little")) % 8 == 0
    assert len(data) % 8 == 0
