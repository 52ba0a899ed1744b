# SPDX-License-Identifier: Apache-2.0
"""The command line as a whole: help, refusals, and what it loads."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable

import click
import pytest
from click.testing import Result

from backprobe import __version__
from backprobe.cli.main import COMMANDS

Command = Callable[..., Result]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_has_help(command: Command, name: str) -> None:
    """The table's modules exist, and each has a command of that name that explains itself."""
    module, line = COMMANDS[name]
    word = f"{name}_" if module.endswith("_") else name  # `import` is Python's word
    found = getattr(importlib.import_module(module), word)
    assert isinstance(found, click.Command)
    assert line.endswith(".")
    done = command(name, "--help")
    assert done.exit_code == 0
    assert f"backprobe {name}" in done.output.replace("main ", "backprobe ")


def test_help_loads_nothing_heavy() -> None:
    """`backprobe --help` needs neither torch nor numpy nor a server."""
    code = (
        "import sys\nfrom backprobe.cli.main import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n"
        "    heavy = {'torch', 'numpy', 'starlette', 'uvicorn', 'msgspec', 'psutil'}\n"
        "    print('loaded:', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("loaded: []\n")
    assert all(name in done.stdout for name in COMMANDS)


def test_version(command: Command) -> None:
    """The name and the version."""
    assert command("--version").output == f"backprobe {__version__}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["fidnings"], "no command 'fidnings'; did you mean findings?"),
        (["train.py", "--lr", "1"], "to run it: backprobe run train.py --lr 1"),
        (["findings", "--jsn"], "No such option"),
        (["show", "a", "b"], "unexpected extra argument"),
        (["diagnose"], "Missing argument 'RUN'"),
        (["findings", "nope"], "no run 'nope' in"),
        (["show"], "there is no run in"),
        (["diagnose", "nope"], "no run 'nope' in"),
        (["export", "nope"], "no run 'nope' in"),
        (["compare", "nope", "latest"], "no run 'nope' in"),
        (["runs", "rm", "nope", "--yes"], "no run 'nope' in"),
        (["runs", "prune"], "say which: --keep N, --older-than AGE or --max-size SIZE"),
        (["runs", "prune", "--older-than", "1y"], "expected an age such as 30d, 12h or 2w"),
        (["runs", "prune", "--max-size", "big"], "expected a size such as 5GB or 300MB"),
        (["explain", "ded-relu"], "no rule 'ded-relu'; did you mean dead-relu"),
        (["findings", "--ignore", "ded-relu"], "there is no run in"),
    ],
)
def test_wrong_usage_is_said_in_one_line(command: Command, words: list[str], expected: str) -> None:
    """Status 2, nothing on standard output, one line that says what to do."""
    done = command(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("backprobe: ")
    assert expected in line


def test_a_reader_that_leaves_is_no_fault() -> None:
    """`backprobe explain | head -1` ends without a traceback."""
    done = subprocess.run(
        f"{sys.executable} -m backprobe explain | true",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_completion_offers_runs_and_rules(command: Command, store_directory: object) -> None:
    """The shell completes commands and rules."""
    assert store_directory
    done = command(
        env={
            "_MAIN_COMPLETE": "bash_complete",
            "COMP_WORDS": "main explain dead",
            "COMP_CWORD": "2",
        },
    )
    assert "plain,dead-relu" in done.output


def test_python_m_backprobe_is_the_command() -> None:
    """`python -m backprobe` works like the script."""
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "explain", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["schema"] == 1
