# SPDX-License-Identifier: Apache-2.0
"""What the parts that follow the optimizers' steps share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprobe.probe.parameters import ParameterSet


@dataclass
class Watched:
    """One optimizer: its tensors, and whether their gradients were cleared since its last step.

    Arguments:
        index: its number in the record.
        parameters: its tensors.
        reference: to it.
        groups: how many tensors its groups held when it was numbered.
        steps: that it has taken.
        cleared: whether its gradients were cleared since the last one.
        asked: whether that was asked before a backward since then.
        since: the run's step that began when its last one had ended.
        unsure: whether passes that nobody followed came between that and the question: gradients
            may be of those.
        measured: whether the step that is going on is measured.
        further: steps that were not the first on their backward, and before which it was asked.
        further_kept: such of them as added to gradients that the step before had used.
    """

    index: int
    parameters: ParameterSet
    reference: Any
    groups: int
    steps: int = 0
    cleared: bool = True
    asked: bool = False
    since: int = 0
    unsure: bool = False
    measured: bool = False
    further: int = 0
    further_kept: int = 0


@dataclass
class Beats:
    """Which steps have been taken.

    Arguments:
        done: how many steps are closed.
        fired: how often an optimizer's step has ended.
        closed_by: the optimizer that closed the last one.
        inside: the optimizer whose step is running, None where none is.
        accumulates: whether the last step was of several backward passes.
        backwards_before: backward passes before the step that is running.
    """

    done: int = 0
    fired: int = 0
    closed_by: int = -1
    inside: Any = None
    accumulates: bool = False
    backwards_before: int = 0
