# SPDX-License-Identifier: Apache-2.0
"""Every rule is a page: headings, sources of its thresholds, its name, its place in the tree."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest

from backprobe.records import SEVERITIES
from backprobe.rules import RULES, AbstractRule
from backprobe.rules.base import HEADINGS, family
from backprobe.rules.treatment_names import TREATMENTS

FAMILIES = {"data", "model", "init", "signal", "optimizer", "loop"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_docstring_has_the_fixed_headings_in_order(rule: type[AbstractRule]) -> None:
    """Each heading once, none empty."""
    text = inspect.getdoc(rule) or ""
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == HEADINGS
    parts = re.split(r"^## .+$", text, flags=re.MULTILINE)
    assert all(part.strip() for part in parts)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_name_is_file_and_family_is_folder(rule: type[AbstractRule]) -> None:
    """`double-softmax` is `rules/model/double_softmax.py`."""
    assert rule.__module__.rsplit(".", 1)[-1] == rule.name.replace("-", "_")
    assert family(rule) in FAMILIES
    assert rule.severity in SEVERITIES


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_thresholds_have_unit_and_source(rule: type[AbstractRule]) -> None:
    """No number without where it comes from."""
    limits = rule.limits  # type: ignore[attr-defined]
    fields = dataclasses.fields(limits)
    assert fields
    for field in fields:
        assert field.metadata["unit"]
        assert field.metadata["source"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(limits, fields[0].name, 0.0)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_advice_names_known_treatments(rule: type[AbstractRule]) -> None:
    """What `What to try` gives as code before a colon is in the list of treatments."""
    text = inspect.getdoc(rule) or ""
    section = text.partition("## What to try")[2].partition("##")[0]
    known = {name.partition("=")[0] for name in TREATMENTS}
    for line in re.findall(r"^- (`[^:]*)", section, re.MULTILINE):
        for name in re.findall(r"`([a-z]+(?:-[a-z]+)+(?:=[^`]*)?)`", line):
            assert name.partition("=")[0] in known
