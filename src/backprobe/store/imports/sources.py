# SPDX-License-Identifier: Apache-2.0
"""Which tracker's files a path holds, and the runs in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from backprobe.store.imports import mlflow, table, tensorboard, wandb
from backprobe.store.imports.imported import Imported, NotReadable

FORMATS: Mapping[str, ModuleType] = {
    "tensorboard": tensorboard,
    "wandb": wandb,
    "mlflow": mlflow,
    "csv": table,
}
"""Name → its importer: `holds(path)` and `read(path)`."""
EXPECTED = (
    "expected TensorBoard event files, a .wandb file, an mlflow.db, an mlruns folder, or a .csv "
    "file (also in folders below)"
)


def read(path: Path, kind: str | None = None) -> list[Imported]:
    """The runs that a path holds, of one tracker or of all.

    Arguments:
        path: a file or folder.
        kind: a name of `FORMATS`; None takes what is there.

    Raises:
        NotReadable: nothing there can be imported.
        OSError: a file can't be opened.
    """
    if not path.exists():
        raise NotReadable(f"there is no {str(path)!r}; {EXPECTED}")
    wanted = [FORMATS[kind]] if kind else list(FORMATS.values())
    found = [run for importer in wanted if importer.holds(path) for run in importer.read(path)]
    if not found:
        raise NotReadable(f"nothing to import in {str(path)!r}; {EXPECTED}")
    sound = [run for run in found if run.rows or run.histograms or run.config]
    if not sound:
        why = next((line for run in found for line in run.damage), "no value was logged")
        raise NotReadable(f"nothing to import in {str(path)!r}: {why}")
    return sound
