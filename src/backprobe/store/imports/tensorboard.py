# SPDX-License-Identifier: Apache-2.0
"""Runs from TensorBoard's log folders: every folder that holds event files is one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from backprobe.store.imports import events
from backprobe.store.imports.imported import Imported, Row

MARK = "tfevents"
"""Part of the name of every event file."""


def holds(path: Path) -> bool:
    """Whether a path is an event file, or a folder with one somewhere below."""
    if path.is_file():
        return MARK in path.name
    return next(_folders(path), None) is not None


def read(path: Path) -> list[Imported]:
    """The runs below a folder, or the one of an event file.

    `add_scalars` and `add_hparams` of torch's writer keep parts of one run in folders below it:
    these are put together again.

    Raises:
        OSError: a file can't be opened.
    """
    if path.is_file():
        return [_run(path.parent, [path], path.parent.name)]
    found: dict[Path, Imported] = {}
    for folder, files in _folders(path):
        name = folder.relative_to(path).as_posix()
        found[folder] = _run(folder, files, path.name if name == "." else name)
    for folder in sorted(found, key=lambda f: len(f.parts), reverse=True):
        if folder.parent in found and (part := _part(found[folder], folder.name)) is not None:
            found[folder.parent] = _joined(found[folder.parent], part)
            del found[folder]
    return list(found.values())


def _folders(path: Path) -> Iterator[tuple[Path, list[Path]]]:
    for root, folders, names in os.walk(path):
        folders.sort()
        files = [Path(root, name) for name in sorted(names) if MARK in name]
        if files:
            yield Path(root), files


def _run(folder: Path, files: list[Path], name: str) -> Imported:
    parts = [events.read(file) for file in files]
    rows: dict[int, tuple[float, dict[str, Any]]] = {}
    for part in parts:
        for step, now, tag, value in part.scalars:
            row = rows.get(step)
            if row is None:
                rows[step] = (now, {tag: value})
            else:
                row[1][tag] = value
    left: dict[str, int] = {}
    for part in parts:
        for kind, count in part.left_out.items():
            left[kind] = left.get(kind, 0) + count
    config: dict[str, Any] = {}
    for part in parts:
        config.update(part.hparams)
    times = [one for part in parts for one in (part.first, part.last) if one]
    return Imported(
        tracker="TensorBoard",
        origin=str(folder.absolute()),
        key=f"tensorboard:{folder.absolute()}",
        name=name,
        config=config,
        created=min(times, default=None),
        ended=max(times, default=None),
        rows=tuple((step, *rows[step]) for step in sorted(rows)),
        histograms=tuple(one for part in parts for one in part.histograms),
        damage=tuple(line for part in parts for line in part.damage),
        left_out=tuple(f"{count} {kind}" for kind, count in sorted(left.items())),
    )


def _part(run: Imported, folder: str) -> Imported | None:
    """The run as a part of the one above it; None where it is one of its own."""
    tags = {tag for _, _, values in run.rows for tag in values}
    if len(tags) == 1 and not run.histograms:
        (tag,) = tags
        beginning = f"{tag.replace('/', '_')}_"
        if folder.startswith(beginning) and len(folder) > len(beginning):
            name = f"{tag}/{folder.removeprefix(beginning)}"
            return replace(run, rows=tuple((s, t, {name: v[tag]}) for s, t, v in run.rows))
    if run.config and len(run.rows) <= 1 and not run.histograms:
        return replace(run, summary=run.rows[0][2] if run.rows else {}, rows=())
    return None


def _joined(run: Imported, part: Imported) -> Imported:
    rows: dict[int, Row] = {row[0]: row for row in run.rows}
    for step, now, values in part.rows:
        before = rows.get(step)
        rows[step] = (
            (step, now, values) if before is None else (step, before[1], {**before[2], **values})
        )
    return replace(
        run,
        rows=tuple(rows[step] for step in sorted(rows)),
        config={**run.config, **part.config},
        summary={**run.summary, **part.summary},
        damage=(*run.damage, *part.damage),
        left_out=(*run.left_out, *part.left_out),
    )
