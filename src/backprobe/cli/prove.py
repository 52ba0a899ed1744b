# SPDX-License-Identifier: Apache-2.0
"""`backprobe prove`: runs the script again under each treatment, and says which one helps."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from backprobe.cli._executor import executor_options, make_executor, trial_options
from backprobe.cli._options import find_run, json_option, run_argument
from backprobe.cli._say import say
from backprobe.records import Run
from backprobe.session import examine
from backprobe.store import answers, json
from backprobe.treatments.names import canonical
from backprobe.trials import proof
from backprobe.trials.answer import patch_answer, proof_answer
from backprobe.trials.executor import Executor
from backprobe.trials.launch import CannotRepeat, check_repeatable, outcomes
from backprobe.trials.nouns import Arm
from backprobe.trials.patch.proving import Patch, patch
from backprobe.trials.patch.source import CannotPatch
from backprobe.trials.plan import arms as planned
from backprobe.trials.plan import random_arm
from backprobe.trials.progress import Progress
from backprobe.trials.table import table


@click.command()
@run_argument()
@click.option(
    "--treat",
    multiple=True,
    metavar="T[=V]",
    help="Try this instead of what the findings propose; `+` joins two; repeatable.",
)
@trial_options()
@click.option(
    "--random-control",
    is_flag=True,
    help="Try one more treatment, drawn at random: what a guess would have done.",
)
@click.option(
    "--confirm/--no-confirm",
    default=True,
    show_default=True,
    help="Run the best once more, whole and at a fresh seed.",
)
@click.option(
    "--patch",
    "patch_file",
    metavar="FILE",
    help="Write the best treatment as a diff of the source, once it held in a copy; `-` prints it.",
)
@executor_options()
@json_option()
def prove(
    run: str,
    treat: tuple[str, ...],
    seeds: int,
    steps: int | None,
    jobs: int | None,
    random_control: bool,
    confirm: bool,
    patch_file: str | None,
    executor: str,
    option: tuple[str, ...],
    as_json: bool,
) -> None:
    """Runs the script of RUN again, with one thing changed, and says what it did.

    Tries the treatments that the findings propose, each over several seeds, against a control. The
    verdict is on held-out metrics. Trials that were finished before are used again, so a proof that
    was interrupted goes on where it stopped.

    \b
    backprobe prove                                  what the latest run's findings propose
    backprobe prove --treat scale-lr=0.1 --seeds 5   one treatment, over five seeds
    backprobe prove --treat initialize=he+dropout=off --random-control
    backprobe prove --patch cure.patch               and then: git apply cure.patch
    backprobe prove --executor ray --option address=auto --jobs 16
    """
    asked = [_arm(text) for text in treat]
    original = find_run(run)
    try:
        check_repeatable(original)
    except CannotRepeat as error:
        raise click.UsageError(str(error)) from error
    record, findings = examine(original)
    arms = asked or planned(findings)
    found = proof.Proof(original, tuple(range(seeds)), steps)
    made: Patch | str | None = None
    if arms:
        bound = steps if steps is not None else proof.default_steps(record)
        if random_control:
            arms = [*arms, random_arm(original.id, arms)]
        with (
            make_executor(executor, option, jobs, proof.memory(record)) as pool,
            Progress(visible=sys.stderr.isatty()) as progress,
        ):
            try:
                found = proof.prove(
                    original,
                    arms,
                    pool,
                    range(seeds),
                    bound,
                    thorough=bool(asked),
                    confirm=confirm,
                    total=len(record.steps) or None,
                    extra=range(seeds, 2 * seeds),
                    hold_out=not any(o.higher is not None for o in outcomes(original)),
                    seconds=_seconds(original),
                    tell=progress.tell,
                    plan=progress.plan,
                )
                if patch_file is not None:
                    made = _patch(found, pool)
            except proof.ControlFailed as error:
                say(f"the script does not run to its end without any treatment: {error}")
                sys.exit(1)
            except OSError as error:
                raise click.UsageError(
                    f"cannot start {original.command[0]!r}: {error.strerror or error}"
                ) from error
            except KeyboardInterrupt:
                say("interrupted; finished trials are kept, and used when it is run again")
                sys.exit(130)
    if found.results:
        answers.keep(original, "prove", proof_answer(found))  # for the dashboard
    if isinstance(made, Patch) and patch_file not in (None, "-"):
        _write(str(patch_file), made)
    if as_json:
        click.echo(json.dumps({**proof_answer(found), **patch_answer(made)}))
        return
    if not arms:
        say(f"no finding of run {original.id} proposes a treatment; name one with --treat")
        return
    click.echo(table(found), nl=False)
    if isinstance(made, Patch):
        click.echo(_told(made, str(patch_file)), nl=False)
    elif made is not None:
        say(f"no patch: {made}")


def _patch(found: proof.Proof, pool: Executor) -> Patch | str:
    """The patch, or why there is none."""
    try:
        return patch(found, pool, pool.environment())
    except CannotPatch as error:
        return str(error)
    except OSError as error:
        return f"the folder could not be copied: {error}"


def _write(file: str, made: Patch) -> None:
    try:
        Path(file).write_bytes(made.diff.encode())
    except OSError as error:
        raise click.UsageError(f"--patch: cannot write {file!r}: {error.strerror}") from error


def _told(made: Patch, file: str) -> str:
    """The diff itself, or where it is and how it was proven."""
    if file == "-":
        return made.diff
    how = "under the probe, without a treatment" if made.watched else "by plain Python"
    passed = "".join(f"not as a patch: {reason}\n" for reason in made.passed)
    return (
        f"{passed}patch: {' + '.join(made.treatments)}; run in a copy {how}: {made.outcome.name} "
        f"{made.patched:.4g}, {made.control:.4g} as it is\n"
        f"`git apply {file}` (or `patch -p1 < {file}`) changes the source so\n"
    )


def _arm(text: str) -> Arm:
    try:
        return Arm(tuple(canonical(part) for part in text.split("+")))
    except ValueError as error:
        raise click.UsageError(f"--treat: {error}") from error


def _seconds(run: Run) -> float:
    return max(0.0, run.ended - run.created) if run.ended is not None else 0.0
