# SPDX-License-Identifier: Apache-2.0
"""`backprobe run`: runs a target under the probe; its output and exit status stay its own."""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Mapping
from pathlib import Path

import click

from backprobe import settings
from backprobe.cli import _target
from backprobe.cli._child import Child, end_like
from backprobe.cli._say import put, say
from backprobe.records import SEVERITIES, Run
from backprobe.store import catalog, redact
from backprobe.store.board import STATUS, Board
from backprobe.store.terminal import is_terminal
from backprobe.treatments.names import canonical

BOOTSTRAP = Path(__file__).parents[1] / "probe" / "bootstrap"
"""The folder whose `sitecustomize` reaches the child's processes."""


class Budget(click.ParamType[float | str]):
    """A share of the step time, or `none`."""

    name = "share"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """The number, or "none".

        Raises:
            click.UsageError: it is neither.
        """
        if str(value).lower() == "none":
            return "none"
        try:
            share = float(value)
        except ValueError:
            share = -1.0
        if not 0 <= share < float("inf"):
            self.fail(f"{value!r}; expected a share such as 0.02, or none", param, ctx)
        return share


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--name", help="Name of the run; the script's if not given.")
@click.option("--project", help="Project that it belongs to.")
@click.option("--steps", type=click.IntRange(1), help="End it cleanly after so many steps.")
@click.option(
    "--budget",
    type=Budget(),
    help="Share of the time that watching may cost (default 0.02); `none` observes every step.",
)
@click.option(
    "--treat",
    multiple=True,
    metavar="T[=V]",
    callback=lambda _ctx, _param, texts: _treatments(texts),
    help="Change one thing: a treatment, listed by `backprobe explain`; repeatable.",
)
@click.option(
    "--ignore", multiple=True, metavar="RULE", help="Keep a rule silent, now and later; repeatable."
)
@click.option(
    "--fail-on",
    type=click.Choice(SEVERITIES),
    help="Exit status 1 where something so grave is found.",
)
@click.option(
    "--stop-on",
    type=click.Choice(SEVERITIES[1:]),
    help="End the run once something so grave is sure.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the findings there, as JSON.")
@click.option("--python", metavar="PATH", help="Interpreter for scripts and modules.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="TARGET [ARGS]...")
def run(
    name: str | None,
    project: str | None,
    steps: int | None,
    budget: float | str | None,
    treat: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str | None,
    stop_on: str | None,
    json_file: str | None,
    python: str | None,
    words: tuple[str, ...],
) -> None:
    """Runs a script, `-m module` or a command (`torchrun …`) under the probe.

    Its output and exit status stay its own; what backprobe says goes to standard error. Options
    of backprobe come before TARGET, what follows it is the target's.

    \b
    backprobe run train.py --epochs 3
    backprobe run --name small-rate --treat scale-lr=0.1 train.py
    backprobe run -m package.train
    backprobe run torchrun --nproc-per-node 2 train.py
    backprobe run --fail-on error train.py      in a test of your own
    """
    if not words:
        raise click.UsageError("nothing to run; give a script, -m module, or a command")
    target = _target.resolve(words, python)
    if ignore:
        from backprobe.cli._options import check_rules  # the rules bring numpy

        ignore = check_rules(ignore)
    if json_file is not None:
        _check_writable(Path(json_file))
    ignore = tuple(dict.fromkeys((*settings.ignored_rules(), *ignore)))
    made = _make_run(target, name or _target.title(words), project, ignore, treat)
    board = Board.create() if made is not None else Board(None)
    board[STATUS] = is_terminal(2)
    try:
        child = Child(target, _environment(made, board, steps, budget, treat))
    except OSError as error:
        board.remove()
        if made is not None:
            catalog.delete(made)
        raise click.UsageError(f"cannot start {words[0]!r}: {error.strerror or error}") from error
    if made is None:
        end_like(child.wait())

    bad, status = False, None
    try:
        from backprobe.cli._supervise import Supervision  # after the start: it brings numpy

        supervision = Supervision(made, board, child, stop_on)
        status = child.wait()
        bad = supervision.end(status, fail_on, Path(json_file) if json_file else None)
    except Exception as error:  # noqa: BLE001  # a fault of ours must not cost the script's status
        _admit(error)
    if status is None:
        status = child.wait()
    board.remove()
    end_like(1 if bad else status)


def _make_run(
    target: _target.Target,
    name: str,
    project: str | None,
    ignore: tuple[str, ...],
    treat: tuple[str, ...],
) -> Run | None:
    """A new run, or None, said in one line, where none can be kept."""
    directory = catalog.store_directory()
    try:
        return catalog.create(
            directory,
            name=name,
            project=project or "",
            ignore=ignore,
            config={"treatments": list(treat)} if treat else {},
            command=tuple(redact.arguments(target.command)),
        )
    except OSError as error:
        say(
            f"cannot keep a run in {directory} ({error.strerror or error}): the script runs, and "
            "is not watched; set BACKPROBE_DIR to a folder that can be written"
        )
        return None


def _environment(
    made: Run | None,
    board: Board,
    steps: int | None,
    budget: float | str | None,
    treat: tuple[str, ...],
) -> Mapping[str, str]:
    environment = dict(os.environ)
    if made is None:
        return environment
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(BOOTSTRAP), *([inherited] if inherited else [])]
    )
    wanted = {
        settings.RUN: made.path,
        settings.LIVE: str(board.path) if board.path is not None else None,
        settings.STEPS: str(steps) if steps is not None else None,
        settings.TREAT: json.dumps(treat) if treat else None,
        settings.TRIAL: None,
        settings.BUDGET: str(budget) if budget is not None else environment.get(settings.BUDGET),
    }
    for variable, value in wanted.items():
        environment.pop(variable, None)
        if value is not None:
            environment[variable] = value
    return environment


def _treatments(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The treatments in their one form.

    Raises:
        click.UsageError: there is no such treatment, or it can't take the value.
    """
    try:
        return tuple(dict.fromkeys(canonical(text) for text in texts))
    except ValueError as error:
        raise click.UsageError(f"--treat: {error}") from error


def _admit(error: Exception) -> None:
    """Says that backprobe itself has failed; with the traceback where BACKPROBE_DEBUG is set."""
    say(f"a fault of backprobe's own, please report it: {error!r}")
    if os.environ.get(settings.DEBUG):
        put("".join(traceback.format_exception(error)))


def _check_writable(file: Path) -> None:
    """Refuses a file for the findings before the run, not hours later.

    Raises:
        click.UsageError: the file can't be written.
    """
    folder = file.absolute().parent
    if file.is_dir() or not os.access(file if file.exists() else folder, os.W_OK):
        raise click.UsageError(f"--json: cannot write {str(file)!r}")
