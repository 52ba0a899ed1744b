# SPDX-License-Identifier: Apache-2.0
"""Trainable parameters that no optimizer holds."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.fresh import looks_fresh
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.model.all_replaced import all_replaced
from backprobe.rules.model.grown_parts import grown_parts
from backprobe.rules.model.lone_parameters import lone_parameters
from backprobe.rules.model.networks_left_out import networks_left_out
from backprobe.rules.model.replaced_parts import replaced_head, replaced_table
from backprobe.rules.model.stale_copy import stale_copy
from backprobe.rules.wording import at, listed, plural, unique, with_blocks
from backprobe.signals.layers import layers
from backprobe.signals.optimizers import holds_strangers, same_tensors
from backprobe.signals.progress import progress


class ParametersNotOptimized(AbstractRule):
    """Layers of the model that is trained are in no optimizer, so they keep their initial weights.

    ## What it looks for
    Trainable parameters of layers that run, in a model of which an optimizer holds others, also of
    layers that its first forward makes, where their sizes show. Weights that look freshly
    initialised weigh more than ones that were trained before. Also a model that a loss trains while
    the optimizer holds only tensors that never get a gradient: those of another model, made before
    this one. And a model in no optimizer beside two optimizers that take turns over the very same
    tensors, as a generator's that was given the discriminator's. And embeddings that run outside of
    every optimizer, or whose gradient ends while the other layers' goes on. And an optimizer that
    goes on stepping after no backward reaches any of its tensors any more, as where each fold of a
    cross-validation gets fresh layers. And an `nn.Parameter` of no module, a constant of an
    equation that is to be found, say, which the loss reaches and nothing ever moves. And parts that
    the network got while it was trained, which have a gradient and stay what they were. And a whole
    network before the trained one (an encoder), or on top of parts that are trained with another
    one, with random weights, a gradient and no optimizer. And a copy of the trained network, an
    average of its weights, say, that is all that is ever evaluated and keeps the first weights.

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
        replaced = [] if missing else all_replaced(record, self.name)
        if replaced:
            return replaced
        total = sum(p.size for p in trainable)
        count = sum(p.size for p in trainable if p.optimizer < 0)
        if not missing or total == 0 or count / total < self.limits.share:
            return (
                replaced_head(record, self.name)
                or self._tables(record, trained)
                or grown_parts(record, self.name)
                or lone_parameters(record, self.name)
                or networks_left_out(record, self.name)
                or stale_copy(record, self.name)
            )
        state = progress(record)
        fresh = sum(looks_fresh(layer) for layer in missing) / len(missing)
        names = unique(layer.name for layer in missing)
        severity = "error" if twins else severity_by_harm(state)
        if fresh < 0.5 and severity != "note":
            severity = "warning"
        elif fresh >= 0.5 and severity == "note":
            severity = severity_of_mistake(record)
        models = {layer.module.root for layer in missing}
        holders = {p.optimizer for p in record.parameters if roots.get(p.module) in models}
        named = [o for o in record.optimizers if o.index in holders] or record.optimizers
        optimizer = named[-1] if named else None
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
            return replaced_table(record, self.name)
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
