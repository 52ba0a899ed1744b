# SPDX-License-Identifier: Apache-2.0
"""Layers that run but that no gradient reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Operation, Record, Severity
from backprobe.rules.base import AbstractRule, observed_steps, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_of_mistake
from backprobe.rules.model.detached_steps import steps_cut_off
from backprobe.rules.model.positions_for_values import positions_for_values
from backprobe.rules.model.zero_derivative import flat_function
from backprobe.rules.places import declared, upstream
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.cuts import CUTS, bridges_of, makers
from backprobe.signals.judged import run_without_gradients, within
from backprobe.signals.layers import Layer, layers
from backprobe.signals.progress import progress


class DetachedGraph(AbstractRule):
    """A trainable layer runs and feeds the loss, but its gradient never arrives.

    ## What it looks for
    Layers that run, that the optimizer holds and whose output trained layers consume, but that had
    no gradient at any observed step; a tensor that was detached and of which a later layer gets a
    copy that nothing in the graph has made (a trip through numpy); a part that runs under `no_grad`
    at each step although an optimizer holds it; a layer of the user's own whose output never
    reaches the loss; a layer that runs step after step, each time on a detached copy of its own
    last result and with nothing else that carries on (where each of its results has a loss of its
    own it learns, and only what would have to be remembered is lost); a function whose derivative
    is zero everywhere (`round`, `floor`, `sign`, a draw by `torch.bernoulli` or `torch.normal`),
    where every gradient before it is exactly zero at each step; and a loss whose backward reaches
    no parameter at all. Also `max` of which later layers get the positions, not the values.

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
    - draw as `mean + deviation * torch.randn_like(mean)`

    ## When it is wrong
    A stop-gradient that the method asks for (targets of BYOL, a critic's features); auxiliary
    outputs that go unused.

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
            0.5, "evaluation phases / steps", "that is a part of the training, no evaluation"
        )
        steps: float = threshold(
            3, "observed steps without a gradient", "the first backward may be partial"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers before the cut."""
        series = record.parameters_series
        grads = series.values.get("grad_rms")
        if grads is None or len(series.step) < self.limits.steps:
            return []
        broken = series.values.get("grad_nonfinite", np.zeros_like(grads))
        arrived = np.isfinite(grads) | (np.nan_to_num(broken) > 0.0)  # NaN is a gradient, too
        touched = set(series.index[arrived.any(axis=0)].tolist())
        measured = set(series.index.tolist())
        if not touched:
            return self._nothing(record)
        trained = {
            layer.place.index
            for layer in layers(record)
            if layer.place is not None and layer.weight.index in touched
        }
        bridges = bridges_of(record)
        # What no trained layer consumes is an output that went unused, not a cut.
        consumed = {
            index for p in record.places if p.index in trained for index in upstream(record, p)
        }
        guilty = [
            layer
            for layer in layers(record)
            if layer.weight.requires_grad
            and layer.weight.index in measured
            and layer.weight.index not in touched
            and layer.place is not None
            and (layer.place.index in consumed or _before(record, layer, bridges))
        ]
        cut = next((op for op in record.graph if op.name in CUTS), None)
        if not guilty:
            return (
                self._flat(record)
                or self._copied(record, bridges)
                or steps_cut_off(record, self.name)
                or self._without_gradients(record, touched)
                or self._unread(record, touched)
                or positions_for_values(record, self.name)
            )
        state = progress(record)
        names = unique(layer.name for layer in guilty)
        source = cut.source if cut is not None else guilty[0].module.source
        message = (
            f"{listed(names)}{at(guilty[0].module.source)} run but never get a gradient "
            f"({plural(len(series.step), 'observed step')})"
        )
        message += f"; the graph is cut at `{cut.name}`{at(cut.source)}" if cut is not None else ""
        return [
            Finding(
                rule=self.name,
                severity=_severity(record, touched),
                confidence=confidence(
                    0.55,
                    0.97,
                    1.0 if cut is not None else 0.3,
                    between(len(series.step), 3, 30),
                    state.hurt,
                ),
                message=message,
                where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
                source=source,
                treatments=("ignore-detach",),
                steps=observed_steps(record),
                evidence={
                    "layers": list(names),
                    "cut": _named(cut),
                    "steps": len(series.step),
                },
            )
        ]

    def _nothing(self, record: Record) -> list[Finding]:
        """Backward passes after which no parameter ever has a gradient."""
        backwards = np.nan_to_num(np.asarray(record.steps["backwards"], np.float64))
        count = int(backwards.sum())
        held = [p for p in record.parameters if p.optimizer >= 0 and p.requires_grad]
        if max(count, len(record.steps)) < 10 or not held or not record.optimizers:
            return []
        if any(loss.chain for loss in record.losses):
            return []  # there was a graph: what it gave was taken away before the step
        loss = record.losses[0] if record.losses else None
        source = loss.source or loss.backward_source if loss else None
        names = unique(layer.name for layer in layers(record) if layer.place is not None)
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.7, 0.95, between(count, 10, 100)),
                message=(
                    f"none of {plural(len(held), 'tensor')} that the optimizer holds had a "
                    f"gradient at any of {len(record.steps):,} steps{at(source)}: what `backward` "
                    "is called on was not computed from them (a number taken out with `item()` or "
                    "`detach()` and put into a new tensor?)"
                ),
                where=names,
                source=source,
                steps=whole_run(record),
                evidence={"backward_passes": count, "layers": list(names), "cut": None},
            )
        ]

    def _flat(self, record: Record) -> list[Finding]:
        """A function of steps between layers and the loss."""
        flat = flat_function(record)
        if flat is None:
            return []
        state = progress(record)
        names = unique(x.name for x in flat.layers)
        steps = len(record.parameters_series.step)
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record),
                confidence=confidence(0.7, 0.97, between(steps, 5, 30), state.hurt),
                message=(
                    f"the derivative of `{flat.name}`{at(flat.source)} is zero everywhere: the "
                    f"gradients of {listed(names)} before it are exactly zero at each of "
                    f"{plural(steps, 'observed step')}; {state.in_words()}"
                ),
                where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
                source=flat.source,
                steps=observed_steps(record),
                evidence={"layers": list(names), "cut": flat.name, "steps": steps},
            )
        ]

    def _copied(self, record: Record, bridges: list[tuple[Operation, Operation]]) -> list[Finding]:
        """A detached tensor that goes on as a copy; its layers learn from other terms only."""
        for cut, taker in bridges:
            before = makers(record, cut)
            held = [
                x for x in layers(record) if x.module.index in before and x.weight.requires_grad
            ]
            if cut.name not in CUTS or not held:
                continue
            state = progress(record)
            modules = {m.index: m.name for m in record.modules}
            names = unique(x.name for x in held)
            return [
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(0.6, 0.9, state.hurt),
                    message=(
                        f"what {listed(names)} give is cut off by `{cut.name}`{at(cut.source)}, and"
                        f" {modules.get(taker.module) or taker.name}{at(taker.source)} gets a copy "
                        "that no gradient passes: they learn nothing of what follows"
                    ),
                    where=names,
                    source=cut.source,
                    evidence={"layers": list(names), "cut": cut.name},
                )
            ]
        return []

    def _unread(self, record: Record, touched: set[int]) -> list[Finding]:
        """Layers of the user's own that run, and whose output never reaches the loss."""
        steps = len(record.parameters_series.step)
        found = [
            layer
            for layer in layers(record)
            if layer.place is not None
            and layer.weight.requires_grad
            and layer.weight.optimizer >= 0
            and layer.weight.index not in touched
            and declared(record, layer.module)
        ]
        if not found or steps < self.limits.unread:
            return []
        names = unique(layer.name for layer in found)
        source = found[0].module.source
        return [
            Finding(
                rule=self.name,
                severity=at_most_warning(severity_of_mistake(record)),
                confidence=confidence(0.55, 0.9, between(steps, self.limits.unread, 60)),
                message=(
                    f"{listed(names)}{at(source)} run at each step and never get a gradient "
                    f"({plural(steps, 'observed step')}): what they give does not reach the loss "
                    f"(a number taken out with `item()`, a term that was left out?); "
                    f"{progress(record).in_words()}"
                ),
                where=names,
                source=source,
                steps=observed_steps(record),
                evidence={"layers": list(names), "cut": None, "steps": steps},
            )
        ]

    def _without_gradients(self, record: Record, touched: set[int]) -> list[Finding]:
        """A part that an optimizer holds, and that runs under `no_grad` at each step."""
        phases = np.asarray(record.evaluations["step"], np.float64)
        if np.unique(phases).size < self.limits.phases * len(record.steps):
            return []
        for part in run_without_gradients(record):
            inside = {m.index for m in record.modules if within(m, part)}
            held = [
                p
                for p in record.parameters
                if p.module in inside and p.requires_grad and p.optimizer >= 0
            ]
            if not held or any(p.index in touched for p in held):
                continue
            name = part.name or part.type
            return [
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(0.6, 0.95, between(len(record.steps), 10, 100)),
                    message=(
                        f"{name}{at(part.source)} runs under `no_grad` at each step: none of the "
                        f"{plural(len(held), 'tensor')} that an optimizer holds of it ever gets a "
                        f"gradient; {progress(record).in_words()}"
                    ),
                    where=unique([part.name]),
                    source=part.source,
                    evidence={"layers": [name], "cut": "no_grad", "tensors": len(held)},
                )
            ]
        return []


def _severity(record: Record, touched: set[int]) -> Severity:
    """Of layers without a gradient; an optimizer that only ever holds such steps for nothing."""
    severity = severity_of_mistake(record)
    for optimizer in record.optimizers:
        held = {p.index for p in record.parameters if p.optimizer == optimizer.index}
        if held and not held & touched and severity == "note":
            return "warning"
    return severity


def _before(record: Record, layer: Layer, bridges: list[tuple[Operation, Operation]]) -> bool:
    """Whether what a layer gives goes on as a copy."""
    return any(layer.module.index in makers(record, lost) for lost, _ in bridges)


def _named(operation: Operation | None) -> str | None:
    return None if operation is None else operation.name
