# SPDX-License-Identifier: Apache-2.0
"""Which of a module's arguments is its batch."""

from __future__ import annotations

import torch

from backprobe.probe.batches import first_tensor

IDS = torch.zeros(25, 16, dtype=torch.int64)


def test_the_state_of_a_recurrence_is_not_its_batch() -> None:
    """An LSTM's comes as a pair, a GRU's alone; sequences may come either way round."""
    state = torch.zeros(2, 16, 8)
    assert first_tensor((IDS, (state, state)), {}) is IDS
    assert first_tensor((IDS, state), {}) is IDS
    flipped = IDS.t()
    assert first_tensor((flipped, state), {}) is flipped


def test_features_are_preferred_to_ids_beside_them() -> None:
    """Also nodes to the ends of their edges."""
    features = torch.zeros(25, 4)
    assert first_tensor((IDS, features), {}) is features
    edges, nodes = torch.zeros(2, 40, dtype=torch.int64), torch.zeros(9, 4)
    assert first_tensor((edges, nodes), {}) is nodes
