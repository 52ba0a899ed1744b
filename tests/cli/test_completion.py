# SPDX-License-Identifier: Apache-2.0
"""Shell completion, as a shell asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result


def completed(line: str) -> list[str]:
    """What bash is offered for a line."""
    words = line.split(" ")
    done = subprocess.run(
        [Path(sys.executable).parent / "backprobe"],
        env={
            **os.environ,
            "_BACKPROBE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [answer.split(",", 1)[1] for answer in done.stdout.split()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("backprobe exp", ["explain", "export"]),
        ("backprobe explain dead", ["dead-relu"]),
        ("backprobe export latest --form", ["--format"]),
        ("backprobe forward --to te", ["tensorboard"]),
        ("backprobe findings la", ["latest"]),
    ],
)
def test_completed(line: str, offered: list[str]) -> None:
    """Commands, rules, options, choices and runs."""
    assert completed(line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(command: Callable[..., Result], shell: str) -> None:
    """It names the variable that click answers to."""
    done = command("completion", shell)
    assert done.exit_code == 0
    assert "_BACKPROBE_COMPLETE" in done.output
