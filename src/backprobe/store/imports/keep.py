# SPDX-License-Identifier: Apache-2.0
"""Puts an imported run into the store: whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from backprobe.records import Run
from backprobe.store import catalog
from backprobe.store.imports import tensors, training
from backprobe.store.imports.imported import Imported, Row
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter

SCRATCH = ".importing"
"""Folder of the store in which runs are put together; nothing in it is a run yet."""
CONSOLE = 1 << 16
"""Characters of printed text that are kept: the last ones."""


def identity(run: Imported) -> str:
    """The id that a run has in the store: the same each time it is imported."""
    digest = int.from_bytes(hashlib.sha256(run.key.encode()).digest()[:8])
    letters = [catalog.ALPHABET[:26][digest % 26]]
    for _ in range(7):
        digest //= 36
        letters.append(catalog.ALPHABET[digest % 36])
    return "".join(letters)


def keep(
    directory: Path, run: Imported, project: str | None = None, name: str | None = None
) -> Run:
    """Stores a run; one that was imported before is replaced.

    Arguments:
        directory: the store, made where missing.
        run: what an importer gave.
        project, name: instead of its own.

    Raises:
        OSError: it can't be written; then nothing of it is in the store.
    """
    catalog.prepare(directory)
    scratch = directory / SCRATCH / f"{identity(run)}-{os.getpid()}"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        made = _run(scratch, run, project, name)
        _write(scratch, run)
        catalog.write(made)
        target = directory / made.id
        if target.exists():
            shutil.rmtree(target)
        os.replace(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        try:
            scratch.parent.rmdir()
        except OSError:  # another import is at work
            pass
    return replace(made, path=str(target))


def _run(folder: Path, run: Imported, project: str | None, name: str | None) -> Run:
    created = run.created or time.time()
    return Run(
        id=identity(run),
        name=name or run.name or identity(run),
        project=project if project is not None else run.project,
        state=run.state,
        created=created,
        ended=run.ended or created,
        exit_code={"finished": 0, "failed": 1}.get(run.state),
        host=str(run.environment.get("host", "")),
        path=str(folder),
        group=run.group,
        job_type=run.job_type,
        notes=run.notes,
        tags=run.tags,
        config=run.config,
        summary={**_last(run.rows), **run.summary},
        environment={
            **run.environment,
            "imported": {"from": run.tracker, "path": run.origin, "time": time.time()},
        },
    )


def _last(rows: tuple[Row, ...]) -> Mapping[str, Any]:
    summary: dict[str, Any] = {}
    for _, _, values in rows:
        summary.update(values)
    if rows:
        summary["_step"] = rows[-1][0]
    return summary


def _write(folder: Path, run: Imported) -> None:
    failures: list[str] = []
    log = LogWriter(folder / log_name(0, 0), failures.append)
    log.event("process", rank=0, world=1, pid=0)
    if run.config:
        log.event("config", **{str(key): value for key, value in run.config.items()})
    for step, now, values in run.rows:
        log.row(step, values, now)
    for stream, columns in (
        ("steps", training.steps_table(run.rows)),
        ("evaluations", training.evaluations_table(run.rows)),
    ):
        if columns:
            log.frame({"stream": stream}, columns)
    items, frames = tensors.frames(run.histograms)
    if items:
        log.frame(
            {
                "stream": "event",
                "event": "parameters",
                "time": time.time(),
                "data": {"items": items},
            }
        )
    for header, columns in frames:
        log.frame(header, columns)
    printed = "".join(run.lines)[-CONSOLE:]
    if printed:
        log.frame({"stream": "console", "fd": 1, "text": printed, "step": -1})
    _blind_spots(log, run)
    log.event("end", exit_code=0 if run.state == "finished" else 1)
    log.close()
    if failures:
        raise OSError(28, failures[0])


def _blind_spots(log: LogWriter, run: Imported) -> None:
    texts = [
        f"imported from {run.tracker}: the metrics that were logged there are all that is known; "
        "layers, gradients, data and code were not seen"
    ]
    texts += [f"what was not read: {line}" for line in run.damage[:10]]
    texts += [f"not taken from {run.tracker}: {line}" for line in run.left_out]
    for text in texts:
        log.event("blind-spot", text=text)
