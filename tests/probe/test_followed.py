# SPDX-License-Identifier: Apache-2.0
"""Observed steps that compiled code follows: the same numbers, whatever comes in between."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe import session as sessions
from backprobe.probe import entry, inputs, units
from backprobe.probe.followed import Followed
from tests.probe.settings import Net, Watch
from tests.probe.test_calls import alike, network, without

STEPS = 120
ODD = {60, 61, 75, 90}
"""Steps at which something happens that a step has not had before."""


@dataclass
class Loop:
    """One training, whose steps may do more at some of them."""

    net: nn.Module
    optimizer: torch.optim.Optimizer
    number: int = 0

    def batch(self) -> tuple[Tensor, Tensor]:
        """Random rows and classes."""
        return torch.randn(6, 8), torch.randint(0, 4, (6,))

    def loss(self) -> Tensor:
        """Of a batch."""
        x, y = self.batch()
        return F.cross_entropy(self.net(x), y)

    def step(self) -> None:
        """A step as in most loops."""
        loss = self.loss()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


Odd = Callable[[Loop], None]


def plain(loop: Loop) -> None:
    """Nothing but the step."""
    loop.step()


def evaluated(loop: Loop) -> None:
    """An evaluation before it."""
    loop.net.eval()
    with torch.no_grad():
        loop.loss()
    loop.net.train()
    loop.step()


def measured(loop: Loop) -> None:
    """A batch's accuracy without gradients, as many loops tell it."""
    x, y = loop.batch()
    loss = F.cross_entropy(out := loop.net(x), y)
    loop.optimizer.zero_grad()
    loss.backward()
    with torch.no_grad():
        (out.argmax(1) == y).float().mean().item()
    loop.optimizer.step()
    with torch.no_grad():
        loop.net.get_parameter("head.bias").norm().item()


def clipped(loop: Loop) -> None:
    """A clipped norm."""
    loss = loop.loss()
    loop.optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(loop.net.parameters(), 0.5)
    loop.optimizer.step()


def accumulated(loop: Loop) -> None:
    """Two batches a step."""
    loop.optimizer.zero_grad()
    loop.loss().backward()
    loop.loss().backward()
    loop.optimizer.step()


def kept(loop: Loop) -> None:
    """Gradients that nobody clears."""
    loop.loss().backward()
    loop.optimizer.step()


def twice(loop: Loop) -> None:
    """Two forwards, and a loss of both."""
    loop.optimizer.zero_grad()
    (loop.loss() + loop.loss()).backward()
    loop.optimizer.step()


def unused(loop: Loop) -> None:
    """A forward that nothing follows, at the end of a step."""
    loop.step()
    loop.loss()


def elsewhere(loop: Loop) -> None:
    """Another line that calls `backward`, of another kind of loss."""
    x, _ = loop.batch()
    loop.optimizer.zero_grad()
    loop.net(x).square().mean().backward()
    loop.optimizer.step()


def raised(loop: Loop) -> None:
    """A batch that the network can't take, and another one."""
    with pytest.raises(RuntimeError):
        loop.net(torch.randn(6, 9))
    loop.step()


def unstepped(loop: Loop) -> None:
    """A backward whose step is left out, and then a whole step."""
    loop.optimizer.zero_grad()
    loop.loss().backward()
    loop.step()


def closure(loop: Loop) -> None:
    """A step that runs its forward and backward itself."""

    def again() -> float:
        loop.optimizer.zero_grad()
        loss = loop.loss()
        loss.backward()
        return loss.item()

    loop.optimizer.step(again)


def other(loop: Loop) -> None:
    """Another network, with its own optimizer, in between."""
    net = nn.Sequential(nn.Linear(8, 4))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = loop.batch()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()
    loop.step()


def frozen(loop: Loop) -> None:
    """A layer without gradients, from now on."""
    loop.net.get_submodule("stem").requires_grad_(False)
    loop.step()


def replaced(loop: Loop) -> None:
    """Another network from now on, where the old one lay."""
    loop.net = loop.optimizer = None  # type: ignore[assignment]
    gc.collect()
    loop.net = network()
    loop.optimizer = torch.optim.AdamW(loop.net.parameters(), lr=1e-3)
    loop.step()


def slower(loop: Loop) -> None:
    """Another rate."""
    loop.optimizer.param_groups[0]["lr"] *= 0.5
    loop.step()


def broken(loop: Loop) -> None:
    """A loss that is no number."""
    x, y = loop.batch()
    loop.optimizer.zero_grad()
    (F.cross_entropy(loop.net(x), y) * float("nan")).backward()
    loop.optimizer.zero_grad()
    loop.optimizer.step()


def printed(loop: Loop) -> None:
    """A line that says how it goes, and what is recorded is written."""
    print("step", loop.number)
    running = sessions.current()
    if running is not None:
        running.flush()
    loop.step()


def detached(loop: Loop) -> None:
    """A step that is not watched."""
    entry.unwatch()
    loop.step()
    entry.watch(loop.net, log="all", log_freq=1)


ODDITIES: tuple[Odd, ...] = (
    plain,
    evaluated,
    measured,
    clipped,
    accumulated,
    kept,
    twice,
    unused,
    elsewhere,
    raised,
    unstepped,
    closure,
    other,
    frozen,
    replaced,
    slower,
    broken,
    printed,
    detached,
)


def training(
    odd: Odd, make: Callable[[], nn.Module] = network
) -> tuple[Callable[[], None], nn.Module]:
    """Steps of which some are odd."""
    torch.manual_seed(0)
    net = make()
    loop = Loop(net, torch.optim.AdamW(net.parameters(), lr=1e-3))

    def run() -> None:
        for loop.number in range(STEPS):
            (odd if loop.number in ODD else plain)(loop)

    return run, net


@pytest.fixture
def followed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Steps that were followed to their end, in counts."""
    monkeypatch.setattr(inputs, "CLOSE_BATCHES", 20)  # else a short run's batches are looked at
    counts: list[int] = []
    close, closed = Followed.close, Followed._closed

    def counted(self: Followed, *ended: Any) -> None:
        counts.append(1)
        close(self, *ended)

    def more(self: Followed) -> int:
        counts.append(closed(self))
        return counts[-1]

    monkeypatch.setattr(Followed, "close", counted)
    monkeypatch.setattr(Followed, "_closed", more)
    return counts


@pytest.mark.parametrize("odd", ODDITIES, ids=lambda odd: odd.__name__)
def test_python_tells_the_same(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, followed: list[int], odd: Odd
) -> None:
    """Of every step, and of evaluations."""
    compiled = watch(*training(odd))
    assert sum(followed) > (STEPS / 2 if odd is plain else STEPS / 6)
    without(monkeypatch)
    counted = sum(followed)
    interpreted = watch(*training(odd))
    assert sum(followed) == counted, "followed without compiled code"
    alike(compiled, interpreted)
    found, expected = compiled.evaluations, interpreted.evaluations
    assert set(found) == set(expected)
    for name in set(found) - {"time"}:
        assert np.array_equal(found[name], expected[name], equal_nan=True), name


@pytest.mark.parametrize("odd", [plain, raised, twice, evaluated], ids=lambda odd: odd.__name__)
def test_functional_activations(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, followed: list[int], odd: Odd
) -> None:
    """Forwards whose operations are seen, the odd ones too, and looks at units."""
    monkeypatch.setattr(units.Clock, "due", lambda _, step: step % 5 == 0)
    monkeypatch.setattr(units.Clock, "until", 0.0)
    compiled = watch(*training(odd, Net))
    assert sum(followed) > STEPS / 6
    assert {place.type for place in compiled.places} >= {"relu", "Linear", "LayerNorm"}
    without(monkeypatch)
    alike(compiled, watch(*training(odd, Net)))


def test_a_criterion_module_is_followed_too(watch: Watch, followed: list[int]) -> None:
    """Its forward comes between the network's and the backward."""
    torch.manual_seed(0)
    net, criterion = network(), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def run() -> None:
        for _ in range(STEPS):
            optimizer.zero_grad()
            criterion(net(torch.randn(6, 8)), torch.randint(0, 4, (6,))).backward()
            optimizer.step()

    record = watch(run, net)
    assert sum(followed) > STEPS / 2
    assert len(record.steps["step"]) == STEPS
    assert record.steps["loss_index"].tolist() == [0.0] * STEPS


def test_what_is_computed_without_gradients_ends_nothing(watch: Watch, followed: list[int]) -> None:
    """A batch's accuracy at every step."""
    torch.manual_seed(0)
    net = network()
    loop = Loop(net, torch.optim.SGD(net.parameters(), lr=0.01))

    def run() -> None:
        for _ in range(STEPS):
            measured(loop)

    watch(run, net)
    assert sum(followed) > STEPS / 2


def test_a_network_that_is_gone_is_not_kept(watch: Watch, followed: list[int]) -> None:
    """Neither it nor what its steps leave open."""
    alive: list[weakref.ref[nn.Module]] = []

    def run() -> None:
        steps, net = training(plain)
        alive.append(weakref.ref(net))
        steps()

    watch(run)
    assert sum(followed) > STEPS / 2
    gc.collect()
    assert alive[0]() is None
