# SPDX-License-Identifier: Apache-2.0
"""Trainable parameters that no optimizer holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.fresh import looks_fresh
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_layer
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.layers import layers
from backprobe.signals.optimizers import holds_strangers, same_tensors
from backprobe.signals.progress import progress


class ParametersNotOptimized(AbstractRule):
    """Layers of the model that is trained are in no optimizer, so they keep their initial weights.

    ## What it looks for
    Trainable parameters of layers that run, in a model of which an optimizer holds others. Weights
    that look freshly initialised weigh more than ones that were trained before. Also a model that a
    loss trains while the optimizer holds only tensors that never get a gradient: those of another
    model, made before this one. And a model in no optimizer beside two optimizers that take turns
    over the very same tensors, as a generator's that was given the discriminator's. And embeddings
    that run outside of every optimizer, or whose gradient ends while the other layers' goes on.

    ## Why it matters
    The gradient is computed and thrown away. The layer stays the random projection that it was.

    ## Example
    `fc1, fc2 (net.py:12; 52,000 of 53,290 trainable parameters) are in no optimizer (train.py:30)
    and keep their random weights`

    ## What to try
    - `optimize-all`: give the optimizer `model.parameters()`
    - set `requires_grad = False` where it is meant

    ## When it is wrong
    A linear probe on a pretrained backbone whose gradients nobody switched off.

    ## References
    - PyTorch, `torch.optim`: constructing an optimizer
    """

    name = "parameters-not-optimized"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.01, "share of the trainable parameters", "a stray scale is not it"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers that no optimizer holds."""
        roots = {m.index: m.root for m in record.modules}
        trained = {roots.get(p.module) for p in record.parameters if p.optimizer >= 0}
        strangers = holds_strangers(record)
        twins = same_tensors(record)
        if strangers or twins:
            trained |= {loss.model for loss in record.losses if loss.model >= 0}
        if twins:
            trained |= {roots.get(p.module) for p in record.parameters if p.requires_grad}
        trainable = [
            p for p in record.parameters if p.requires_grad and roots.get(p.module) in trained
        ]
        missing = [
            layer
            for layer in layers(record)
            if layer.weight.requires_grad
            and layer.weight.optimizer < 0
            and layer.place is not None
            and layer.module.root in trained
        ]
        if strangers and not missing:
            return self._taken_over(record, strangers)
        total = sum(p.size for p in trainable)
        count = sum(p.size for p in trainable if p.optimizer < 0)
        if not missing or total == 0 or count / total < self.limits.share:
            return self._replaced(record) or self._tables(record, trained)
        state = progress(record)
        fresh = sum(looks_fresh(layer) for layer in missing) / len(missing)
        names = unique(layer.name for layer in missing)
        severity = "error" if twins else severity_by_harm(state)
        if fresh < 0.5 and severity != "note":
            severity = "warning"
        elif fresh >= 0.5 and severity == "note":
            severity = severity_of_mistake(record)
        optimizer = record.optimizers[0] if record.optimizers else None
        source = (twins[-1] if twins else optimizer).source if optimizer else None
        message = (
            f"{listed(names)} ({count:,} of {total:,} trainable parameters) are in no optimizer"
            f"{at(source)} and keep their {'random' if fresh >= 0.5 else 'initial'} weights"
            + (
                f"; the {strangers} tensors that it holds are not this model's and never get a "
                "gradient: was the model made anew after it?"
                if strangers
                else ""
            )
            + (
                f"; the optimizers{at(twins[0].source)} and{at(twins[-1].source)} hold the very "
                "same tensors: one of them was to have these"
                if twins
                else f"; {state.in_words()}"
            )
        )
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.5, 0.97, fresh, between(count / total, 0.0, 0.5), state.hurt
                ),
                message=message,
                where=with_blocks(record, names, [x.name for x in layers(record)]),
                source=source or missing[0].module.source,
                evidence={
                    "layers": list(names),
                    "parameters": count,
                    "trainable": total,
                    "look_fresh": fresh,
                    "strangers": strangers,
                },
                treatments=("optimize-all",),
            )
        ]

    def _taken_over(self, record: Record, strangers: int) -> list[Finding]:
        """A model whose weights were new tensors when its last optimizer had taken the old ones."""
        state = progress(record)
        model = state.loss.model if state.loss else -1
        names = unique(
            x.name for x in layers(record) if x.place is not None and x.module.root == model
        )
        optimizer = record.optimizers[-1]
        if not names or not state.failed:
            return []
        return [
            Finding(
                rule=self.name,
                severity="error",
                confidence=confidence(0.6, 0.92, state.hurt),
                message=(
                    f"the {strangers} tensors that the optimizer{at(optimizer.source)} holds are "
                    "not this model's and never get a gradient: were its weights replaced "
                    f"(`assign=True`, a copy) after the optimizer was made? {state.in_words()}"
                ),
                where=names,
                source=optimizer.source,
                evidence={"strangers": strangers},
                treatments=("optimize-all",),
            )
        ]

    def _tables(self, record: Record, trained: set[int | None]) -> list[Finding]:
        """Embeddings that run and learn nothing: put in place after the optimizer was made."""
        modules = {m.index: m for m in record.modules}
        missing = [
            (modules[p.module], p)
            for p in record.parameters
            if p.requires_grad
            and p.optimizer < 0
            and p.module in modules
            and modules[p.module].type.startswith("Embedding")
            and modules[p.module].calls > 0
            and modules[p.module].root in trained
        ]
        if not record.optimizers:
            return []
        if not missing:
            return self._replaced_table(record)
        state = progress(record)
        names = unique(module.name for module, _ in missing)
        count = sum(p.size for _, p in missing)
        source = record.optimizers[0].source
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record),
                confidence=confidence(0.6, 0.93, state.hurt),
                message=(
                    f"{listed(names)} ({plural(count, 'trainable parameter')}) are in no optimizer"
                    f"{at(source)} and keep their initial rows: were they put in place, or made "
                    f"larger, after it was made? {state.in_words()}"
                ),
                where=names,
                source=source,
                evidence={"layers": list(names), "parameters": count},
                treatments=("optimize-all",),
            )
        ]

    def _replaced_table(self, record: Record) -> list[Finding]:
        """An embedding whose gradient ends while the others' go on: another one runs since."""
        modules = {m.index: m for m in record.modules}
        for p in record.parameters:
            module = modules.get(p.module)
            if module is None or not module.type.startswith("Embedding") or p.optimizer < 0:
                continue
            since = _ceased(record, p.index)
            if since < 0:
                continue
            source = record.optimizers[0].source
            state = progress(record)
            return [
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(0.5, 0.85, state.hurt),
                    message=(
                        f"from step {since} on the {module.name} that the optimizer{at(source)} "
                        "holds gets no gradient any more, and the other layers do: was it made "
                        "larger, or another put in its place, that no optimizer has? "
                        f"{state.in_words()}"
                    ),
                    where=(module.name,),
                    source=source,
                    steps=(since, int(record.parameters_series.step[-1])),
                    evidence={"since": since},
                    treatments=("optimize-all",),
                )
            ]
        return []

    def _replaced(self, record: Record) -> list[Finding]:
        """An output layer that was put in place after the optimizer had taken its predecessor."""
        state = progress(record)
        layer = output_layer(record, state.loss)
        wide = state.loss.classes or (state.loss.output_shape or (0,))[-1] if state.loss else 0
        if layer is None or layer.weight.optimizer < 0 or layer.module.type != "Linear":
            return []
        since = _ceased(record, layer.weight.index)
        if since < 0 or wide in (0, 1, layer.weight.shape[0]):
            return []
        optimizer = record.optimizers[0] if record.optimizers else None
        source = optimizer.source if optimizer else None
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(0.6, 0.92, state.hurt),
                message=(
                    f"from step {since} on the output has {wide} numbers, but the optimizer"
                    f"{at(source)} holds the {layer.name} of {layer.weight.shape[0]}, which gets "
                    f"no gradient any more: its successor is in no optimizer; {state.in_words()}"
                ),
                where=(layer.name,),
                source=source,
                steps=(since, int(record.parameters_series.step[-1])),
                evidence={"since": since, "outputs": wide, "held": layer.weight.shape[0]},
                treatments=("optimize-all",),
            )
        ]


def _ceased(record: Record, parameter: int) -> int:
    """Step from which a parameter has no gradient any more while others have; -1: it has one."""
    series = record.parameters_series
    grads = series.values.get("grad_rms")
    if grads is None:
        return -1
    mine = np.isfinite(series.of("grad_rms", parameter))
    others = np.isfinite(grads).any(axis=1)
    held = np.flatnonzero(mine)
    after = np.flatnonzero(others)
    after = after[after > held[-1]] if held.size else after[:0]
    return int(series.step[after[0]]) if after.size >= 4 else -1
