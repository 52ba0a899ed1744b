# SPDX-License-Identifier: Apache-2.0
"""Evaluation in training mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Record, Source
from backprobe.rules.base import AbstractRule, seen, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.loop.eval_mode_training import mode_matters
from backprobe.rules.wording import at, listed, plural, unique
from backprobe.signals.judged import evaluations
from backprobe.signals.lines import line_of
from backprobe.signals.losses import taking_turns


class TrainModeEval(AbstractRule):
    """The held-out data is judged with dropout on and batch norm on the batch's own statistics.

    ## What it looks for
    Evaluation phases (forwards without gradients, or that no backward follows where each backward
    follows one) whose root model was in train mode, in a model
    with dropout or batch norm; or in which a dropout function was on although the model was in
    evaluation mode (`F.dropout` is, unless it is told `training=self.training`, and so is a
    dropout layer that is made inside of `forward`, which `eval()` never reaches). Repeated passes
    over the same rows (MC dropout), forwards at every step (a GAN's fakes, rollouts) and samples of
    a network that only its adversary judges stay silent.

    ## Why it matters
    The measured score is that of a network with units missing, or one that depends on what else is
    in the batch; batch norm even learns from the held-out rows.

    ## Example
    `all 8 evaluations ran in training mode (the last at step 400): bn1, bn2 judge each batch by its
    own statistics`

    ## What to try
    - `eval-mode`, which is `model.eval()` before the evaluation and `model.train()` after it
    - `F.dropout(x, p, training=self.training)`, or `nn.Dropout` as a part of the model, made in
      `__init__`

    ## When it is wrong
    Refreshing batch-norm statistics on purpose; dropout as a Bayesian estimate.

    ## References
    - PyTorch notes, "Autograd mechanics": evaluation mode
    """

    name = "train-mode-eval"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.5, "fraction of the evaluations", "a probe now and then is meant"
        )
        per_step: float = threshold(
            0.3, "evaluations / steps", "a forward at every step is part of the training"
        )
        repeats: float = threshold(2, "passes over the same rows in a row", "that is sampling")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        return self._modes(record) or self._functional(record)

    def _functional(self, record: Record) -> list[Finding]:
        """A dropout function that does not follow the model's mode."""
        told = record.named("evaluation-dropout")
        dropped = record.evaluations.numbers("dropped")
        training = record.evaluations.numbers("training")
        step = record.evaluations.numbers("step")
        judged = (training == 0.0) & (step > 0)
        if not told or not judged.any() or self._samples(record):
            return []
        share = float(np.mean(dropped[judged] == 1.0))
        if share < self.limits.share or self._each_step(record):
            return []
        place = told[0].data
        source = Source(str(place["file"]), int(place["line"]), str(place.get("text", "")))
        modules = {m.index: m.name for m in record.modules}
        called = [op for op in record.graph if op.source == source]
        names = unique(modules[op.module] for op in called if modules.get(op.module))
        layer = bool(place.get("layer", False))
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.7, 0.95, between(share, 0.5, 1.0)),
                message=(
                    f"a dropout{at(source)} stays on in {int((dropped[judged] == 1.0).sum())} of "
                    f"{plural(int(judged.sum()), 'evaluation')} although the model is in "
                    "evaluation mode: "
                    + (
                        "the layer is no part of the model (made where it is called, or kept in a "
                        "list), so `eval()` never reaches it"
                        if layer
                        else "the function is not told `training=self.training`"
                    )
                ),
                where=names,
                source=source,
                steps=seen(step[judged][[0, -1]]),
                evidence={"share": share, "evaluations": int(judged.sum()), "functional": True},
            )
        ]

    def _modes(self, record: Record) -> list[Finding]:
        """Whole models that were judged in training mode."""
        training = record.evaluations.numbers("training")
        step = record.evaluations.numbers("step")
        known = np.isfinite(training) & (step > 0)
        training, step = training[known], step[known]
        # Judged in both modes at one and the same step: somebody compares them.
        both = np.intersect1d(step[training == 0.0], step[training > 0.0])
        training, step = training[~np.isin(step, both)], step[~np.isin(step, both)]
        if training.size == 0 or training[-1] == 0.0:
            return []
        share = float(training.mean())
        moded = [m for m in record.modules if mode_matters(m)]
        if share < self.limits.share or not moded or self._samples(record):
            return []
        if training.size > 1 and self._each_step(record):
            return []  # a GAN's fakes, a policy's rollouts, a target network
        if _only_made(record):
            return []
        norms = any("Norm" in m.type for m in moded)
        names = unique(m.name for m in moded)
        count = training.size
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(0.6, 0.95, between(share, 0.5, 1.0), 1.0 if norms else 0.5),
                message=(
                    f"{int(training.sum())} of {plural(count, 'evaluation')} ran in training "
                    "mode (the "
                    f"last at step {int(step[-1])}): {listed(names)} "
                    + (
                        "judge each batch by its own statistics"
                        if norms
                        else "drop units while the held-out data is judged"
                    )
                ),
                where=names,
                source=line_of(record, "evaluation-in-training"),
                steps=seen(step[training > 0][[0, -1]]),
                evidence={"share": share, "evaluations": count, "norms": norms},
                treatments=("eval-mode",),
            )
        ]

    def _each_step(self, record: Record) -> bool:
        """Whether there are nearly as many evaluations as steps."""
        return evaluations(record) > self.limits.per_step * len(record.steps)

    def _samples(self, record: Record) -> bool:
        """Whether evaluations pass the same rows again and again."""
        table = record.batches
        marks = table.numbers("checksum")
        marks = marks[table.numbers("evaluation") == 1.0]
        marks = marks[np.isfinite(marks)]
        if marks.size < self.limits.repeats:
            return False
        steps = table.numbers("step")
        steps = steps[table.numbers("evaluation") == 1.0][: marks.size]
        same = (np.diff(marks) == 0.0) & (np.diff(steps) == 0.0)
        return int(same.sum()) >= self.limits.repeats - 1


def _only_made(record: Record) -> bool:
    """Whether all that was run without gradients is a network that another one judges.

    A GAN's generator: no loss is taken of what it gives, its opponent has an optimizer of its own,
    and samples of it are looked at, not scored (DCGAN draws them in training mode).
    """
    table = record.batches
    run = table.numbers("model")[table.numbers("evaluation") == 1.0]
    made = set(run[np.isfinite(run)].astype(int).tolist())
    judged = {loss.model for loss in record.losses}
    return bool(made and judged) and min(judged) >= 0 and not made & judged and taking_turns(record)
