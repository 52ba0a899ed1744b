# SPDX-License-Identifier: Apache-2.0
"""The environment variables and the project's configuration."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import backprobe
from backprobe import settings

PACKAGE = Path(backprobe.__file__).parent


def test_no_variable_is_read_that_is_not_listed() -> None:
    """Whatever name of ours a source file mentions is one of the list."""
    named = {
        name
        for file in PACKAGE.rglob("*.py")
        for name in re.findall(r"\bBACKPROBE_[A-Z]+\b", file.read_text())
    }
    assert named <= set(settings.VARIABLES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.02),
        ("0.1", 0.1),
        ("0", 0.0),
        ("none", None),
        ("NONE", None),
        ("-1", 0.02),
        ("x", 0.02),
    ],
)
def test_budget(monkeypatch: pytest.MonkeyPatch, text: str, expected: float | None) -> None:
    """A share, `none` for no bound, and the default for what is neither."""
    monkeypatch.setenv(settings.BUDGET, text)
    assert settings.budget() == expected


@pytest.mark.parametrize(("text", "expected"), [("", None), ("12", 12), ("0", None), ("-3", None)])
def test_step_limit(monkeypatch: pytest.MonkeyPatch, text: str, expected: int | None) -> None:
    """A positive number of steps, else no limit."""
    monkeypatch.setenv(settings.STEPS, text)
    assert settings.step_limit() == expected


def test_rules_are_silenced_by_the_nearest_project(tmp_path: Path) -> None:
    """`[tool.backprobe] ignore` of the nearest pyproject.toml counts, also from a folder below."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.backprobe]\nignore = ["x"]\n')
    assert settings.ignored_rules(tmp_path / "a" / "b") == ("x",)
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.backprobe]\nignore = ["y", "z"]\n')
    assert settings.ignored_rules(tmp_path / "a" / "b") == ("y", "z")


@pytest.mark.parametrize("text", ["[tool]\n", "not toml [", "[tool.backprobe]\nignore = 3\n", ""])
def test_a_project_without_a_list_silences_nothing(tmp_path: Path, text: str) -> None:
    """Other or broken configuration is not ours to complain about."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert settings.ignored_rules(tmp_path) == ()
