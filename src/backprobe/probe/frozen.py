# SPDX-License-Identifier: Apache-2.0
"""Parameters whose `requires_grad` was turned off while the run went on."""

from __future__ import annotations

from collections.abc import Iterable

from backprobe.probe.structure import Structure
from backprobe.probe.watched import Watched


def since_start(structure: Structure, watched: Iterable[Watched]) -> list[int]:
    """Numbers of the optimizers' tensors that are frozen now and were trainable at first.

    Arguments:
        structure: what is known of the network's parameters.
        watched: the optimizers that have stepped.
    """
    return [
        int(index)
        for each in watched
        for index, tensor in zip(each.parameters.index, each.parameters.parameters, strict=True)
        if not tensor.requires_grad and structure.parameters[int(index)].requires_grad
    ]
