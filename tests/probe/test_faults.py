# SPDX-License-Identifier: Apache-2.0
"""A fault injected into each collector: the training is the same, it is told once, others go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe.probe import batches, evaluation, loading, state
from backprobe.probe.backward import Backward
from backprobe.probe.backward_passes import BackwardPasses
from backprobe.probe.capture import Capture
from backprobe.probe.dropped import Dropped
from backprobe.probe.forward import Forward
from backprobe.probe.heartbeat import Heartbeat
from backprobe.probe.inputs import Inputs
from backprobe.probe.layers import Layers
from backprobe.probe.loaders import Loaders
from backprobe.probe.losses import Losses
from backprobe.probe.named_losses import NamedLosses
from backprobe.probe.noise import SmallBatches
from backprobe.probe.optimizer_settings import OptimizerSettings
from backprobe.probe.parameters import ParameterSet
from backprobe.probe.probe import Probe
from backprobe.probe.recorder import Recorder
from backprobe.probe.scaling import Scaling
from backprobe.probe.state import State
from backprobe.probe.structure import Structure
from backprobe.records import Record
from tests.probe.settings import Net, Watch

STEPS = 6
TORCHS = (F.mse_loss, F.cross_entropy, F.dropout)
FAULTS: list[tuple[str, Any, str]] = [
    ("forward", Forward, "_enter"),
    ("forward", Forward, "_leave"),
    ("forward", Structure, "add_root"),
    ("outputs", Layers, "measure"),
    ("operations", Capture, "_see"),
    ("batches", Inputs, "_describe"),
    ("batches", batches, "facts"),
    ("batches", State, "keep_rows"),
    ("evaluation", evaluation, "judge"),
    ("backward", Backward, "_before"),
    ("losses", Losses, "read"),
    ("loaders", Loaders, "served"),
    ("loaders", Loaders, "find_target"),
    ("heartbeat", Heartbeat, "_before"),
    ("heartbeat", Heartbeat, "_after"),
    ("heartbeat", BackwardPasses, "before"),
    ("parameters", ParameterSet, "before"),
    ("parameters", ParameterSet, "after"),
    ("settings", OptimizerSettings, "look"),
    ("second moment", Heartbeat, "_lags"),
    ("noise", SmallBatches, "tell"),
    ("dropped gradients", Dropped, "before_backward"),
    ("occasional", Layers, "_occasional"),
    ("named losses", NamedLosses, "_take"),
    ("clipping", Probe, "clipped"),
    ("clipping", Probe, "clipped_values"),
    ("scaler", Scaling, "scaled"),
    ("scaler", Scaling, "stepping"),
    ("loading", loading.Loading, "take"),
    ("structure", State, "flush_structure"),
    ("recorder", Recorder, "drain"),
]
WITHOUT_STEPS = {"heartbeat", "recorder"}
"""Collectors without which there are no rows of steps."""
WITHOUT_PARAMETERS = {*WITHOUT_STEPS, "parameters"}


def training() -> tuple[Callable[[], Any], nn.Module]:
    """Loaders, two micro-batches a step, a scaler, both clippings, an evaluation."""
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    data = TensorDataset(torch.randn(48, 8), torch.randint(0, 4, (48,)))

    def train() -> Any:
        losses = []
        net.train()
        for number, (x, y) in enumerate(DataLoader(data, batch_size=4, shuffle=True)):
            loss = F.cross_entropy(net(x), y)
            scaler.scale(loss / 2).backward()
            losses.append(loss.item())
            if number % 2:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                nn.utils.clip_grad_value_(net.parameters(), 0.1)
                scaler.step(optimizer)
                scaler.update()
                optimizer.zero_grad()
        net.eval()
        with torch.no_grad():
            for x, y in DataLoader(data, batch_size=12):
                losses.append(F.cross_entropy(net(x), y).item())
        return losses, torch.get_rng_state().tolist(), [p.tolist() for p in net.parameters()]

    return train, net


def shape(record: Record) -> tuple[int, int, int, int, int]:
    """How much of each kind there is: steps, steps with tensors, with outputs, batches, phases."""
    return (
        len(record.steps),
        len(record.parameters_series.step),
        len(record.outputs.step),
        len(record.batches),
        len(record.evaluations),
    )


@pytest.fixture(scope="module")
def bare() -> Any:
    """What the training gives when nothing watches."""
    return training()[0]()


@pytest.mark.parametrize(
    ("collector", "owner", "name"), FAULTS, ids=[f"{c}-{n}" for c, _, n in FAULTS]
)
def test_a_fault_stays_ours(
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
    bare: Any,
    collector: str,
    owner: Any,
    name: str,
) -> None:
    """Losses, weights and random numbers are the same; one failure; the rest is recorded."""
    calls: list[int] = []

    def fault(*_: Any, **__: Any) -> Any:
        calls.append(1)
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(owner, name, fault)
    monkeypatch.setattr(state, "EVERY", 2)  # what is measured now and then is, here
    train, net = training()
    results: list[Any] = []
    models = [] if owner is Structure else [net]
    record = watch(lambda: results.append(train()), *models)
    assert calls, "the fault was never reached"
    assert results == [bare]
    told = [event.data["collector"] for event in record.named("failure")]
    assert told == [collector]
    assert any(f"the {collector} collector failed" in spot for spot in record.blind_spots)
    assert record.damage == ()
    assert torch.overrides._get_current_function_mode_stack() == []
    assert (F.mse_loss, F.cross_entropy, F.dropout) == TORCHS, "something stayed wrapped"
    steps, tensors, outputs, rows, phases = shape(record)
    if collector in WITHOUT_STEPS:
        assert steps <= 1
    else:
        assert steps == STEPS
    if collector not in WITHOUT_PARAMETERS:
        assert tensors == STEPS
        assert np.isfinite(record.parameters_series.values["update_rms"]).all()
    if collector not in {"outputs", "forward", *WITHOUT_STEPS}:
        assert outputs == STEPS
    if collector not in {"forward", "batches", "recorder", "heartbeat"}:
        assert rows >= 2 * STEPS
    if collector not in {"forward", "recorder", "evaluation"}:
        assert phases == 1
    if collector not in {"backward", *WITHOUT_STEPS}:
        assert np.isfinite(record.steps["loss"]).all()


def test_without_a_fault(watch: Watch, bare: Any) -> None:
    """The same training, whole: what the faults above are missing from."""
    train, net = training()
    results: list[Any] = []
    record = watch(lambda: results.append(train()), net)
    assert results == [bare]
    assert record.named("failure") == ()
    steps, tensors, outputs, rows, phases = shape(record)
    assert (steps, tensors, outputs, phases) == (STEPS, STEPS, STEPS, 1)
    assert rows >= 2 * STEPS
    assert np.allclose(record.steps["clip_limit"], 0.1)
    assert np.allclose(record.steps["scale"], 8.0)
    assert record.named("optimizer-settings") == ()


def test_a_step_that_raises(watch: Watch) -> None:
    """A user's own error in a closure is theirs to catch, and later steps are seen again."""
    net = nn.Linear(8, 4)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def closure() -> Any:
        raise ValueError("theirs")

    def train() -> None:
        for step in range(6):
            optimizer.zero_grad()
            net(torch.randn(4, 8)).sum().backward()
            if step == 2:
                with pytest.raises(ValueError, match="theirs"):
                    optimizer.step(closure)
            else:
                optimizer.step()

    record = watch(train, net)
    assert record.named("failure") == ()
    assert len(record.steps) == 5


def test_a_forward_that_raises(watch: Watch) -> None:
    """A user's own error inside a network leaves no mode of ours behind."""

    class Picky(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = Net()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.net(x)
            if x.shape[0] == 3:
                raise ValueError("theirs")
            return x

    net = Picky()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for rows in (4, 3, 4, 3, 4):
            try:
                loss = net(torch.randn(rows, 8)).sum()
            except ValueError:
                assert torch.overrides._get_current_function_mode_stack() == []
                continue
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    record = watch(train, net)
    assert record.named("failure") == ()
    assert record.steps["samples"].tolist() == [4, 4, 4]
    assert len(record.outputs.step) == 3
