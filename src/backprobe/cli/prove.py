# SPDX-License-Identifier: Apache-2.0
"""`backprobe prove`: runs the script again under each treatment, and says which one helps."""

from __future__ import annotations

import sys

import click

from backprobe.cli._options import find_run, json_option, run_argument
from backprobe.cli._say import say
from backprobe.records import Run
from backprobe.session import examine
from backprobe.store import answers, catalog, json
from backprobe.treatments.names import canonical
from backprobe.trials import proof
from backprobe.trials.answer import proof_answer
from backprobe.trials.launch import CannotRepeat, check_repeatable, outcomes
from backprobe.trials.nouns import Arm
from backprobe.trials.plan import arms as planned
from backprobe.trials.pool import Pool
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
@click.option("--seeds", type=click.IntRange(1), default=3, show_default=True)
@click.option("--steps", type=click.IntRange(1), help="End each training after so many steps.")
@click.option("--jobs", type=click.IntRange(1), help="Trials at a time; by cores and memory.")
@click.option("--executor", type=click.Choice(["local"]), default="local", show_default=True)
@json_option()
def prove(
    run: str,
    treat: tuple[str, ...],
    seeds: int,
    steps: int | None,
    jobs: int | None,
    executor: str,  # noqa: ARG001  # there is one
    as_json: bool,
) -> None:
    """Runs the script of RUN again, with one thing changed, and says what it did.

    Tries the treatments that the findings propose, each over several seeds, against a control. The
    verdict is on held-out metrics. Trials that were finished before are used again.
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
    if arms:
        bound = steps if steps is not None else proof.default_steps(record)
        pool = Pool(catalog.store_directory(), jobs, proof.memory(record))
        with Progress(visible=sys.stderr.isatty()) as progress:
            try:
                found = proof.prove(
                    original,
                    arms,
                    pool,
                    range(seeds),
                    bound,
                    thorough=bool(asked),
                    extra=range(seeds, 2 * seeds),
                    hold_out=not any(o.higher is not None for o in outcomes(original)),
                    seconds=_seconds(original),
                    tell=progress.tell,
                    plan=progress.plan,
                )
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
    if as_json:
        click.echo(json.dumps(proof_answer(found)))
    elif not arms:
        say(f"no finding of run {original.id} proposes a treatment; name one with --treat")
    else:
        click.echo(table(found), nl=False)


def _arm(text: str) -> Arm:
    try:
        return Arm(tuple(canonical(part) for part in text.split("+")))
    except ValueError as error:
        raise click.UsageError(f"--treat: {error}") from error


def _seconds(run: Run) -> float:
    return max(0.0, run.ended - run.created) if run.ended is not None else 0.0
