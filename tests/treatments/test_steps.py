# SPDX-License-Identifier: Apache-2.0
"""Treatments of optimizers and gradients do what editing the loop would, bit for bit."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

from .conftest import Treat
from .nets import classifier, data, train


def sgd(model: nn.Module, **settings: float) -> torch.optim.Optimizer:
    """SGD of rate 0.1."""
    return torch.optim.SGD(model.parameters(), **{"lr": 0.1, **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("scale-lr=10", {"lr": 1.0}),
        ("lr=0.02", {"lr": 0.02}),
        ("momentum=0.5", {"momentum": 0.5}),
        ("weight-decay=0.1", {"weight_decay": 0.1}),
    ],
)
def test_settings_hold_during_steps(treat: Treat, text: str, settings: dict[str, float]) -> None:
    """The losses are those of a script with the setting, which the script itself does not see."""
    model = classifier(nn.ReLU)
    expected = train(model, sgd(model, **settings))
    treat(text)
    model = classifier(nn.ReLU)
    optimizer = sgd(model)
    assert train(model, optimizer) == expected
    assert optimizer.param_groups[0]["lr"] == 0.1


def test_a_schedule_goes_on_under_a_scaled_rate(treat: Treat) -> None:
    """A schedule that sets rates of its own is scaled as well."""

    def losses(peak: float) -> list[float]:
        model = classifier(nn.ReLU)
        optimizer = sgd(model)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, peak, total_steps=8)
        return _run(model, optimizer, schedule)

    expected = losses(0.5)
    treat("scale-lr=10")
    assert losses(0.05) == pytest.approx(expected, rel=1e-4)


def _run(model: nn.Module, optimizer: torch.optim.Optimizer, schedule: object) -> list[float]:
    found = []
    for _ in range(8):
        found += train(model, optimizer, rounds=1)
        schedule.step()  # type: ignore[attr-defined]
    return found


def test_zero_grad_clears_what_the_script_keeps(treat: Treat) -> None:
    """A loop without `zero_grad` becomes one with it."""
    expected = train(classifier())
    treat("zero-grad")
    assert train(classifier(), clear=False) == expected


def test_zero_grad_keeps_accumulation(treat: Treat) -> None:
    """Several backward passes before a step still add up."""
    treat("zero-grad")
    model = classifier()
    optimizer = sgd(model)
    train(model, optimizer, clear=False, rounds=1)
    x, y = data()
    for _ in range(2):
        nn.functional.cross_entropy(model(x), y).backward()
    doubled = model[0].weight.grad.clone()
    model.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    assert torch.allclose(doubled, 2 * model[0].weight.grad)


def test_zero_grad_where_it_is_called_is_refused(treat: Treat) -> None:
    """After twenty steps it is sure that there is nothing to clear."""
    applied = treat("zero-grad")
    train(classifier(), rounds=25)
    assert "itself" in applied.points.report.refused["zero-grad"]


def test_missing_steps_are_made(treat: Treat) -> None:
    """A loop that never steps begins to learn."""
    model = classifier(nn.ReLU)
    still = model[0].weight.detach().clone()
    train(model, step=False)
    assert torch.equal(model[0].weight, still)
    treat("step-optimizer")
    losses = train(model, step=False, rounds=30)
    assert losses[-1] < losses[0]


def test_the_step_of_a_script_that_steps_is_not_doubled(treat: Treat) -> None:
    """It is refused, and the losses stay."""
    expected = train(classifier())
    applied = treat("step-optimizer")
    assert train(classifier()) == expected
    assert "itself" in applied.points.report.refused["step-optimizer"]


def test_clipping_is_that_of_torch(treat: Treat) -> None:
    """The losses of a script that clips."""
    model = classifier()
    clip = partial(torch.nn.utils.clip_grad_norm_, list(model.parameters()), 0.05)
    expected = train(model, before_step=clip)
    treat("clip-gradients=0.05")
    assert train(classifier()) == expected


def test_a_scripts_own_clipping_is_loosened(treat: Treat) -> None:
    """With a larger limit the script trains as without clipping."""
    expected = train(classifier())
    treat("clip-gradients=1000")
    model = classifier()
    tight = lambda: torch.nn.utils.clip_grad_norm_(model.parameters(), 0.001)  # noqa: E731
    assert train(model, before_step=tight) == expected


def test_another_optimizer_steps_instead(treat: Treat) -> None:
    """The losses of a script under Adam; the gradients are there after the step."""
    model = classifier()
    expected = train(model, torch.optim.Adam(model.parameters(), lr=1e-3))
    treat("swap-optimizer=adam")
    model = classifier()
    assert train(model, sgd(model, momentum=0.9)) == expected
    assert model[0].weight.grad is not None


def test_the_same_optimizer_at_a_far_rate_is_another(treat: Treat) -> None:
    """Adam at 1e-6 becomes Adam at 1e-3; near its usual rate it is refused."""
    model = classifier()
    expected = train(model, torch.optim.Adam(model.parameters(), lr=1e-3))
    applied = treat("swap-optimizer=adam")
    model = classifier()
    assert train(model, torch.optim.Adam(model.parameters(), lr=1e-6)) == expected
    assert not applied.points.report.refused
    applied.undo()
    applied = treat("swap-optimizer=adam")
    train(model, torch.optim.Adam(model.parameters(), lr=2e-3), rounds=1)
    assert "already" in applied.points.report.refused["swap-optimizer=adam"]


def test_what_the_optimizer_lacks_is_given(treat: Treat) -> None:
    """A layer that was left out begins to move."""
    applied = treat("optimize-all")
    model = classifier()
    optimizer = torch.optim.SGD(model[2:].parameters(), lr=0.1)
    before = model[0].weight.detach().clone()
    train(model, optimizer)
    assert not torch.equal(model[0].weight, before)
    applied.undo()
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert id(model[0].weight) not in held


def test_what_comes_later_is_given_too(treat: Treat) -> None:
    """A head that is replaced between two trainings."""
    applied = treat("optimize-all")
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(model, optimizer)
    assert not applied.points.report.applied
    model[4] = nn.Linear(16, 3)
    before = model[4].weight.detach().clone()
    train(model, optimizer, rounds=20)
    assert not torch.equal(model[4].weight, before)
    assert "optimize-all" in applied.points.report.applied


def test_frozen_layers_thaw(treat: Treat) -> None:
    """Also where the optimizer got only what was not frozen."""
    treat("unfreeze")
    model = classifier()
    model[0].requires_grad_(False)
    before = model[0].weight.detach().clone()
    train(model, torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1))
    assert not torch.equal(model[0].weight, before)


def test_accumulated_gradients_are_averaged(treat: Treat) -> None:
    """Two equal passes step as one."""
    expected = train(classifier(), rounds=2)
    treat("normalize-gradient-sum")
    model = classifier()
    optimizer = sgd(model)
    x, y = data()
    for _ in range(2):
        nn.functional.cross_entropy(model(x[:32]), y[:32]).backward()
    optimizer.step()
    optimizer.zero_grad()
    assert nn.functional.cross_entropy(model(x[32:64]), y[32:64]).item() == pytest.approx(
        expected[1], rel=1e-5
    )
