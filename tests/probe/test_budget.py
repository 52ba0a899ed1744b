# SPDX-License-Identifier: Apache-2.0
"""Steps that the budget passes over are counted, and their losses told, whatever else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import nn

from backprobe import session as sessions
from backprobe.probe import entry
from backprobe.probe.budget import DENSE, GROWTH, Budget
from backprobe.probe.kernels import calls
from backprobe.probe.recorder import STEP_COLUMNS
from backprobe.records import Record
from backprobe.store.reader import RunReader
from tests.probe.settings import Net

STEPS = 200
Train = Callable[[nn.Module, torch.optim.Optimizer, int], Any]


@pytest.fixture
def thrifty() -> Iterator[Callable[..., Record]]:
    """`thrifty(step)`: the record of 200 steps under a budget of nothing at all."""

    def run(train: Callable[[], Any], model: nn.Module) -> Record:
        session = sessions.start()
        entry.watch(model)
        probe = entry.current()
        assert probe is not None
        probe.state.budget.share = 0.0
        try:
            train()
        finally:
            session.finish()
        reader = RunReader(session.run)
        reader.refresh()
        return reader.record()

    yield run
    left = sessions.current()
    if left is not None:
        left.finish()


def train(step: Train) -> tuple[Callable[[], Any], nn.Module, list[float]]:
    """200 calls of a step, the model, and the losses that they return."""
    torch.manual_seed(0)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses: list[float] = []

    def loop() -> None:
        losses.extend(step(net, optimizer, number) for number in range(STEPS))

    return loop, net, losses


def plain(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
    """One step on random data."""
    loss = F.cross_entropy(net(torch.randn(4, 8)), torch.randint(0, 4, (4,)))
    optimizer.zero_grad()
    loss.backward()
    if number % 50 == 40:
        optimizer.param_groups[0]["lr"] *= 0.5
    optimizer.step()
    return loss.item()


def clipped(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
    """One step whose gradients are clipped at every second time."""
    loss = F.cross_entropy(net(torch.randn(4, 8)), torch.randint(0, 4, (4,)))
    optimizer.zero_grad()
    loss.backward()
    if number % 2:
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
    optimizer.step()
    return loss.item()


def evaluated(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
    """One step, with an evaluation after every fortieth."""
    loss = plain(net, optimizer, number)
    if number % 40 == 39:
        net.eval()
        with torch.no_grad():
            F.cross_entropy(net(torch.randn(12, 8)), torch.randint(0, 4, (12,)))
        net.train()
    return loss


def checked(record: Record, losses: list[float], alone: bool = True) -> None:
    """All steps are there, with their losses, and few of them were observed."""
    assert record.named("failure") == ()
    assert record.steps["step"].tolist() == list(range(STEPS))
    assert np.allclose(record.steps["loss"], losses, rtol=1e-6)
    assert (np.diff(record.steps["time"]) >= 0).all()
    observed = record.steps["observed"].astype(bool)
    assert observed[:DENSE].all()
    assert DENSE < observed.sum() <= DENSE + 2 + np.log(STEPS / DENSE) / np.log(GROWTH)
    if alone:
        assert record.parameters_series.step.tolist() == np.flatnonzero(observed).tolist()
    assert record.outputs.step.tolist() == np.flatnonzero(observed).tolist()


def paused(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
    """One step; a gradient is taken apart from it now and then, and a loss is not finite."""
    if number in (60, 110):
        net.zero_grad()
        net(torch.randn(3, 8)).sum().backward()
    loss = plain(net, optimizer, number)
    if number == 90:
        head: Any = net.get_submodule("head")
        with torch.no_grad():
            head.bias.zero_()
    return loss


def test_python_tells_the_same(
    thrifty: Callable[..., Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no compiled code follows the steps that are passed over."""
    records = []
    for compiled in (True, False):
        if not compiled:
            monkeypatch.setattr(calls, "_library", lambda: None)
        loop, net, _ = train(paused)
        records.append(thrifty(loop, net))
    assert len(records[0].steps) == STEPS
    for name in set(STEP_COLUMNS) - {"time", "seconds"}:
        one, other = (record.steps[name] for record in records)
        assert np.array_equal(one, other, equal_nan=True), name


def test_compiled_code_follows(thrifty: Callable[..., Record]) -> None:
    """Most of the steps that are passed over call no hook of ours in Python."""
    loop, net, _ = train(plain)
    taken: list[int] = []

    def counted() -> None:
        probe = entry.current()
        assert probe is not None
        take = probe.heartbeat.unobserved.take

        def told(*args: Any) -> None:
            taken.append(probe.state.step)
            take(*args)

        probe.heartbeat.unobserved.take = told  # type: ignore[method-assign, assignment]
        loop()

    record = thrifty(counted, net)
    assert calls._library() is not None, "no C compiler: compiled code is not tested"
    assert 0 < len(taken) < (record.steps["observed"] == 0).sum() / 2


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("step", [plain, clipped, evaluated])
def test_every_loss_is_told(
    thrifty: Callable[..., Record], monkeypatch: pytest.MonkeyPatch, step: Train, compiled: bool
) -> None:
    """Of a step that is not observed the row is there: loss, rate, settings that apply."""
    if not compiled:
        monkeypatch.setattr(calls, "_library", lambda: None)
    loop, net, losses = train(step)
    record = thrifty(loop, net)
    checked(record, losses)
    if step is plain:
        rates = record.steps["lr"]
        assert np.allclose(rates[[0, 39, 41, 199]], [1e-2, 1e-2, 5e-3, 6.25e-4], rtol=1e-5)
    if step is clipped:
        assert np.isfinite(record.steps["clip_norm"]).tolist() == [False, True] * (STEPS // 2)
    if step is evaluated:
        assert len(record.evaluations) == STEPS // 40
        assert record.evaluations["rows"].tolist() == [12] * (STEPS // 40)


def test_a_second_optimizer_comes_later(thrifty: Callable[..., Record]) -> None:
    """An optimizer whose first step is one that is not observed is numbered all the same."""
    late = nn.Linear(8, 8)
    other = torch.optim.SGD(late.parameters(), lr=0.1)

    def step(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
        if number < 100:
            return plain(net, optimizer, number)
        loss = F.cross_entropy(net(late(torch.randn(4, 8))), torch.randint(0, 4, (4,)))
        optimizer.zero_grad()
        other.zero_grad()
        loss.backward()
        optimizer.step()
        other.step()
        return loss.item()

    loop, net, losses = train(step)
    record = thrifty(loop, net)
    checked(record, losses, alone=False)
    assert [optimizer.type for optimizer in record.optimizers] == ["Adam", "SGD"]


def test_a_scaler_comes_later(thrifty: Callable[..., Record]) -> None:
    """From the first scaled loss on the scale is in the record, and the losses are unscaled."""
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)

    def step(net: nn.Module, optimizer: torch.optim.Optimizer, number: int) -> Any:
        if number < 100:
            return plain(net, optimizer, number)
        loss = F.cross_entropy(net(torch.randn(4, 8)), torch.randint(0, 4, (4,)))
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    loop, net, losses = train(step)
    record = thrifty(loop, net)
    checked(record, losses)
    assert np.isnan(record.steps["scale"][:100]).all()
    assert (record.steps["scale"][101:] == 8.0).all()


def test_time_in_which_nothing_is_watched_earns_nothing() -> None:
    """What is watched after a pause is not dearer than the time that was watched allows."""
    one = Budget(0.02)
    one.start()
    for _ in range(DENSE + 1):
        one.next()
    one.spent += 1.0  # at a share of 2 % that takes 50 seconds to be within it again
    left = one.share * (perf_counter() - one.since) - (one.spent - one.paid)  # type: ignore[operator]
    before = one.elapsed()
    one.pause()
    sleep(0.2)
    one.pause()
    assert one.elapsed() - before < 0.1
    one.go_on()
    now = perf_counter()
    assert 0.02 * (now - one.since) - (one.spent - one.paid) < left + 0.002
    assert one.elapsed() - before < 0.1


def test_a_step_that_is_expected_is_observed() -> None:
    """Whatever was due before it; a light trial and aligned ranks go by their own rules."""
    for wanted, budget in (
        (True, Budget(0.0)),
        (False, Budget(0.0, aligned=True)),
        (False, Budget(0.02, only=3)),
    ):
        seen = [budget.next() for _ in range(30)]
        budget.spent += 1.0  # no step is observed for its own sake from now on
        budget.expect(22)
        seen += [budget.next() for _ in range(25)]
        assert seen[29 + 22] == wanted, wanted
