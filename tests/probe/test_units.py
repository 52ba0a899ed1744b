# SPDX-License-Identifier: Apache-2.0
"""Single units of layers: what is read of each, how many, and how seldom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backprobe.probe import units
from backprobe.records import Record
from backprobe.store.reader import RunReader

Watch = Callable[..., Record]


def looks(record: Record) -> list[Mapping[str, NDArray[Any]]]:
    """The frames of the stream `units` of a run."""
    reader = RunReader(record.run)
    reader.refresh()
    (log,) = reader.logs.values()
    return log.assembled.units


def of_place(record: Record, index: int) -> list[dict[str, NDArray[Any]]]:
    """Each look at one place."""
    found = []
    for block in looks(record):
        ends = np.cumsum(block["length"], dtype=np.int64)
        for row in np.flatnonzero(block["index"] == index):
            part = slice(ends[row] - int(block["length"][row]), ends[row])
            one = {name: block[name][part].astype(float) for name in units.QUANTITIES}
            found.append({**one, "step": block["step"][row], "every": block["every"][row]})
    return found


def test_a_unit_is_what_plain_torch_says_of_it() -> None:
    """RMS, share of zeros and share beyond the ends, over rows and positions."""
    torch.manual_seed(0)
    sample = torch.relu(torch.randn(8, 5, 3))
    sample[:, 2] = 0
    found = units.measure(sample, 0.0, 0.5)
    assert torch.allclose(found[0], sample.square().mean(dim=(0, 2)).sqrt())
    assert torch.allclose(found[1], (sample == 0).float().mean(dim=(0, 2)))
    assert torch.allclose(found[2], (sample > 0.5).float().mean(dim=(0, 2)))
    assert found[:2, 2].tolist() == [0.0, 1.0]
    assert units.measure(sample, 1.0, -1.0)[2].isnan().all()


def test_of_a_wide_layer_units_and_values_are_few() -> None:
    """However large a layer is, a look reads 64 units at most and a part of their values."""
    large = torch.zeros(500, 1000, 4)
    assert units.measure(large, 1.0, -1.0).shape[1] <= units.MOST
    assert units.every(units.MOST) == 1
    assert units.every(units.MOST + 1) == 2


@pytest.mark.parametrize("native", ["1", "0"])
def test_dead_and_saturated_units_are_seen_one_by_one(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, native: str
) -> None:
    """The units that a bias kills or pins are the ones that the record names."""
    monkeypatch.setenv("BACKPROBE_NATIVE", native)
    torch.manual_seed(0)
    first, second = nn.Linear(4, 6), nn.Linear(6, 100)
    model = nn.Sequential(first, nn.ReLU(), second, nn.Tanh(), nn.Linear(100, 2))
    with torch.no_grad():
        first.bias[3] = -100.0
        second.bias[10] = 50.0
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)

    def train() -> None:
        for _ in range(3):
            optimizer.zero_grad()
            model(torch.randn(16, 4)).square().mean().backward()
            optimizer.step()

    record = watch(train, model)
    places = {place.type: place.index for place in record.places}
    relu, tanh = of_place(record, places["ReLU"]), of_place(record, places["Tanh"])
    assert relu[0]["step"] == tanh[0]["step"] == 0
    assert relu[0]["every"] == 1
    assert np.flatnonzero(relu[0]["zero"] == 1).tolist() == [3]
    assert relu[0]["rms"][3] == 0
    assert np.isnan(relu[0]["saturated"]).all()
    assert tanh[0]["every"] == 2  # of 100 units 50
    assert np.flatnonzero(tanh[0]["saturated"] == 1).tolist() == [5]
    assert tanh[0]["rms"][5] == pytest.approx(1.0)


def test_a_functional_activation_has_units_too(watch: Watch) -> None:
    """They are looked at where no module hook sees them."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Linear(3, 8), nn.Linear(8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.second(torch.relu(self.first(x)))

    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            model(torch.randn(16, 3)).square().mean().backward()
            optimizer.step()

    record = watch(train, model)
    (relu,) = (place.index for place in record.places if place.functional)
    found = of_place(record, relu)
    assert found
    assert len(found[0]["rms"]) == 8


def test_looks_become_rarer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten steps from the first, then by the clock: an hour has about 1,000 looks, a day 1,700."""
    now = 0.0
    monkeypatch.setattr("backprobe.probe.units.time.monotonic", lambda: now)
    clock = units.Clock()
    assert all(clock.due(step) for step in range(units.DENSE))
    counted: dict[int, int] = {}
    due = 0
    for second in range(1, 86_401):
        for part in range(4):
            now = second + part / 4
            due += clock.due(1000 + second)
        counted[second] = due
    assert 900 < counted[3600] < 1200
    assert counted[86_400] < 2000
