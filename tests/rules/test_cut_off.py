# SPDX-License-Identifier: Apache-2.0
"""A layer that is dead explains steps that move nothing only where nothing goes around it."""

from __future__ import annotations

import pytest

from backprobe.diagnose import diagnose

from .conftest import Recorder


@pytest.mark.parametrize(("program", "explains"), [("bad_slow", True), ("bad_branch", False)])
def test_what_a_dead_layer_explains(program: str, explains: bool, recorded: Recorder) -> None:
    """The rate is told in both; alone it is a cause."""
    findings = diagnose(recorded(f"dead_relu/{program}.py"))
    rate = next(f for f in findings if f.rule == "learning-rate-too-low")
    assert ("dead-relu" in rate.explained_by) == explains
    assert rate.kind == ("symptom" if explains else "cause")
