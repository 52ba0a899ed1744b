# SPDX-License-Identifier: Apache-2.0
"""When a parameter's gradient ended, and whether an optimizer was made for what came then."""

from __future__ import annotations

import numpy as np

from backprobe.records import Record, Run, Series, Table
from backprobe.signals.optimizers import ceased, followed


def record(second: int) -> Record:
    """Two tensors over 20 looks, the first without a gradient from step 10 on.

    Arguments:
        second: step from which a second optimizer steps.
    """
    grads = np.ones((20, 2), np.float32)
    grads[10:, 0] = np.nan
    step = np.arange(20)
    return Record(
        run=Run("r"),
        steps=Table({"step": step.astype(float), "optimizer": (step >= second).astype(float)}),
        parameters_series=Series(step, np.array([0, 1]), {"grad_rms": grads}),
    )


def test_a_second_optimizer_follows_what_ended() -> None:
    """It takes its first step where the gradient ends."""
    found = record(second=10)
    assert ceased(found, 0) == 10
    assert ceased(found, 1) == -1
    assert followed(found, 10)


def test_an_optimizer_that_was_there_before_is_no_follower() -> None:
    """It had stepped beside the first one, or there is only one."""
    assert not followed(record(second=4), 10)
    assert not followed(record(second=99), 10)
