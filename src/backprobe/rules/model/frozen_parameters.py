# SPDX-License-Identifier: Apache-2.0
"""Random layers that are frozen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.fresh import looks_drawn, looks_fresh
from backprobe.rules.harm import HURTS, severity_of_mistake
from backprobe.rules.model.frozen_later import frozen_later
from backprobe.rules.wording import at, figure, listed, unique, with_blocks
from backprobe.signals.branches import followers
from backprobe.signals.init_scale import initial_rms
from backprobe.signals.layers import layers
from backprobe.signals.progress import progress


class FrozenParameters(AbstractRule):
    """Layers have `requires_grad = False` although they hold nothing but random weights.

    ## What it looks for
    Layers that run with frozen weights, in a model that trains others, whose weights look freshly
    initialised; and frozen embeddings whose entries are drawn evenly from a range or a normal
    (`nn.Embedding.from_pretrained` freezes what it is given unless it is told `freeze=False`).
    Frozen pretrained weights are meant and stay silent, unless a module that holds them was given
    `requires_grad = True` at any time of the run: the attribute lands on the module, and its
    parameters stay frozen (the reverse, where they go on training, is a note). So does one that is
    misspelt, as `require_grad`, on a module or a parameter. A frozen copy of a trained layer is
    left out: a teacher or a momentum encoder follows it. And layers that learned at first
    and were frozen early in the run, while the loss and the optimizer stayed the same and no other
    layer began to learn: a phase of its own, or turns of two networks, are meant.

    ## Why it matters
    A frozen random layer is a random projection: what it loses, no layer after it can bring back.
    Freezing the head by mistake leaves nothing to fit the targets with.

    ## Example
    `conv1, conv2 (net.py:12) are frozen, but their weights look freshly initialised (RMS 0.115, the
    default init's 0.115)`

    ## What to try
    - `unfreeze`
    - load the pretrained weights that were meant to be frozen
    - `module.requires_grad_(True)`, which is a method

    ## When it is wrong
    Random features, reservoirs and fixed filters on purpose. What learns at the end was thawed, and
    stays silent. A branch that began as the copy of a
    trained one (a teacher, a momentum encoder) is meant, and silent.

    ## References
    - PyTorch tutorial, "Transfer learning": ConvNet as fixed feature extractor
    """

    name = "frozen-parameters"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.05, "share of the layers' weights", "a fixed filter is less")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the frozen layers, or else a frozen random table."""
        return (
            self._attribute(record)
            or self._layers(record)
            or frozen_later(record, self.name)
            or self._tables(record)
        )

    def _attribute(self, record: Record) -> list[Finding]:
        """Modules or parameters with an attribute that was to thaw or freeze, and does neither."""
        last = {int(e.data["module"]): e.data for e in record.named("requires-grad-attribute")}
        frozen, trained = [], []
        for index, data in sorted(last.items()):
            count, training = int(data["parameters"]), int(data["trained"])
            if data["value"] and count and training == 0:
                frozen.append(index)
            elif not data["value"] and count and training == count:
                trained.append(index)
        modules = {m.index: m for m in record.modules}
        found = [modules[index] for index in frozen or trained if index in modules]
        if not found:
            return []
        state = progress(record)
        names = unique(m.name for m in found)
        subject, word = listed([m.name for m in found]), bool(frozen)
        attribute = str(last[(frozen or trained)[0]].get("attribute", "requires_grad"))
        told = (
            f"{at(found[0].source)}, which is no parameter: the attribute changes nothing"
            if attribute == "requires_grad"
            else f" or its parameters{at(found[0].source)}: torch knows no such attribute"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record) if frozen else "note",
                confidence=confidence(0.7, 0.95, state.hurt),
                message=(
                    f"`{attribute} = {word}` was set on {subject}{told}, and "
                    + ("all its parameters are frozen" if frozen else "its parameters train on")
                    + f"; `requires_grad_({word})` is the method; {state.in_words()}"
                ),
                where=with_blocks(record, names, [x.name for x in layers(record) if x.place]),
                source=found[0].source,
                evidence={"modules": list(names), "value": word},
                treatments=("unfreeze",) if frozen else (),
            )
        ]

    def _layers(self, record: Record) -> list[Finding]:
        ran = [layer for layer in layers(record) if layer.place is not None]
        roots = {m.index: m.root for m in record.modules}
        trained = {
            roots.get(p.module) for p in record.parameters if p.optimizer >= 0 and p.requires_grad
        }
        frozen = [
            layer
            for layer in ran
            if not layer.weight.requires_grad
            and layer.module.root in trained
            and layer.weight.index not in followers(record)
            and looks_fresh(layer)
            and not _thawed(record, layer.weight.index)
        ]
        total = sum(layer.weight.size for layer in ran)
        count = sum(layer.weight.size for layer in frozen)
        if not frozen or count / max(total, 1) < self.limits.share:
            return []
        state = progress(record)
        names = unique(layer.name for layer in frozen)
        source = frozen[0].module.source
        return [
            Finding(
                rule=self.name,
                severity=severity_of_mistake(record),
                confidence=confidence(
                    0.45, 0.92, between(state.hurt, HURTS, 1.0), between(count / total, 0.05, 0.7)
                ),
                message=(
                    f"{listed(names)}{at(source)} are frozen, but their weights look freshly "
                    f"initialised (RMS {figure(initial_rms(frozen[0].weight))}); {state.in_words()}"
                ),
                where=with_blocks(record, names, [x.name for x in ran]),
                source=source,
                evidence={"layers": list(names), "share": count / total},
                treatments=("unfreeze",),
            )
        ]

    def _tables(self, record: Record) -> list[Finding]:
        """Embeddings as `Embedding.from_pretrained` makes them, of vectors that are no such."""
        modules = {m.index: m for m in record.modules}
        roots = {m.index: m.root for m in record.modules}
        trained = {roots.get(p.module) for p in record.parameters if p.optimizer >= 0}
        frozen = [
            p
            for p in record.parameters
            if not p.requires_grad
            and p.module in modules
            and modules[p.module].type == "Embedding"
            and modules[p.module].calls
            and modules[p.module].root in trained
            and looks_drawn(p)
        ]
        if not frozen:
            return []
        state, severity = progress(record), severity_of_mistake(record)
        if severity == "note":
            return []  # vectors of meaning may look drawn as well
        names = unique(modules[p.module].name for p in frozen)
        source = modules[frozen[0].module].source
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.5, 0.9, between(state.hurt, HURTS, 1.0)),
                message=(
                    f"{listed(names)}{at(source)} is frozen, and its vectors look drawn at random "
                    f"(between {figure(float(frozen[0].initial['min']))} and "
                    f"{figure(float(frozen[0].initial['max']))}): nothing is known of any word, "
                    f"and nothing can be learned; {state.in_words()}"
                ),
                where=names,
                source=source,
                evidence={"tables": list(names)},
                treatments=("unfreeze",),
            )
        ]


def _thawed(record: Record, weight: int) -> bool:
    """Whether a weight that had no gradient at first has one at the last look."""
    gradients = np.asarray(record.parameters_series.of("grad_rms", weight))
    return bool(gradients.size and np.isfinite(gradients[-1]))
