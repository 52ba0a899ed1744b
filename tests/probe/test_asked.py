# SPDX-License-Identifier: Apache-2.0
"""Lines that ask a network at nearly every step are passed over, and counted all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe import session as sessions
from backprobe.probe import entry
from backprobe.records import Record
from backprobe.signals.judged import evaluations, share_of_steps
from backprobe.store.reader import RunReader

STEPS = 1500


def record_of(train: Callable[[], None], share: float | None) -> Record:
    """Of a training that is observed with this budget, `log_freq` aside."""
    session = sessions.start()
    entry.watch([], log="all", log_freq=None)
    probe = entry.current()
    assert probe is not None
    probe.state.budget.share = share
    try:
        train()
    finally:
        session.finish()
    reader = RunReader(session.run)
    reader.refresh()
    return reader.record()


def q_learning(ask: Callable[[nn.Module, torch.Tensor], torch.Tensor]) -> Callable[[], None]:
    """A loop that asks its policy and its target network at every step."""

    def train() -> None:
        torch.manual_seed(0)
        policy = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        target = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        optimizer = torch.optim.SGD(policy.parameters(), lr=0.01)
        for _ in range(STEPS):
            ask(policy, torch.randn(1, 4))
            x = torch.randn(16, 4)
            answers = policy(x)
            with torch.no_grad():
                wanted = target(x) + 1.0
            loss = nn.functional.mse_loss(answers, wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return train


def block(policy: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Without gradients, in a block."""
    with torch.no_grad():
        return policy(x)


@torch.no_grad()
def decorated(policy: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The same, as a decorator says it."""
    return policy(x)


def moded(policy: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """In evaluation mode too."""
    policy.eval()
    with torch.inference_mode():
        answers = policy(x)
    policy.train()
    return answers


@pytest.mark.parametrize("ask", [block, decorated, moded])
def test_questions_of_every_step_are_thinned_and_counted(
    ask: Callable[[nn.Module, torch.Tensor], torch.Tensor],
) -> None:
    """Each network is known to be asked at nearly every step, though few phases were seen."""
    record = record_of(q_learning(ask), 0.002)
    assert len(record.evaluations) < STEPS
    assert 0.7 * STEPS < evaluations(record) < 1.1 * STEPS
    roots = [module for module in record.modules if module.name == ""]
    assert len(roots) == 2
    for root in roots:
        assert share_of_steps(record, root) > 0.95


def test_all_are_seen_where_all_is_observed() -> None:
    """Of the policy: the target network's are a part of the training."""
    record = record_of(q_learning(block), None)
    assert len(record.evaluations) == evaluations(record) == STEPS


def test_an_evaluation_now_and_then_is_never_passed_over() -> None:
    """Whatever the budget: one in eight steps here."""

    def train() -> None:
        net = nn.Linear(4, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for number in range(STEPS):
            x = torch.randn(16, 4)
            loss = nn.functional.mse_loss(net(x), x[:, :1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if number % 8 == 7:
                net.eval()
                with torch.no_grad():
                    for _ in range(6):
                        nn.functional.mse_loss(net(x), x[:, :1])
                net.train()

    record = record_of(train, 0.0005)
    assert len(record.evaluations) == STEPS // 8
    assert record.evaluations.numbers("batches").tolist() == [6.0] * (STEPS // 8)


def test_a_moving_average_lets_the_hooks_be_off() -> None:
    """A block without a network in it does not wake them for the forward that comes next."""
    seen = []

    def train() -> None:
        net, average = nn.Linear(4, 1), nn.Linear(4, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        probe = entry.current()
        assert probe is not None
        for _ in range(STEPS):
            x = torch.randn(16, 4)
            loss = nn.functional.mse_loss(net(x), x[:, :1])
            seen.append(bool(probe.forward.hooks))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for mean, weight in zip(average.parameters(), net.parameters(), strict=True):
                    mean.lerp_(weight, 0.01)

    record_of(train, 0.002)
    assert sum(seen[STEPS // 2 :]) < 0.5 * STEPS // 2


class Probed(nn.Module):
    """A head on a backbone that its own forward runs without gradients."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
        self.head = nn.Linear(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits [n, 2] of rows [n, 4]."""
        with torch.no_grad():
            hidden = self.backbone(x)
        return torch.as_tensor(self.head(hidden))


def test_a_part_that_runs_without_gradients_in_a_forward_is_no_evaluation() -> None:
    """Nor is it one in steps that are not observed, whose forward began without the hooks."""

    def train() -> None:
        model = Probed()
        optimizer = torch.optim.SGD(model.head.parameters(), lr=0.01)
        data = TensorDataset(torch.randn(512, 4), torch.randint(0, 2, (512,)))
        for _ in range(10):
            for x, y in DataLoader(data, 16, shuffle=True):
                loss = nn.functional.cross_entropy(model(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    record = record_of(train, 0.002)
    assert len(record.evaluations) == 0
    assert not record.named("judged")
