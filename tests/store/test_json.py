# SPDX-License-Identifier: Apache-2.0
"""JSON that every parser takes."""

from __future__ import annotations

import json as standard
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprobe.store import json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def _refuse(name: str) -> Any:
    raise AssertionError(f"not JSON: {name}")


@given(VALUES)
def test_the_text_is_valid_json(value: Any) -> None:
    """Whatever numbers it holds, a strict parser reads it, and finite values come back equal."""
    read = standard.loads(json.dumps(value), parse_constant=_refuse)
    assert read == json.plain(value)


@pytest.mark.parametrize(
    ("number", "tag"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_non_finite_numbers_are_strings(number: float, tag: str) -> None:
    """NaN and the infinities become words, wherever they stand and of whatever type."""
    value = {"a": number, "b": [np.float32(number)], "c": np.array([1.0, number])}
    assert standard.loads(json.dumps(value)) == {"a": tag, "b": [tag], "c": [1.0, tag]}


def test_other_types_become_jsons() -> None:
    """Dataclasses, tuples, paths and numpy's scalars have their counterparts."""

    @dataclass
    class Point:
        x: int
        y: tuple[float, ...]

    value = [Point(1, (2.0,)), np.int64(3), np.bool_(True), Path("a/b"), {4: 5}]
    assert standard.loads(json.dumps(value)) == [{"x": 1, "y": [2.0]}, 3, True, "a/b", {"4": 5}]
