# SPDX-License-Identifier: Apache-2.0
"""Training in evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Module, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import severity_by_harm, severity_of_mistake
from backprobe.rules.wording import at, listed, percent, unique
from backprobe.signals.lines import line_of
from backprobe.signals.loaded import loaded_over
from backprobe.signals.progress import progress


class EvalModeTraining(AbstractRule):
    """Optimizer steps run while the model is in evaluation mode: dropout is off, batch norm frozen.

    ## What it looks for
    Steps whose training forward ran with the root in `eval()`, in a model with dropout or batch
    norm. Without either, the mode changes nothing and the rule stays silent. Batch norms that keep
    the statistics of their init from the first step on normalise nothing: inputs in other units
    that one of them was to scale, and numbers that outgrow their layers, come of that.

    ## Why it matters
    `model.eval()` for a validation stays on until `model.train()` is called again: from then on
    there is no dropout, and batch norm uses statistics that no longer follow the weights.

    ## Example
    `from step 47 on the model trains in eval mode: bn1, bn2 no longer update their statistics, drop
    no longer drops`

    ## What to try
    - `train-mode`: `model.train()` at the start of each epoch

    ## When it is wrong
    Fine-tuning with frozen batch-norm statistics on purpose.

    ## References
    - PyTorch notes, "Autograd mechanics": evaluation mode
    """

    name = "eval-mode-training"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(
            0.2, "share of the steps", "a step now and then may be a probe of the user's"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        training = record.steps.numbers("training")
        step = record.steps.numbers("step")
        known = ~np.isnan(training)
        training, step = training[known], step[known]
        if training.size < 5:
            return []
        off = training == 0.0
        share = float(off.mean())
        moded = [m for m in record.modules if mode_matters(m)]
        if share < self.limits.share or not moded:
            return []
        first = int(step[np.argmax(off)])
        switched = bool(off[-1] and not off[0])
        norms = any(m.type.startswith(("BatchNorm", "SyncBatch")) for m in moded)
        state, switch = progress(record), line_of(record, "eval", until=first)
        kept = {m.index for m in moded if m.type.startswith("BatchNorm")}
        loaded = loaded_over(record)
        brought = any(p.module in kept and p.index in loaded for p in record.parameters)
        # Statistics that were loaded are kept on purpose; those of the init are nobody's.
        mistake = norms and not brought
        severity = severity_of_mistake(record) if mistake else severity_by_harm(state)
        if severity == "error" or switched:
            severity = "warning"  # it may have done no harm yet, but nobody means to switch midway
        names = unique(m.name for m in moded)
        what = "batch norm keeps its old statistics" if norms else "dropout is off"
        return [
            Finding(
                rule=self.name,
                severity=severity,
                confidence=confidence(
                    0.5,
                    0.97,
                    1.0 if switched else 0.3,
                    between(share, 0.2, 0.8),
                    1.0 if norms else 0.2,
                ),
                message=(
                    f"{f'from step {first} on' if switched else f'in {percent(share)} of steps'} "
                    f"the model trains in evaluation mode: {what} ({listed(names)})"
                    + (f"; it was put there{at(switch)}" if switch else "")
                ),
                where=names,
                source=switch,
                steps=(first, int(step[np.flatnonzero(off)[-1]])),
                evidence={
                    "share": share,
                    "first_step": first,
                    "switched": switched,
                    "norms": norms,
                    "unnormed": bool(mistake and off[0]),
                },
                treatments=("train-mode",),
            )
        ]


def mode_matters(module: Module) -> bool:
    """Whether a module does something else in evaluation than in training."""
    if module.type.startswith(("BatchNorm", "SyncBatchNorm")):
        return True
    return "Dropout" in module.type and float(module.settings.get("p", 0.0) or 0.0) > 0.0
