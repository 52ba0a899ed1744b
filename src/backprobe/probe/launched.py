# SPDX-License-Identifier: Apache-2.0
"""Attaches the probe to a process of `backprobe run`, once it has imported torch."""

from __future__ import annotations

import importlib
import sys

from backprobe import session, settings
from backprobe.probe import tracebacks
from backprobe.probe.entry import install


def begin() -> None:
    """Keeps what the process prints from now on, and installs the probe's hooks.

    The record is opened by the probe when something trains: a loader's worker, a launcher such as
    torchrun and a script that only borrows a function of torch leave none.
    """
    if not _is_worker():
        session.follow_console()
        if settings.treatments() or settings.trial() is not None:
            from backprobe.treatments import apply

            apply.begin()  # before the probe's own patches, which then see the treated model
    tracebacks.install()
    install()
    wanted = settings.experiment()
    if wanted is not None and not _is_worker():
        # Experiments use the probe, so they stand above it: it knows them by name only.
        importlib.import_module("backprobe.experiments.in_script").begin(wanted)


def _is_worker() -> bool:
    """Whether `multiprocessing` started this process: what it prints is rarely the run's own."""
    return "--multiprocessing-fork" in sys.orig_argv or any(
        "multiprocessing.forkserver" in argument for argument in sys.orig_argv
    )
