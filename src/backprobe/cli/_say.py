# SPDX-License-Identifier: Apache-2.0
"""What `backprobe run` itself says, on standard error."""

from __future__ import annotations

import click


def say(line: str) -> None:
    """One line of ours."""
    put(f"backprobe: {line}")


def put(text: str) -> None:
    """Text as it is; who has closed standard error misses it, and the script's status stays."""
    try:
        click.echo(text, err=True)
    except OSError:
        pass
