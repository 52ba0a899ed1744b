# SPDX-License-Identifier: Apache-2.0
"""Frozen layers whose batch norm still learns its statistics."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Module, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import at, listed, unique
from backprobe.signals.loaded import loaded_over


class BatchnormInFrozenBackbone(AbstractRule):
    """Batch norm of a frozen, pretrained network runs in training mode.

    ## What it looks for
    Batch norms in training mode whose layers around them are loaded and don't require gradients.
    `requires_grad = False` does not stop the running statistics.

    ## Why it matters
    The backbone is not as frozen as it looks: each batch moves its running mean and variance
    towards the new data, and small batches make its features noisy. Evaluation then differs from
    training.

    ## Example
    `bn1, bn2 (net.py:12) are part of a frozen network but in training mode: their statistics move
    with every batch`

    ## What to try
    - `backbone.eval()` after each `model.train()`

    ## When it is wrong
    Re-estimating the statistics on new data is a method of its own (AdaBN).

    ## References
    - PyTorch, `torch.nn.BatchNorm2d`: `track_running_stats`
    - Li et al., "Revisiting batch normalization for practical domain adaptation", 1603.04779
    """

    name = "batchnorm-in-frozen-backbone"
    severity = "note"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        share: float = threshold(0.5, "frozen share of the weights around", "most of the block")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all such norms."""
        pretrained = loaded_over(record)
        frozen = {
            p.module: p.index in pretrained
            for p in record.parameters
            if len(p.shape) >= 2 and not p.requires_grad
        }
        if not any(frozen.values()):
            return []
        guilty = [m for m in record.modules if _learns(m) and self._around(record, m, frozen)]
        if not guilty:
            return []
        names = unique(m.name for m in guilty)
        return [
            Finding(
                rule=self.name,
                severity="note",
                confidence=confidence(0.6, 0.9, between(len(guilty), 1, 6)),
                message=(
                    f"{listed(names)}{at(guilty[0].source)} "
                    f"{'is' if len(names) == 1 else 'are'} part of a frozen network but in "
                    "training mode: running statistics move with every batch"
                ),
                where=names,
                source=guilty[0].source,
                evidence={"norms": len(guilty)},
            )
        ]

    def _around(self, record: Record, norm: Module, frozen: dict[int, bool]) -> bool:
        """Whether the norm's own weights and most layers beside it are frozen."""
        own = [p for p in record.parameters if p.module == norm.index]
        if any(p.requires_grad for p in own):
            return False
        beside = [
            p
            for p in record.parameters
            if len(p.shape) >= 2 and _parent(record, p.module) == norm.parent
        ]
        cold = sum(p.module in frozen for p in beside)
        return bool(beside) and cold >= self.limits.share * len(beside)


def _learns(module: Module) -> bool:
    return (
        module.type.startswith(("BatchNorm", "SyncBatchNorm"))
        and module.training
        and module.calls > 0
        and bool(module.settings.get("track_running_stats", True))
    )


def _parent(record: Record, index: int) -> int:
    return next((m.parent for m in record.modules if m.index == index), -1)
