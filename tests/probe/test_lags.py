# SPDX-License-Identifier: Apache-2.0
"""How many places on the ids lie that a model of sequences is taught."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from backprobe.probe.lags import BATCHES, Lags
from backprobe.probe.transfer import Transfers


def told(pairs: list[tuple[Tensor, Tensor]]) -> list[int]:
    """The places that are told after these batches of ids and targets."""
    found: list[dict[str, Any]] = []
    lags = Lags(lambda name, **data: found.append({"name": name, **data}), Transfers())
    for ids, target in pairs:
        lags.take(ids)
        lags.finish(target)
    assert all(event["name"] == "target-lag" for event in found)
    return [event["places"] for event in found]


@pytest.mark.parametrize("places", [-1, 0, 1, 2, 3])
def test_targets_so_many_places_on(places: int) -> None:
    """Flat, as losses take them, and with places that are ignored at the end."""
    generator = torch.Generator().manual_seed(0)
    pairs = []
    for _ in range(BATCHES + 2):
        ids = torch.randint(0, 30, (8, 20), generator=generator)
        target = torch.full((8, 20), -100)
        first, last = max(0, -places), min(20, 20 - places)
        target[:, first:last] = ids[:, first + places : last + places]
        pairs.append((ids, target.reshape(-1)))
    assert told(pairs) == [places]


def test_what_is_no_such_target_is_not_told() -> None:
    """Classes of rows, numbers, rows that repeat themselves."""
    ids = torch.randint(0, 30, (8, 20), generator=torch.Generator().manual_seed(1))
    assert told([(ids, ids[:, 0])] * BATCHES) == []
    assert told([(ids.float(), ids)] * BATCHES) == []
    same = torch.ones(8, 20, dtype=torch.long)
    assert told([(same, same)] * BATCHES) == [0]
    other = torch.randint(0, 30, (8, 20), generator=torch.Generator().manual_seed(2))
    assert told([(ids, other)] * BATCHES) == [0]


def fed(*looked_up: Tensor, target: Tensor) -> list[int]:
    """The module that is given its own targets, after two batches; -1: some get those before."""
    found: list[int] = []
    lags = Lags(lambda _, **data: found.append(data.get("module", -1)), Transfers())
    for _ in range(3):
        lags.look_up(list(enumerate(looked_up)))
        lags.finish(None)  # another batch's row ends first
        lags.finish(target)
    return found


def test_a_decoder_that_is_given_its_targets() -> None:
    """Unless it gets those before them, or what it is taught is the encoder's own input."""
    generator = torch.Generator().manual_seed(0)
    source, target = torch.randint(0, 30, (2, 8, 12), generator=generator)
    before = torch.cat([torch.zeros(8, 1, dtype=torch.long), target[:, :-1]], dim=1)
    flat = target.reshape(-1)
    assert fed(source, target, target=flat) == [1]
    assert fed(source[:, :5], target, target=flat) == [1]
    assert fed(source, before, target=flat) == [-1]
    assert fed(target, target, target=flat) == []
    assert fed(source, target, before, target=flat) == [-1]  # what a posterior reads
    assert fed(target, target=flat) == []
