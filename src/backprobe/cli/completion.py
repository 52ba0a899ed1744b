# SPDX-License-Identifier: Apache-2.0
"""`backprobe completion`: what a shell needs to complete commands, options, runs and rules."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_BACKPROBE_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Prints the completion script for SHELL; it completes commands, options, runs and rules.

    \b
    bash: echo 'eval "$(backprobe completion bash)"' >> ~/.bashrc
    zsh:  echo 'eval "$(backprobe completion zsh)"' >> ~/.zshrc
    fish: backprobe completion fish > ~/.config/fish/completions/backprobe.fish
    """
    found = get_completion_class(shell)
    assert found is not None  # the choices are click's own three
    root = click.get_current_context().find_root().command
    click.echo(found(root, {}, "backprobe", VARIABLE).source())
