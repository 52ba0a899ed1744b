# SPDX-License-Identifier: Apache-2.0
"""Assertions on networks, and the fixture that pytest finds by the package's entry point."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from backprobe.experiments import assertions
from tests.experiments.nets import classifier, rows

pytest_plugins = ["pytester"]


class Cut(nn.Module):
    """A network whose first layer gets no gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.relu(self.first(x)).detach())


class Leak(nn.Module):
    """A network that normalises over the batch, also in eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x - x.mean(0))


def test_a_sound_network_passes_and_is_unchanged() -> None:
    """All four assertions hold, and the weights are what they were."""
    model, batch = classifier(), rows(64)
    before = [one.clone() for one in model.parameters()]
    loss = nn.CrossEntropyLoss()
    assertions.assert_trains(model, loss, batch)
    assertions.assert_gradients_flow(model, loss, batch)
    assertions.assert_samples_independent(model, batch)
    assertions.assert_initial_loss(model, loss, batch)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_a_cut_graph_is_named() -> None:
    """The parameters without a gradient are in the message."""
    with pytest.raises(AssertionError, match=r"no gradient reaches first\.weight"):
        assertions.assert_gradients_flow(Cut(), nn.CrossEntropyLoss(), rows(64))


def test_rows_that_see_each_other() -> None:
    """A mean over the batch moves every row's output."""
    with pytest.raises(AssertionError, match="sample-independence"):
        assertions.assert_samples_independent(Leak(), rows(64))


def test_a_loss_that_begins_with_opinions() -> None:
    """Weights a hundred times too large give a first loss far above ln 3."""
    model = classifier()
    with torch.no_grad():
        model[4].weight.mul_(100)  # type: ignore[operator]
    with pytest.raises(AssertionError, match="ln 3"):
        assertions.assert_initial_loss(model, F.cross_entropy, rows(64))


def test_a_network_that_can_not_learn() -> None:
    """Equal rows with other targets can't be told apart, and that is the reason given."""
    x, y = rows(16)
    with pytest.raises(AssertionError, match="same input"):
        assertions.assert_trains(
            classifier(), nn.CrossEntropyLoss(), (x[:1].expand(16, 8).clone(), y)
        )


def test_the_fixture(pytester: pytest.Pytester) -> None:
    """A test that takes `backprobe_check` fails with the table where a check fails."""
    pytester.makepyfile(
        """
        import torch
        from torch import nn
        from torch.utils.data import DataLoader, TensorDataset

        def loader():
            x = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
            return DataLoader(TensorDataset(x, (x.sum(1) > 0).long()), 32, shuffle=True)

        def network():
            torch.manual_seed(0)
            return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))

        def test_sound(backprobe_check):
            table = backprobe_check(network(), nn.CrossEntropyLoss(), loader(), seconds=60)
            assert table["overfit-one-batch"].status == "pass"

        def test_alike(backprobe_check):
            model = network()
            for one in model.parameters():
                nn.init.constant_(one, 0.1)
            backprobe_check(model, nn.CrossEntropyLoss(), loader(), seconds=10)
        """
    )
    installed = any(one.name == "backprobe" for one in entry_points(group="pytest11"))
    named = [] if installed else ["-p", "backprobe.integrations.pytest_plugin"]
    result = pytester.runpytest_subprocess(*named, "-q")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*init-symmetry*not passed*"])


def test_the_package_names_its_plugin() -> None:
    """pytest finds it by the entry point `pytest11`."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    plugins = project["entry-points"]["pytest11"]
    assert plugins == {"backprobe": "backprobe.integrations.pytest_plugin"}
