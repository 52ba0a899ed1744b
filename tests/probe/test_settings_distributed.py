# SPDX-License-Identifier: Apache-2.0
"""Two real gloo processes: each rank logs its own, alone.

Some are started by `backprobe run torchrun`; the others are forked, as their start is the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprobe.records import Record
from backprobe.store import catalog
from backprobe.store.reader import RunReader
from tests.probe.conftest import Ranks
from tests.probe.distributed_training import LONG, STEPS

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("distributed_training.py")
SECONDS = 240.0


def run(tmp_path: Path, *words: str, ranks: int = 2) -> tuple[int, Any]:
    """Exit status of a training under `backprobe run`, and each rank's losses, by rank."""
    command = [str(SCRIPT), *words]
    if ranks > 1:
        launcher = [str(Path(sys.executable).with_name("torchrun")), "--standalone"]
        command = [*launcher, "--nproc-per-node", str(ranks), *command]
    done = subprocess.run(
        [sys.executable, "-m", "backprobe", "run", "--budget", "1", *command],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return done.returncode, noted(tmp_path, done.stderr)


def forked(
    ranks: Ranks, tmp_path: Path, way: str, watched: bool = True, budget: str = "1"
) -> tuple[int, Any]:
    """The same of two forked ranks, with the probe or without."""
    statuses, said = ranks(tmp_path, [str(SCRIPT), way], budget if watched else None)
    return max(statuses, key=abs), noted(tmp_path, said)


def noted(folder: Path, said: str) -> dict[int, list[float]]:
    """The losses that ranks have left in a folder, which they are taken from."""
    files = sorted(folder.glob("*.json"))
    assert files, said[-3000:]
    losses = {int(path.stem): json.loads(path.read_text()) for path in files}
    for path in files:
        path.unlink()
    return losses


def read(directory: Path) -> tuple[list[Record], Record]:
    """The records of the newest run: one a rank, and merged."""
    reader = RunReader(catalog.find(directory))
    reader.refresh()
    return reader.records(), reader.record()


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The same training in one process, on the whole batches."""
    folder = tmp_path_factory.mktemp("single")
    before = os.environ.get("BACKPROBE_DIR")
    os.environ["BACKPROBE_DIR"] = str(folder / "runs")
    try:
        status, _ = run(folder, "plain", ranks=1)
    finally:
        os.environ.pop("BACKPROBE_DIR")
        if before is not None:
            os.environ["BACKPROBE_DIR"] = before
    assert status == 0
    return read(folder / "runs")[1]


@pytest.mark.parametrize("way", ["ddp", "fsdp", "whole"])
def test_merged_ranks_are_the_single_process(
    tmp_path: Path, store_directory: Path, ranks: Ranks, single: Record, way: str
) -> None:
    """Losses are as without us; gradients, weights, norms and inits merge into those of one."""
    bare = forked(ranks, tmp_path, way, watched=False)
    watched = run(tmp_path, way) if way == "ddp" else forked(ranks, tmp_path, way)
    assert watched == bare
    records, merged = read(store_directory)
    assert [(record.rank, record.world) for record in records] == [(0, 2), (1, 2)]
    for record in records:
        assert record.named("failure") == ()
        assert record.damage == ()
        assert np.allclose(record.steps["loss"], bare[1][record.rank], rtol=1e-5)
        local = {parameter.local for parameter in record.parameters}
        assert (local == {-1}) == (way == "ddp")
    assert [p.name for p in merged.parameters] == [p.name for p in single.parameters]
    assert merged.steps["samples"].tolist() == single.steps["samples"].tolist()
    for column in ("loss", "grad_norm", "clip_norm", "lr", "carried"):
        assert np.allclose(merged.steps[column], single.steps[column], rtol=1e-3, equal_nan=True), (
            column
        )
    for signal, values in single.parameters_series.values.items():
        if signal.startswith(("grad_", "weight_")) and not signal.endswith("cosine"):
            mine = merged.parameters_series.values[signal]
            assert np.allclose(mine, values, rtol=2e-3, atol=1e-6, equal_nan=True), signal
    for joined, whole in zip(merged.parameters, single.parameters, strict=True):
        assert joined.shape == whole.shape
        for name in ("mean", "std", "min", "max", "rows"):
            if name in whole.initial:
                assert joined.initial[name] == pytest.approx(whole.initial[name], rel=1e-4), name
    assert [place.name for place in merged.places] == [place.name for place in single.places]
    for signal in ("out_mean", "out_rms", "out_min", "out_max"):
        assert np.allclose(
            merged.outputs.values[signal][:3], single.outputs.values[signal][:3], rtol=1e-2,
            atol=1e-3,
        ), signal  # fmt: skip
    assert not merged.named("ranks-apart")


def test_fsdp_on_a_transformers_model(tmp_path: Path, store_directory: Path, ranks: Ranks) -> None:
    """Shards, bf16, checkpointing, accumulation and clipping: as without us, and all is there."""
    pytest.importorskip("transformers")
    bare = forked(ranks, tmp_path, "llama", watched=False)
    assert run(tmp_path, "llama") == bare
    records, merged = read(store_directory)
    for record in records:
        assert record.named("failure") == ()
        mean = np.array(bare[1][record.rank]).reshape(-1, 2).mean(axis=1)
        assert np.allclose(record.steps["loss"], mean, rtol=1e-3)
        assert record.steps["backwards"].tolist() == [2] * STEPS
        assert all(parameter.local >= 0 for parameter in record.parameters)
        assert np.isfinite(record.outputs.values["out_entropy"][0]).sum() == 2
    assert {p.name for p in merged.parameters} >= {"model.layers.1.self_attn.q_proj.weight"}
    assert np.isfinite(merged.steps["grad_norm"]).all()
    assert np.allclose(
        merged.steps["grad_norm"], np.minimum(merged.steps["clip_norm"], 1), rtol=0.02
    )
    assert len(merged.noise) >= STEPS - 2
    assert (merged.noise["micro"] == 4).all()
    assert sum(merged.losses[0].target["classes"]) > 0


@pytest.mark.parametrize("way", ["llama-ddp", "llama-fsdp1"])
def test_other_wrappers_of_a_transformers_model(
    tmp_path: Path, store_directory: Path, ranks: Ranks, way: str
) -> None:
    """DDP that looks for unused parameters, and FSDP1, of which only that much is promised."""
    pytest.importorskip("transformers")
    bare = forked(ranks, tmp_path, way, watched=False)
    assert forked(ranks, tmp_path, way) == bare
    records, merged = read(store_directory)
    for record in records:
        assert record.named("failure") == ()
        mean = np.array(bare[1][record.rank]).reshape(-1, 2).mean(axis=1)
        assert np.allclose(record.steps["loss"], mean, rtol=1e-5)
        assert record.steps["backwards"].tolist() == [2] * STEPS
    assert any("FSDP1" in spot for spot in merged.blind_spots) == (way == "llama-fsdp1")
    assert merged.losses[0].kind == "cross_entropy"  # DDP's own node stands before it
    assert sum(merged.losses[0].target["classes"]) > 0
    if way == "llama-ddp":
        assert (merged.noise["micro"] == 4).all()
        assert len(merged.noise) >= 2 * (STEPS - 2)
    else:
        assert len(merged.noise) == 0


def test_ranks_thin_alike(tmp_path: Path, store_directory: Path, ranks: Ranks) -> None:
    """Each rank keeps its own budget, and yet the steps of one are among the other's."""
    assert forked(ranks, tmp_path, "long", budget="0.02")[0] == 0
    records, merged = read(store_directory)
    seen = [set(record.parameters_series.step.tolist()) for record in records]
    assert max(len(steps) for steps in seen) < LONG  # the budget is at work
    common = seen[0] & seen[1]
    assert len(common) >= 0.8 * min(len(steps) for steps in seen)
    rms = merged.parameters_series.values["grad_rms"]
    whole = np.isfinite(rms).all(axis=1)
    assert set(merged.parameters_series.step[whole].tolist()) == common


def test_ranks_that_drift_apart(tmp_path: Path, store_directory: Path, ranks: Ranks) -> None:
    """A weight that one rank changed by itself is told, with the step and the name."""
    assert forked(ranks, tmp_path, "drift")[0] == 0
    (event,) = read(store_directory)[1].named("ranks-apart")
    assert event.data["step"] == 3
    assert event.data["ranks"] == [0, 1]
    assert "0.weight" in event.data["parameters"]


def test_a_rank_that_ends_early_holds_nobody_up(tmp_path: Path, store_directory: Path) -> None:
    """The other rank trains on to its end, and both records are whole."""
    status, noted = run(tmp_path, "early")
    assert status == 0
    records, merged = read(store_directory)
    assert [len(record.steps) for record in records] == [8, 3]
    assert len(noted[1]) == 3
    assert all(record.named("end") for record in records)
    assert len(merged.steps) == 8


def test_processes_that_the_script_spawns(tmp_path: Path, store_directory: Path) -> None:
    """Ranks known to `init_process_group` only, with no variable set, are told apart too."""
    assert run(tmp_path, "spawn", ranks=1)[0] == 0
    records, _ = read(store_directory)
    assert [(r.rank, r.world, len(r.steps)) for r in records] == [(0, 2, 8), (1, 2, 8)]
