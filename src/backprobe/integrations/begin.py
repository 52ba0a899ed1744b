# SPDX-License-Identifier: Apache-2.0
"""How a trainer's process joins in: its run, and the probe on its model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backprobe import settings
from backprobe.face import state
from backprobe.face.init import init
from backprobe.face.run import Run
from backprobe.probe import entry


def begin(
    rank: int,
    models: Any = (),
    options: Mapping[str, Any] | None = None,
    watch: bool = True,
) -> Run | None:
    """The run of this process with the probe attached, begun where there is none.

    Arguments:
        rank: of this process. Without `backprobe run` only rank 0 has a run: the others would each
            make one of their own.
        models: a module or a list of them, numbered first; others are found as they are called.
        options: keywords of `backprobe.init`.
        watch: whether to attach the probe.

    Returns:
        The run, None in a process that has no part in one.
    """
    if rank != 0 and settings.run_folder() is None:
        return None
    run = state.run if state.run is not None else init(**(options or {}))
    if watch and not run.disabled:
        entry.watch(models, log_freq=None)
    return run
