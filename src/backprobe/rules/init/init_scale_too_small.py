# SPDX-License-Identifier: Apache-2.0
"""Initial weights that let the signal die out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS, severity_by_harm
from backprobe.rules.init.small_tensors import small_tensors
from backprobe.rules.wording import at, figure, listed, unique
from backprobe.signals.init_scale import DEFAULT_SCALE, he_std, initial_rms, scale_against_he
from backprobe.signals.layers import NORMS, Layer, fans, layers
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import Progress, progress
from backprobe.signals.series import first


class InitScaleTooSmall(AbstractRule):
    """Hidden layers' initial weights are so small that neither signal nor gradient passes.

    ## What it looks for
    The RMS of each trainable hidden layer's initial weights against He's std for its fan-in, in a
    run that learns too little. A small last layer is good practice and left out, as are layers with
    a normalisation behind them and weights that are exactly zero. Embeddings that begin next to
    zero, where all of them do. Of tensors of no module, those that begin so small and are hardly
    moved while another one is, in a run whose loss never fell.

    ## Why it matters
    Each such layer divides signal and gradient: two of them at a hundredth pass a ten-thousandth
    on, and the network answers with its output bias for every input.

    ## Example
    `the initial weights of fc1, fc2 (net.py:12) have an RMS of 0.001, 0.014 of what keeps a
    signal's size (He's 0.07 for 400 inputs of fc1)`

    ## What to try
    - `initialize=he`
    - `batchnorm=on`: suits deep stacks

    ## When it is wrong
    Residual branches scaled down with depth (GPT-2, Fixup) pass the signal beside them.

    ## References
    - He et al., 1502.01852, section 2.2
    """

    name = "init-scale-too-small"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(
            0.1, "weight RMS / He's std", "default 0.41; N(0, 0.01) at 512 inputs 0.16"
        )
        passed: float = threshold(
            0.04,
            "product over the hidden layers of weight RMS / that of the default",
            "three layers at a third of the default",
        )
        table: float = threshold(1e-3, "RMS of an embedding", "transformers 0.02, torch 1")
        decisive: float = threshold(1e-4, "the same product", "the signal is gone")
        arrives: float = threshold(
            0.03,
            "std over the batch of the last output",
            "default init at five layers: 0.05 to 0.3",
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the layers that are too small."""
        state = progress(record)
        if state.hurt < HURTS:
            return []
        ran = [layer for layer in layers(record) if layer.place is not None]
        loaded = loaded_over(record)
        found = [
            (scale_against_he(layer), layer)
            for layer in ran[:-1]
            if layer.weight.requires_grad
            and layer.weight.index not in loaded
            and not _normalised_later(record, layer)
        ]
        guilty = [item for item in found if 0.0 < item[0] <= self.limits.ratio]
        passed = math.prod(min(1.0, ratio / DEFAULT_SCALE) for ratio, _ in guilty)
        if not guilty or passed > self.limits.passed:
            return self._tables(record, state) or self._bare(record, state)
        # Residual paths carry the signal past small weights: what counts is what arrives.
        last = ran[-1].place
        arrives = first(record.outputs, "out_batch_std", last.index) if last else math.nan
        if arrives > self.limits.arrives:
            return []
        ratio, worst = min(guilty, key=lambda item: item[0])
        names = unique(layer.name for _, layer in guilty)
        source = guilty[0][1].module.source
        message = (
            f"the initial weights of {listed(names)}{at(source)} have an RMS of "
            f"{figure(initial_rms(worst.weight))}, {figure(ratio)} of what keeps a signal's size "
            f"(He's {figure(he_std(worst.fan_in))} for {worst.fan_in:,} inputs); {state.in_words()}"
        )
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.5, 0.95, beyond(passed, self.limits.passed, self.limits.decisive), state.hurt
                ),
                message=message,
                where=names,
                source=source,
                steps=seen(record.parameters_series.step[:1]),
                evidence={
                    "layers": list(names),
                    "ratios": [r for r, _ in guilty],
                    "passed": passed,
                    "output_batch_std": arrives if math.isfinite(arrives) else None,
                },
                treatments=("initialize=he", "batchnorm=on"),
            )
        ]

    def _bare(self, record: Record, state: Progress) -> list[Finding]:
        """Tensors of no module, through which nothing comes."""
        bare = small_tensors(record, self.limits.ratio)
        if bare is None or bare.passed > self.limits.passed:
            return []
        worst, ratio = min(zip(bare.weights, bare.ratios, strict=True), key=lambda x: x[1])
        wide = max(fans(worst.shape))
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(
                    0.5, 0.9, beyond(bare.passed, self.limits.passed, self.limits.decisive)
                ),
                message=(
                    f"{len(bare.weights)} weights ({listed([x.name for x in bare.weights])}) began "
                    f"at an RMS of down to {figure(initial_rms(worst))}, {figure(ratio)} of what "
                    f"keeps a signal's size (He's {figure(he_std(wide))} for {wide:,} inputs; is a "
                    "variance taken for a standard deviation?): a step moves them by "
                    f"{figure(bare.faded)} of what it moves others; {state.in_words()}"
                ),
                steps=seen(record.parameters_series.step[:1]),
                evidence={
                    "layers": [x.name for x in bare.weights],
                    "ratios": list(bare.ratios),
                    "passed": bare.passed,
                    "update_faded": bare.faded,
                },
                treatments=("initialize=he",) if record.optimizers else (),
            )
        ]

    def _tables(self, record: Record, state: Progress) -> list[Finding]:
        """Embeddings next to zero: what multiplies them, and each other, gets no gradient."""
        modules = {m.index: m for m in record.modules}
        loaded = loaded_over(record)
        tables = [
            (modules[p.module], p)
            for p in record.parameters
            if p.requires_grad
            and p.module in modules
            and p.index not in loaded
            and modules[p.module].type == "Embedding"
            and len(p.shape) == 2
            and p.shape[1] > 1
        ]
        small = [(m, p) for m, p in tables if 0.0 < initial_rms(p) <= self.limits.table]
        if not small or len(small) < len(tables):
            return []
        names = unique(m.name for m, _ in small)
        source = small[0][0].source
        rms = initial_rms(small[0][1])
        return [
            Finding(
                rule=self.name,
                severity=severity_by_harm(state),
                confidence=confidence(0.55, 0.92, state.hurt, beyond(rms, self.limits.table, 1e-5)),
                message=(
                    f"the rows of {listed(names)}{at(source)} begin at an RMS of {figure(rms)}, "
                    "usual are 0.02 to 1: what multiplies them gets next to no gradient; "
                    f"{state.in_words()}"
                ),
                where=names,
                source=source,
                steps=seen(record.parameters_series.step[:1]),
                evidence={"layers": list(names), "rms": rms},
            )
        ]


def _normalised_later(record: Record, layer: Layer) -> bool:
    """Whether a normalisation behind the layer gives the signal its size back."""
    if layer.normalised or layer.place is None:
        return layer.normalised
    return any(p.type in NORMS and p.order > layer.place.order for p in record.places)
