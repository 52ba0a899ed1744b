# SPDX-License-Identifier: Apache-2.0
"""`sweep` and `agent`: a script's function, or a script, run with one set of values after another.

For the treatments of a network there is `backprobe study`, which needs no change of the script.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backprobe.face import state
from backprobe.face import sweep as sweeps
from backprobe.face.errors import UsageError
from backprobe.face.notices import Notices

MOST_FAILURES = 3
"""An agent ends where so many runs failed and none went well, as W&B's does."""

_walks: dict[str, Iterator[dict[str, Any]]] = {}


def sweep(
    sweep: Mapping[str, Any] | Callable[[], Mapping[str, Any]],
    entity: str | None = None,
    project: str | None = None,
    prior_runs: list[str] | None = None,
) -> str:
    """Keeps what `agent` is to vary; gives the id that it takes.

    Arguments:
        sweep: as W&B's: `method` ("grid", "random"; "bayes" is drawn at random too) and
            `parameters`, each with `values`, `value`, or `min` and `max`.
        project: of the runs.
        entity, prior_runs: have no effect.

    Raises:
        UsageError: something that can't be meant.
    """
    del entity, prior_runs
    made = sweeps.keep(sweep, project)
    Notices().info(f"sweep {made}: agent({made!r}, function) runs it on this machine")
    return made


def agent(
    sweep_id: str,
    function: Callable[[], Any] | None = None,
    entity: str | None = None,
    project: str | None = None,
    count: int | None = None,
) -> None:
    """Calls a function once for each set of values, which are in the config after its `init`.

    Arguments:
        sweep_id: as `sweep` gave it.
        function: begins a run with `init()` and trains. Without one the sweep's `program` is run,
            with the values as `--name=value`.
        count: how many runs at most; a grid ends by itself.
        project: of the runs; the sweep's where not given.
        entity: has no effect.

    Raises:
        CommError: there is no such sweep.
        UsageError: there is neither a function nor a program.
    """
    del entity
    name, spec = sweeps.load(sweep_id)
    program = spec.get("program")
    if function is None and not program:
        raise UsageError(f"agent({sweep_id!r}): give a function, or the sweep a 'program'")
    if spec.get("method") == "bayes" or "early_terminate" in spec:
        Notices().once("bayes", "sweeps are drawn at random here, and run to their end")
    walk = _walks.setdefault(name, sweeps.draws(spec, name))
    failed = good = 0
    for values in itertools.islice(walk, count or spec.get("run_cap")):
        part = sweeps.Part(name, project or spec.get("project"), values)
        well = _call(function, part) if function is not None else _run(str(program), values)
        good, failed = good + well, failed + (not well)
        if failed >= MOST_FAILURES and not good:
            Notices().warn(f"sweep {name}: {failed} runs failed and none went well; it ends here")
            return


def _call(function: Callable[[], Any], part: sweeps.Part) -> bool:
    sweeps.pending, well = part, False
    try:
        function()
        well = True
    except Exception:  # noqa: BLE001 - one set of values may fail; the next ones are still tried
        traceback.print_exc()
    finally:
        sweeps.pending = None
        if state.run is not None:
            state.run.finish(0 if well else 1)
    return well


def _run(program: str, values: Mapping[str, Any]) -> bool:
    words = [f"--{name}={value}" for name, value in values.items()]
    return subprocess.run([sys.executable, program, *words], check=False).returncode == 0
