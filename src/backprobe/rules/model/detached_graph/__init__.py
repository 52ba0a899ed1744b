# SPDX-License-Identifier: Apache-2.0
"""Layers that run but that no gradient reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.model.detached_graph.copies import copied
from backprobe.rules.model.detached_graph.cut import layers_before_cut
from backprobe.rules.model.detached_graph.derivative import without_graph
from backprobe.rules.model.detached_graph.drawn import drawn
from backprobe.rules.model.detached_graph.main_head import main_head
from backprobe.rules.model.detached_graph.no_grad import without_gradients
from backprobe.rules.model.detached_graph.nothing import nothing_reached
from backprobe.rules.model.detached_graph.output_unread import unread
from backprobe.rules.model.detached_graph.own_results import steps_cut_off
from backprobe.rules.model.detached_graph.positions import positions_for_values
from backprobe.rules.model.detached_graph.zero_derivative import zeroed
from backprobe.signals.cuts import bridges_of


class DetachedGraph(AbstractRule):
    """A trainable layer runs and feeds the loss, but its gradient never arrives.

    ## What it looks for
    Layers that run, that the optimizer holds and whose output trained layers consume, but that had
    no gradient at any observed step; a tensor that was detached and of which a later layer gets a
    copy that nothing in the graph has made (a trip through numpy); a part that runs under `no_grad`
    at each step, alone or beside a teacher, although an optimizer holds it (a note where none of
    its weights look freshly initialised: loaded ones may be meant to stay); a layer of the user's
    own whose output never reaches the loss, but for what the last of several equal blocks would
    hand on to the next; a layer that runs step after step, each time on a detached copy of its own
    last result and with nothing else that carries on (where each of its results has a loss of its
    own it learns, and only what would have to be remembered is lost); a function whose derivative
    is zero everywhere (`round`, `floor`, `sign`, a draw by `torch.bernoulli` or `torch.normal`),
    where every gradient before it is exactly zero at each step; and a loss whose backward reaches
    no parameter at all, or only a tensor that the script made of numbers. Also `max` of which later
    layers get the positions, not the values, and a derivative of a network's derivative that is
    taken without `create_graph` in each step. And a head that gets a detached copy although its
    summand counts most, while one that was given a smaller factor alone trains all before it (a
    note where the run learns well).

    ## Why it matters
    A `detach()`, a `no_grad` block, an `argmax` or a trip through numpy cuts the graph: everything
    before the cut keeps its random weights, and the rest learns on top of them. A function made of
    steps does the same with a gradient of zero.

    ## Example
    `encoder.0, encoder.2 (net.py:12) run but never get a gradient (200 observed steps); the graph
    is cut at `detach` (net.py:30)`

    ## What to try
    - keep tensors as tensors between the layers and the loss; remove `detach`, `no_grad`, `.data`
    - round for the evaluation only, or hand the gradient on: `x + (x.round() - x).detach()`
    - `create_graph=True` for each derivative that the loss is made of, the last one too
    - draw as `mean + deviation * torch.randn_like(mean)`, or by `rsample()`

    ## When it is wrong
    Stages that are each trained by a loss of their own, of which the last counts most.
    A stop-gradient that the method asks for (targets of BYOL, a critic's features); auxiliary
    outputs that go unused; an encoder that learns from the probability of what it drew
    (score-function estimates), where that is computed outside of the network; a second derivative
    that each step only measures, or that is meant as a constant.

    ## References
    - PyTorch notes, "Autograd mechanics": locally disabling gradient computation
    """

    name = "detached-graph"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        unread: float = threshold(
            15, "observed steps without a gradient", "a term may be left out at first"
        )
        phases: float = threshold(
            0.5,
            "steps it ran at without gradients",
            "that is a part of the training, no evaluation",
        )
        steps: float = threshold(
            3, "observed steps without a gradient", "the first backward may be partial"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: what is cut off, by the first cut that is found."""
        series = record.parameters_series
        grads = series.values.get("grad_rms")
        if grads is None or len(series.step) < self.limits.steps:
            return []
        broken = series.values.get("grad_nonfinite", np.zeros_like(grads))
        arrived = np.isfinite(grads) | (np.nan_to_num(broken) > 0.0)  # NaN is a gradient, too
        touched = set(series.index[arrived.any(axis=0)].tolist())
        if not touched:
            return nothing_reached(record, self.name)
        bridges = bridges_of(record)
        return (
            layers_before_cut(record, self.name, touched, bridges)
            or zeroed(record, self.name)
            or copied(record, self.name, bridges)
            or drawn(record, self.name)
            or steps_cut_off(record, self.name)
            or without_gradients(record, self.name, touched, self.limits.phases)
            or unread(record, self.name, touched, self.limits.unread)
            or positions_for_values(record, self.name)
            or without_graph(record, self.name)
            or main_head(record, self.name)
        )
