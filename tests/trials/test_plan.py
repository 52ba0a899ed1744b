# SPDX-License-Identifier: Apache-2.0
"""What is tried for which findings."""

from __future__ import annotations

from backprobe.records import Finding
from backprobe.trials.plan import MOST, arms


def finding(rule: str, *treatments: str, kind: str = "cause", severity: str = "error") -> Finding:
    """A finding that proposes these."""
    return Finding(rule, severity, 0.9, "m", kind=kind, treatments=treatments)  # type: ignore[arg-type]


def test_the_likeliest_causes_first_treatment_comes_first() -> None:
    """Then the other causes' first ones, their further ones, symptoms, and pairs at the end."""
    found = arms(
        [
            finding("a", "swap-activation=relu", "initialize=he"),
            finding("b", "scale-lr=0.1"),
            finding("c", "clip-gradients=1.0", kind="symptom"),
        ]
    )
    assert [arm.treatments for arm in found] == [
        ("swap-activation=relu",),
        ("scale-lr=0.1",),
        ("initialize=he",),
        ("clip-gradients=1.0",),
        ("swap-activation=relu", "scale-lr=0.1"),
        ("swap-activation=relu", "initialize=he"),
    ]
    assert [arm.finding for arm in found][:2] == ["a", "b"]


def test_symptoms_pair_where_no_cause_has_a_treatment() -> None:
    """The cause may be out of a treatment's reach, or not the one that was named."""
    vanishing = finding("b", "swap-activation=tanh", "initialize=orthogonal", kind="symptom")
    pair = ("swap-activation=tanh", "initialize=orthogonal")
    assert pair in [arm.treatments for arm in arms([finding("a"), vanishing])]
    cause = finding("a", "scale-lr=0.1")
    assert pair not in [arm.treatments for arm in arms([cause, vanishing])]


def test_each_is_tried_once() -> None:
    """Two findings that propose the same ask for one arm; one form of a value."""
    found = arms([finding("a", "scale-lr=0.1"), finding("b", "scale-lr=0.1", kind="symptom")])
    assert len(found) == 1


def test_what_cannot_be_applied_is_left_out() -> None:
    """A treatment of a later version is passed over."""
    assert arms([finding("a", "reticulate-splines")]) == []


def test_there_is_a_bound() -> None:
    """However many findings there are."""
    many = [finding(f"r{n}", f"scale-lr=0.{n}") for n in range(1, 30)]
    assert len(arms(many)) <= MOST
