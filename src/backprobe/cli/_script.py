# SPDX-License-Identifier: Apache-2.0
"""The run that stands for a script whose trials are asked for without a run of its own."""

from __future__ import annotations

from typing import Any

import click

from backprobe.records import Run
from backprobe.store import catalog, redact


def standing(command: tuple[str, ...], purpose: str) -> Run:
    """The run of an earlier trial of this script for this purpose, or a new one.

    It is a trial itself, so that `latest` never means it.

    Arguments:
        command: argv of the script.
        purpose: what the trials are for, such as "lr".

    Raises:
        click.UsageError: an argument looks like a secret, or no run can be kept.
    """
    kept = tuple(redact.arguments(command))
    if kept != command:
        raise click.UsageError("an argument looks like a secret; give it by the environment")
    facts: dict[str, Any] = {"kind": "trial", "job_type": purpose, "command": kept}
    directory = catalog.store_directory()
    try:
        made = catalog.create(directory, name=f"{purpose} of {' '.join(command[1:3])}", **facts)
        for run in catalog.runs(directory):
            same = (run.job_type, run.command, run.cwd) == (purpose, kept, made.cwd)
            if same and run.id != made.id:
                catalog.delete(made)
                return run
        return catalog.close(made, 0)
    except OSError as error:
        raise click.UsageError(
            f"cannot keep a run in {directory} ({error.strerror or error}); set BACKPROBE_DIR to "
            "a folder that can be written"
        ) from error
