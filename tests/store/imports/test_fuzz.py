# SPDX-License-Identifier: Apache-2.0
"""A thousand damaged files: no traceback, and no run that is not whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from backprobe.cli.main import main
from backprobe.store import catalog
from backprobe.store.imports import keep, sources
from backprobe.store.imports.imported import NotReadable
from backprobe.store.reader import RunReader

EACH = 250
"""Of each of four formats."""
THROUGH_THE_COMMAND = 10
"""One in so many goes through `backprobe import` and must answer in plain lines."""

CSV = "step,train/loss,lr,note\n" + "".join(f"{n},{2.0 * 0.9**n},0.1,\n" for n in range(50))


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """The bytes with one to four wounds."""
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, max(len(data), 1)))
        match int(rng.integers(0, 6)):
            case 0:  # cut short
                data = data[:at]
            case 1:  # a flipped bit
                if data:
                    bit = 1 << int(rng.integers(0, 8))
                    data = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
            case 2:  # a zeroed page
                data = data[:at] + bytes(min(4096, len(data) - at)) + data[at + 4096 :]
            case 3:  # foreign bytes in between
                data = data[:at] + rng.bytes(int(rng.integers(1, 64))) + data[at:]
            case 4:  # a stretch again
                data = data[:at] + data[max(at - 100, 0) :]
            case _:  # a stretch gone
                data = data[:at] + data[at + int(rng.integers(1, 200)) :]
    return data


def source(kind: str, request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """Name and bytes of a sound file of that format."""
    if kind == "csv":
        return "a.csv", CSV.encode()
    folder: Path = request.getfixturevalue(f"{kind}_folder")
    pattern = {"tensorboard": "*tfevents*", "wandb": "*.wandb", "mlflow": "*.db"}[kind]
    file = max(folder.rglob(pattern), key=lambda path: path.stat().st_size)
    return file.name, file.read_bytes()


@pytest.mark.parametrize("kind", ["tensorboard", "wandb", "mlflow", "csv"])
def test_damaged_files(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is imported as far as it can be read, or refused; the store has whole runs only."""
    name, sound = source(kind, request)
    rng = np.random.default_rng(7)
    imported = 0
    for count in range(EACH):
        folder = tmp_path / str(count)
        folder.mkdir()
        file = folder / name
        file.write_bytes(damaged(sound, rng))
        store = folder / "runs"
        if count % THROUGH_THE_COMMAND == 0:
            monkeypatch.setenv("BACKPROBE_DIR", str(store))
            done = CliRunner().invoke(main, ["import", str(file)])
            assert done.exit_code in (0, 2), (count, done.output, done.exception)
            assert "Traceback" not in done.output
        else:
            try:
                for run in sources.read(file):
                    keep.keep(store, run)
            except NotReadable:
                pass
        for kept in catalog.runs(store):
            reader = RunReader(kept)
            reader.refresh()
            assert reader.record().damage == (), count
            imported += 1
        if store.exists():
            assert not (store / keep.SCRATCH).exists()
    assert imported > EACH // 10  # most wounds leave something to read
