# SPDX-License-Identifier: Apache-2.0
"""The table of treatments."""

from __future__ import annotations

import re

import pytest

from backprobe.rules.treatment_names import TREATMENTS
from backprobe.treatments.apply import build
from backprobe.treatments.names import TABLE, canonical, parse

VALUES = {
    "positive": "0.5",
    "share": "0.5",
    "whole": "4",
    "number": "0.5",
    "none": "",
    "sweep": "1e-4:1:10",
    "path": "weights.pt",
}


def a_value(name: str) -> str:
    """The treatment with some value that it takes."""
    kind = TABLE[name].kind
    value = kind[0] if isinstance(kind, tuple) else VALUES[kind]
    return f"{name}={value}" if value else name


@pytest.mark.parametrize("text", TREATMENTS)
def test_what_rules_propose_can_be_applied(text: str) -> None:
    """Each string that a rule may give is one that `--treat` takes."""
    assert build(text).text == canonical(text)


@pytest.mark.parametrize("name", TABLE)
def test_each_says_when_it_suits(name: str) -> None:
    """A treatment's file holds the class of that name, which says when to use it."""
    made = build(a_value(name))
    assert name == made.NAME
    assert "Suits when" in (type(made).__doc__ or "")


def test_the_table_is_sorted() -> None:
    """A new row has one place to go."""
    assert list(TABLE) == sorted(TABLE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("swap-activatoin=relu", "did you mean swap-activation"),
        ("scale-lr", "needs a value"),
        ("scale-lr=0", "a number above 0"),
        ("scale-lr=nan", "a number above 0"),
        ("dropout=1", "below 1"),
        ("shuffle=yes", "no value"),
        ("swap-activation=rleu", "relu|"),
        ("lr-sweep=1:0.1:9", "LOW:HIGH:STEPS"),
        ("pretrained", "a file of weights"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, said: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(text)
