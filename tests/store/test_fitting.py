# SPDX-License-Identifier: Apache-2.0
"""Fields of the record hold what their type says."""

from __future__ import annotations

from typing import Any

import pytest

from backprobe.records import Loss, Module, Operation, Optimizer, Parameter, Place
from backprobe.store.assemble import build
from backprobe.store.fitting import FITS, _kinds


def test_what_fits_is_built() -> None:
    """Lists become tuples, a source its own type, and numbers stay what they are."""
    data = {"index": 3, "name": "fc", "type": "Linear", "source": ["a.py", 2, "x"], "calls": 1}
    assert build(Module, {**data, "parameters": [1, 2]}).parameters == (1, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", "3"),
        ("index", True),
        ("index", 2**60),
        ("name", None),
        ("shape", [1, "2"]),
        ("shape", 3),
        ("initial", []),
        ("requires_grad", 1),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name: str, value: Any) -> None:
    """A rule never meets a value of another type; the frame that held it is reported."""
    data = {"index": 0, "name": "w", "module": 0, "shape": [2]}
    with pytest.raises(TypeError, match=f"^{name}="):
        build(Parameter, {**data, name: value})


@pytest.mark.parametrize("source", ["text", ["a.py", "2", ""], [1, 2, 3], [[1]], {"a": 1}, 7])
def test_a_source_is_a_file_a_line_and_a_text(source: Any) -> None:
    """Nothing else becomes a place in the user's code."""
    with pytest.raises(TypeError):
        build(Module, {"index": 0, "name": "", "type": "Net", "source": source})


def test_every_field_of_the_structure_is_checked() -> None:
    """A new kind of field gets a check of its own before it can be read."""
    for noun in (Module, Parameter, Place, Operation, Optimizer, Loss):
        assert set(_kinds(noun).values()) <= set(FITS), noun
