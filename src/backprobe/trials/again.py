# SPDX-License-Identifier: Apache-2.0
"""A run's script once more, with nothing changed, and how the two runs compare."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backprobe import settings
from backprobe.records import Record, Run, Table
from backprobe.store import catalog
from backprobe.store.environment import VARIABLES
from backprobe.store.reader import RunReader
from backprobe.trials import checkout, divergence
from backprobe.trials.launch import BOOTSTRAP, PRINTED, check_repeatable

STARTED = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK")
"""Variables that a launcher sets for its children, and sets again."""
DECIDING = ("python", "torch", "packages", "variables", "flags", "cpus_usable", "host", "platform")
"""Parts of the environment that can change a training's numbers."""
UNSEEDED = {
    "torch": "torch.manual_seed(0)",
    "numpy": "numpy.random.seed(0)",
    "python": "random.seed(0)",
}
"""Generator → the call that gives it the same numbers each time."""


@dataclass(frozen=True)
class Repeat:
    """How a run went the second time.

    Arguments:
        original, again: both runs.
        comparison: where they first differ.
        environment: what differs between their environments: name → (then, now).
        generators: random generators that began elsewhere, where the runs differ.
        notes: what is not as it was, in words.
        status: exit status of the script.
    """

    original: Run
    again: Run
    comparison: divergence.Comparison
    environment: Mapping[str, tuple[Any, Any]]
    generators: tuple[str, ...]
    notes: tuple[str, ...]
    status: int


def repeat(run: Run, directory: Path, steps: int | None = None) -> Repeat:
    """Runs a stored run's script again and compares.

    Arguments:
        run: as the catalog gives it; neither imported nor a trial.
        directory: the store.
        steps: optimizer steps after which it is ended; None runs it whole.

    Raises:
        CannotRepeat: it can't be run again; the text says why.
        OSError: it can't be started.
    """
    check_repeatable(run)
    before = _record(run)
    recorded = before.run
    there = checkout.prepare(recorded)
    try:
        again, status = _run(recorded, there, directory, steps)
    finally:
        there.remove()
    after = _record(again)
    if steps is not None:
        before = _cut(before, steps)
    comparison = divergence.compare(before, after)
    # a generator that nobody drew from may begin anywhere
    generators = () if comparison.identical else _generators(before.run, after.run)
    return Repeat(
        original=run,
        again=again,
        comparison=comparison,
        environment=_environment(before.run, after.run),
        generators=generators,
        notes=tuple(there.notes),
        status=status,
    )


def _run(run: Run, there: checkout.Checkout, directory: Path, steps: int | None) -> tuple[Run, int]:
    made = catalog.create(
        directory,
        name=f"{run.name} again",
        project=run.project,
        kind="trial",
        group=run.id,
        command=run.command,
        cwd=run.cwd,
        ignore=run.ignore,
        config={"repeats": run.id},
    )
    command = [there.moved(word) for word in run.command]
    try:
        with open(Path(made.path) / PRINTED, "wb") as output:
            child = subprocess.run(
                command,
                cwd=there.moved(run.cwd),
                env=_variables(run, made, steps),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
    except OSError:
        catalog.delete(made)
        raise
    except KeyboardInterrupt:
        catalog.close(made, -2)
        raise
    return catalog.close(made, child.returncode), child.returncode


def _variables(run: Run, made: Run, steps: int | None) -> dict[str, str]:
    """Today's variables, of those that decide numbers the recorded ones, and the probe's."""
    then = run.environment.get("variables", {})
    environment = dict(os.environ)
    for name in VARIABLES:
        if name in STARTED or name in ("VIRTUAL_ENV", "CONDA_DEFAULT_ENV"):
            continue
        environment.pop(name, None)
        if name in then:
            environment[name] = str(then[name])
    for name in (settings.LIVE, settings.STEPS, settings.TREAT, settings.TRIAL):
        environment.pop(name, None)
    treatments = run.config.get("treatments")
    if isinstance(treatments, (list, tuple)) and treatments:
        environment[settings.TREAT] = json.dumps(list(treatments))
    if steps is not None:
        environment[settings.STEPS] = str(steps)
    inherited = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(BOOTSTRAP), *([inherited] if inherited else [])]
    )
    environment[settings.RUN] = made.path
    environment[settings.DIRECTORY] = str(Path(made.path).parent)
    environment[settings.BUDGET] = "none"  # all that the first run observed can be compared
    return environment


def _record(run: Run) -> Record:
    reader = RunReader(run)
    reader.refresh()
    return reader.record()


def _cut(record: Record, steps: int) -> Record:
    """The record as if it had ended after so many steps, as far as lengths go."""
    kept = {name: record.steps[name][:steps] for name in record.steps}
    return replace(record, steps=Table(kept))


def _environment(then: Run, now: Run) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for part in DECIDING:
        one, other = then.environment.get(part), now.environment.get(part)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            for key in dict.fromkeys([*one, *other]):
                if key not in ("seed", "generators") and one.get(key) != other.get(key):
                    found[f"{part}.{key}"] = (one.get(key), other.get(key))
        elif one is not None and other is not None and one != other:
            found[part] = (one, other)
    return found


def _generators(then: Run, now: Run) -> tuple[str, ...]:
    one = then.environment.get("torch", {}).get("generators", {})
    other = now.environment.get("torch", {}).get("generators", {})
    return tuple(name for name in one if name in other and one[name] != other[name])
