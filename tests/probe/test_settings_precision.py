# SPDX-License-Identifier: Apache-2.0
"""Mixed precision, loss scaling and fused optimizers: what is recorded is in the user's units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from backprobe.probe.scaling import shifted
from backprobe.records import Record
from tests.probe.settings import Block, Net, Training, Watch, batch, twice

Made = tuple[Training, list[nn.Module]]


def norms(net: nn.Module) -> list[float]:
    """RMS of each parameter's gradient, NaN where it has none."""
    return [
        float("nan") if p.grad is None else float(p.grad.double().square().mean().sqrt())
        for p in net.parameters()
    ]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast(watch: Watch, dtype: torch.dtype) -> None:
    """Layer outputs are read in the low precision they have; gradients and weights are float32."""

    def make() -> Made:
        net = Net()
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)

        def train() -> Any:
            losses = []
            for _ in range(6):
                x, y = batch()
                with torch.autocast("cpu", dtype):
                    loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    found = twice(watch, make)
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched, rtol=1e-5)
    assert record.losses[0].kind == "cross_entropy"
    lowered = str(dtype).removeprefix("torch.")
    assert any(op.name == "linear" and op.dtype == lowered for op in record.graph)
    assert np.isfinite(record.outputs.values["out_rms"]).all()
    assert np.isnan(record.steps["scale"]).all()


def scaled(
    optimizer_of: Callable[[Any], torch.optim.Optimizer],
    clip: bool,
    checkpointed: bool,
    seen: dict[str, Any],
) -> Callable[[], Made]:
    """fp16 with a GradScaler whose second scale is far too large: some steps are skipped."""

    def make() -> Made:
        net = Net()
        optimizer = optimizer_of(net.parameters())
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, growth_interval=2)

        def forward(x: Tensor) -> Tensor:
            return checkpoint(net, x, use_reentrant=False) if checkpointed else net(x)

        def train() -> Any:
            seen.update(losses=[], scales=[], skips=[], rms=[])
            for step in range(24):
                if step == 12:
                    scaler.update(2.0**40)
                x, y = batch()
                with torch.autocast("cpu", torch.float16):
                    loss = F.cross_entropy(forward(x), y)
                optimizer.zero_grad()
                scaler.scale(loss).backward()
                if clip:
                    scaler.unscale_(optimizer)
                    nn.utils.clip_grad_norm_(net.parameters(), 1e9)
                scale = scaler.get_scale()
                scaler.step(optimizer)
                rms = np.array(norms(net))  # a fused step has unscaled them in place
                scaler.update()
                seen["losses"].append(loss.item())
                seen["scales"].append(scale)
                seen["skips"].append(float(not np.isfinite(rms).all()))
                seen["rms"].append(rms.tolist())
            return seen["losses"], [p.tolist() for p in net.parameters()]

        return train, [net]

    return make


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(("clip", "checkpointed"), [(False, False), (True, False), (False, True)])
def test_grad_scaler(watch: Watch, fused: bool, clip: bool, checkpointed: bool) -> None:
    """Losses and gradients are unscaled; skipped steps are rows with `skipped` and no update."""
    seen: dict[str, Any] = {}
    made = scaled(
        lambda p: torch.optim.AdamW(p, lr=1e-3, fused=fused, foreach=False if fused else None),
        clip,
        checkpointed,
        seen,
    )
    record = twice(watch, made).record
    steps, series = record.steps, record.parameters_series
    assert len(steps) == 24
    assert 0 < sum(seen["skips"]) < 24
    assert steps["skipped"].tolist() == seen["skips"]
    assert np.allclose(steps["scale"], seen["scales"])
    assert np.allclose(steps["loss"], seen["losses"], rtol=1e-3)
    good = np.array(seen["skips"]) == 0
    expected = np.array(seen["rms"])
    assert np.allclose(series.values["grad_rms"][good], expected[good], rtol=1e-3)
    assert np.allclose(
        steps["grad_norm"][good],
        [np.sqrt(sum(v * v * p.size for v, p in zip(row, record.parameters, strict=True)))
         for row in expected[good]],
        rtol=1e-3,
    )  # fmt: skip
    assert (series.values["grad_nonfinite"][~good].max(axis=1) > 0).all()
    assert (series.values["update_rms"][~good] == 0).all()
    assert (np.nan_to_num(series.values["update_rms"][good]).max(axis=1) > 0).all()
    if clip:
        assert np.allclose(steps["clip_norm"][good], steps["grad_norm"][good], rtol=1e-3)


def test_histograms_are_unscaled() -> None:
    """Dividing by 2^k moves each exponent's bin by k, towards zero on both sides."""
    counts = np.zeros((1, 135), np.uint32)
    counts[0, [23, 108, 66, 132, 60, 70]] = [3, 5, 7, 1, 2, 4]  # -1…, +1…, zero, NaN, small ones
    moved = shifted(counts, 2.0**10)
    assert moved.sum() == counts.sum()
    assert moved[0, [33, 98, 66, 132, 64, 67]].tolist() == [3, 5, 7, 1, 2, 4]
    assert (shifted(counts, 1.0) == counts).all()


@pytest.mark.parametrize(
    "make_optimizer",
    [
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, foreach=True),
        lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, fused=True),
        lambda p: torch.optim.Adam(p, lr=torch.tensor(0.01), foreach=False),
        lambda p: torch.optim.AdamW(p, lr=0.01, fused=True),
        lambda p: torch.optim.Adagrad(p, lr=0.01, fused=True),
        lambda p: torch.optim.RMSprop(p, lr=0.01, foreach=True),
    ],
    ids=["sgd-foreach", "sgd-fused", "adam-tensor-lr", "adamw-fused", "adagrad-fused", "rmsprop"],
)
def test_foreach_and_fused(
    watch: Watch, make_optimizer: Callable[[Any], torch.optim.Optimizer]
) -> None:
    """Each optimizer's updates, gradients and rate are read around its step."""
    movements: list[float] = []

    def make() -> Made:
        net = Net()
        optimizer = make_optimizer(net.parameters())

        def train() -> Any:
            losses = []
            movements.clear()
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x), y)
                optimizer.zero_grad()
                loss.backward()
                before = net.head.weight.detach().clone()
                optimizer.step()
                movements.append(float((net.head.weight.detach() - before).square().mean().sqrt()))
                losses.append(loss.item())
            return losses

        return train, [net]

    record = twice(watch, make).record
    head = next(p.index for p in record.parameters if p.name == "head.weight")
    assert np.allclose(record.parameters_series.of("update_rms", head), movements, rtol=1e-3)
    assert np.isfinite(record.steps["lr"]).all()
    assert record.optimizers[0].groups[0]["lr"] == pytest.approx(record.steps["lr"][0])


def test_low_precision_parameters(watch: Watch) -> None:
    """Weights, gradients and updates of a bfloat16 model are read in bfloat16."""

    def make() -> Made:
        net = nn.Sequential(nn.Linear(8, 16), Block(16), nn.Linear(16, 4)).bfloat16()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)

        def train() -> Any:
            losses = []
            for _ in range(4):
                x, y = batch()
                loss = F.cross_entropy(net(x.bfloat16()), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses

        return train, [net]

    record: Record = twice(watch, make).record
    assert {p.dtype for p in record.parameters} == {"bfloat16"}
    assert np.isfinite(record.parameters_series.values["grad_rms"]).all()
    assert (record.parameters_series.values["update_rms"].max(axis=0) > 0).any()
