# SPDX-License-Identifier: Apache-2.0
"""The command `backprobe`: its sub-commands, each loaded only when it is used."""

from __future__ import annotations

import difflib
import errno
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from backprobe.version import __version__

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("backprobe.cli.run", "Run a script, -m module or command under the probe."),
    "findings": ("backprobe.cli.findings", "What was found in a run, the likeliest cause first."),
    "diagnose": ("backprobe.cli.diagnose", "Run today's rules over a stored run."),
    "check": ("backprobe.cli.check", "Check data, network, loss and rate before training."),
    "lr": ("backprobe.cli.lr", "Find a learning rate for a script; refuse where there is none."),
    "prove": ("backprobe.cli.prove", "Run a script again under treatments; say which helps."),
    "study": ("backprobe.cli.study", "A grid of treatments over a script: what each one does."),
    "runs": ("backprobe.cli.runs", "List the runs kept here; remove some."),
    "show": ("backprobe.cli.show", "One run: config, environment, structure, metrics."),
    "compare": ("backprobe.cli.compare", "What differs between two runs."),
    "explain": ("backprobe.cli.explain", "What a rule looks for, why, and when it is wrong."),
    "import": ("backprobe.cli.import_", "Runs of TensorBoard, W&B, MLflow, or a CSV file."),
    "export": ("backprobe.cli.export", "A run as JSON, CSV, Parquet or for TensorBoard."),
    "forward": ("backprobe.cli.forward", "Pass a run on, live, to TensorBoard, W&B or MLflow."),
    "repro": ("backprobe.cli.repro", "Run a script again as it was; where the two differ."),
    "ui": ("backprobe.cli.ui", "Open the dashboard."),
    "completion": ("backprobe.cli.completion", "What your shell needs to complete commands."),
    "demo": ("backprobe.cli.demo", "Train four small networks, three of them sick, and diagnose."),
}
"""Name → the module that holds a click command of that name, and its line in the help. A command
is loaded when it is called: `backprobe --help` must not wait for numpy."""


class Commands(click.Group):
    """The group of `COMMANDS`; wrong usage is said in one line, with exit status 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """The names, in the order in which one meets the commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, loaded now."""
        if cmd_name not in COMMANDS:
            return None
        home = COMMANDS[cmd_name][0]
        name = f"{cmd_name}_" if home.endswith("_") else cmd_name  # `import` is Python's word
        command: click.Command = getattr(importlib.import_module(home), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first argument names.

        Raises:
            click.UsageError: there is none; the text says what was probably meant.
        """
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no command {args[0]!r}{_meant(args)}", ctx)
        return super().resolve_command(ctx, args)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Runs the command line and ends the process with its exit status."""
        given = (args, prog_name, complete_var)
        if not standalone_mode:
            return super().main(*given, standalone_mode=False, **extra)
        try:
            status = super().main(*given, standalone_mode=False, **extra)
        except click.ClickException as error:
            where = getattr(error, "ctx", None)
            # our own errors say what to do; click's say what is wrong
            unguided = isinstance(error, click.UsageError) and type(error) is not click.UsageError
            hint = f" (see `{where.command_path} --help`)" if unguided and where else ""
            message = " ".join(error.format_message().split()).rstrip(".")
            click.echo(f"backprobe: {message}{hint}", err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            click.echo("backprobe: aborted", err=True)
            sys.exit(130)
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            # who read our output has gone: `backprobe runs | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        sys.exit(status if isinstance(status, int) else 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="backprobe", message="%(prog)s %(version)s")
def main() -> None:
    """Tells you why a PyTorch network underperforms.

    Run your training under the probe, `backprobe run train.py` instead of `python train.py`; it
    names the cause and points at the layer and the line of code.

    A RUN is an id, a unique prefix of one, a name, or `latest`, which is meant where none is given.
    Runs are kept in BACKPROBE_DIR, by default .backprobe in the working directory.

    \b
    backprobe run train.py        train as always, and see what is wrong
    backprobe explain dead-relu   what a finding means
    backprobe prove               try what it proposes, against a control
    backprobe ui                  look at it in the browser
    """


def _meant(args: list[str]) -> str:
    name = args[0]
    if name.endswith(".py") or os.path.isfile(name):
        return f"; to run it: backprobe run {' '.join(args)}"
    near = difflib.get_close_matches(name, COMMANDS, 3)
    return f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(COMMANDS)}"
