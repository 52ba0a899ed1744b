# SPDX-License-Identifier: Apache-2.0
"""Units that begin equal and stay equal."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from backprobe.records import Finding, Parameter, Record, Severity
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.init.lockstep import lockstep
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.layers import layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import Progress, progress


class SymmetricInit(AbstractRule):
    """All units of a hidden layer begin with the same weights and so do the same for ever.

    ## What it looks for
    A trainable hidden layer whose rows are bitwise equal, followed by a layer whose weights are
    equal as well, so that no gradient can tell the units apart. A constant layer before a random
    one breaks its symmetry at the first step, and a zero-initialised last layer is good practice:
    both stay silent while the run learns. And a matrix, of a module or not, that begins as one
    number and whose entries all get the same gradient at every step: what it joins are equal units.

    ## Why it matters
    Equal units get equal gradients. However wide the layer, it computes one feature.

    ## Example
    `all 64 units of fc1 and the weights of fc2 begin equal (net.py:12, every weight 0.5): they get
    the same gradient and stay one unit`

    ## What to try
    - `initialize=he`

    ## When it is wrong
    Zero-initialised ends of residual branches and adapters (LoRA) are meant; what feeds or follows
    them is random.

    ## References
    - Goodfellow et al., "Deep Learning" (2016), 8.4: breaking symmetry
    """

    name = "symmetric-init"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        rows: float = threshold(2, "output units", "one unit has nobody to equal")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers that are caught in their symmetry."""
        chain = [layer for layer in layers(record) if layer.place is not None]
        loaded = loaded_over(record)
        caught, broken = [], []
        for layer, following in pairwise(chain):
            if layer.module.root != following.module.root:
                continue
            if loaded & {layer.weight.index, following.weight.index}:
                continue
            if not _equal_rows(layer.weight, self.limits.rows):
                continue
            if _constant(following.weight):
                caught.append(layer)
            elif not _constant_zero(layer.weight):
                broken.append(layer)
        state = progress(record)
        severity = severity_by_harm(state)
        if caught:
            # Dropout and per-unit biases can break it slowly; a run that learns is past it.
            guilty = caught
            severity = severity_of_mistake(record)
        elif broken and severity != "note":
            guilty = broken
        else:
            return self._bare(record, state, severity) or lockstep(record, self.name)
        names = unique(x.name for x in guilty)
        values = [x.weight.initial.get("mean", 0.0) for x in guilty]
        source = guilty[0].module.source
        same = len({figure(v) for v in values}) == 1 and _constant(guilty[0].weight)
        message = f"all units of {listed(names)}{at(source)} begin with the same weights"
        message += f" (every one {figure(values[0])})" if same else ""
        message += (
            " and feed equal weights: they get the same gradient and stay one unit a layer"
            if caught
            else ": their gradients differ only through the layer behind"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.55, 0.98, 1.0 if caught else 0.2, state.hurt),
                message=message,
                where=names,
                source=source,
                evidence={
                    "layers": list(names),
                    "units": [int(x.weight.initial["rows"]) for x in guilty],
                    "distinct": [int(x.weight.initial["distinct_rows"]) for x in guilty],
                    "exact": bool(caught),
                },
                treatments=("initialize=he",),
            )
        ]

    def _bare(self, record: Record, state: Progress, severity: Severity) -> list[Finding]:
        """Weights that are tensors of no module: which follows which is not known, equality is."""
        bare = [p for p in record.parameters if p.module < 0 and len(p.shape) >= 2]
        equal = [p for p in bare if p.requires_grad and _constant(p) and min(p.shape) >= 2]
        if len(equal) < 2 or len(equal) < len(bare) or severity == "note":
            return []
        value = equal[0].initial.get("mean", 0.0)
        names = [p.name for p in equal]
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(0.6, 0.98, state.hurt),
                message=(
                    f"all weights of the matrices {listed(names)} begin equal (the first "
                    f"{figure(value)}): units of a layer get the same gradient, or none, and stay "
                    f"one; {state.in_words()}"
                ),
                evidence={"layers": names, "exact": True},
                treatments=("initialize=he",),
            )
        ]


def _equal_rows(weight: Parameter, least: float) -> bool:
    facts = weight.initial
    return (
        weight.requires_grad
        and facts.get("rows", 0) >= least
        and facts.get("distinct_rows", 0) == 1
    )


def _constant(weight: Parameter) -> bool:
    facts = weight.initial
    return "min" in facts and facts["min"] == facts["max"]


def _constant_zero(weight: Parameter) -> bool:
    return weight.initial.get("zeros", 0.0) == 1.0
