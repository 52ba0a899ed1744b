# SPDX-License-Identifier: Apache-2.0
"""Every command that a page shows is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from backprobe.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHOWN = re.compile(r"^(?:\$ |    )(backprobe [^\n]*)$|`(backprobe [a-z]+ [^`]*)`", re.MULTILINE)
PLACEHOLDER = re.compile(r"[…<>\[\]|]|\b[A-Z]{3,}\b|\bN\b|\bF\b")
"""Of a line that shows a form and not a command."""


def commands() -> list[tuple[str, str]]:
    """(page, command) of each that can be typed as it stands."""
    found = []
    for page in PAGES:
        for match in SHOWN.finditer(page.read_text()):
            line = (match[1] or match[2]).split("  #")[0].split(" | ")[0].rstrip(" &")
            line = line.split("<!--")[0].strip()
            if not PLACEHOLDER.search(line):
                found.append((str(page.relative_to(ROOT)), line))
    return sorted(set(found))


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_shown_command_parses(page: str, line: str) -> None:
    """Its command exists, and takes these options and values."""
    _, *words = shlex.split(line)
    context = main.make_context("backprobe", ["runs"])
    if words[0].startswith("-"):
        return
    assert words[0] in COMMANDS, page
    command = main.get_command(context, words[0])
    assert command is not None
    while isinstance(command, click.Group) and len(words) > 1 and words[1] in command.commands:
        command, words = command.commands[words[1]], words[1:]
    inner = click.Context(command, parent=context, info_name=words[0])
    for key, value in command.context_settings.items():
        setattr(inner, key, value)
    command.make_parser(inner).parse_args(words[1:])


def test_there_are_some() -> None:
    """The pattern finds what the pages show."""
    assert len(commands()) > 20
