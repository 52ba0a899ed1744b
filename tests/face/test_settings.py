# SPDX-License-Identifier: Apache-2.0
"""Settings: every name of W&B's is taken, those that mean something are checked."""

from __future__ import annotations

from typing import Any

import pytest

from backprobe.face.errors import UsageError
from backprobe.face.settings import VARIABLES, Settings, from_environment


def test_what_has_no_effect_is_kept_readable() -> None:
    """`Settings(start_method="fork")` is no error, and reads back."""
    settings = Settings(start_method="fork", _disable_stats=True, silent="true")
    assert settings.start_method == "fork"
    assert settings._disable_stats is True
    assert settings.silent is True
    with pytest.raises(AttributeError, match="no setting 'nope'"):
        settings.nope  # noqa: B018


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("mode", "dryrun", "offline"),
        ("mode", "run", "online"),
        ("mode", "disabled", "disabled"),
        ("reinit", True, "finish_previous"),
        ("reinit", False, "return_previous"),
        ("resume", True, "auto"),
        ("resume", False, None),
        ("resume", "ALLOW", "allow"),
        ("run_tags", "a, b,,c", ("a", "b", "c")),
        ("run_tags", ["a", 1], ("a", "1")),
        ("run_id", 7, "7"),
        ("quiet", "0", False),
    ],
)
def test_values_in_all_their_spellings(name: str, given: Any, expected: Any) -> None:
    """Old names, truths and comma lists."""
    assert getattr(Settings(**{name: given}), name) == expected


@pytest.mark.parametrize(("name", "given"), [("mode", "off"), ("resume", "x"), ("reinit", "x")])
def test_an_unknown_choice_is_refused(name: str, given: str) -> None:
    """Said with the choices there are."""
    with pytest.raises(UsageError, match=rf"init\({name}='{given}'\): expected one of '"):
        Settings(**{name: given})


def test_the_environment_under_either_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """`BACKPROBE_X` before `WANDB_X`; an empty one is none."""
    for name in VARIABLES.values():
        monkeypatch.delenv(f"WANDB_{name}", raising=False)
    monkeypatch.setenv("WANDB_PROJECT", "theirs")
    monkeypatch.setenv("WANDB_NAME", "n")
    monkeypatch.setenv("WANDB_TAGS", "")
    monkeypatch.setenv("BACKPROBE_PROJECT", "ours")
    assert from_environment() == {"project": "ours", "run_name": "n"}
