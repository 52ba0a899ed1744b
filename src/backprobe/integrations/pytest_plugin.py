# SPDX-License-Identifier: Apache-2.0
"""The pytest plugin: unit tests of networks.

It is loaded wherever backprobe is installed, so it imports nothing until a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def backprobe_check() -> Callable[..., Any]:
    """Checks a network as `backprobe.check` does, and fails the test where a check fails.

    `backprobe_check(model, loss_fn, loader, optimizer, allow=("learning-rate",), strict=False)`
    returns the table. `backprobe.experiments.assertions` has a function for each single thing:
    `assert_trains`, `assert_gradients_flow`, `assert_samples_independent`, `assert_initial_loss`.
    """
    from backprobe.experiments.assertions import assert_healthy  # torch, where a test asks for it

    return assert_healthy
