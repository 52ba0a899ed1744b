# SPDX-License-Identifier: Apache-2.0
"""A checkpoint of which little or nothing arrived in the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprobe.records import Event, Finding, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.wording import listed, unique


class WeightsNotLoaded(AbstractRule):
    """`load_state_dict(strict=False)` took few of the weights that it was given.

    ## What it looks for
    Keys that a load found no place for although the model misses weights of the same ending: the
    names differ by a prefix (`module.`, `model.`, `backbone.`), so that what was trained stays in
    the file and the model trains from its random init. A new head, and a head that is left behind,
    are meant.

    ## Why it matters
    Nothing fails. The run is as slow and as poor as one from scratch, and looks like a bad
    fine-tuning rate.

    ## Example
    `of 24 weights in the file 0 were loaded: module.conv1.weight finds no place, conv1.weight is
    missing`

    ## What to try
    - strip the prefix: `{k.removeprefix("module."): v for k, v in state.items()}`
    - `strict=True`, or read the keys that `load_state_dict` returns

    ## When it is wrong
    Two networks that only share some names.

    ## References
    - PyTorch, `torch.nn.Module.load_state_dict`: the argument `strict`
    """

    name = "weights-not-loaded"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        matched: float = threshold(
            0.5, "unexpected keys that fit a missing one but for a prefix", "a new head: few"
        )
        loaded: float = threshold(0.5, "share of the file's weights that were loaded", "most")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the load that failed worst."""
        found = [f for event in record.named("loaded") if (f := self._of(record, event))]
        return found[:1]

    def _of(self, record: Record, event: Event) -> Finding | None:
        missing, unexpected = _names(event.data, "missing"), _names(event.data, "unexpected")
        counts = list(event.data.get("counts", (0, len(missing), len(unexpected))))
        taken = int(counts[0]) if counts else 0
        given = taken + len(unexpected)
        pairs = _pairs(missing, unexpected)
        if not unexpected or not pairs or taken >= self.limits.loaded * given:
            return None
        matched = len(pairs) / len(unexpected)
        if matched < self.limits.matched:
            return None
        modules = {m.name for m in record.modules}
        owners = unique(m.rpartition(".")[0] for _, m in pairs)
        return Finding(
            rule=self.name,
            severity="warning",
            confidence=confidence(
                0.7, 0.97, between(matched, self.limits.matched, 1.0), 1.0 - taken / given
            ),
            message=(
                f"of {given} weights in a loaded state {taken} found their place: "
                f"{listed([u for u, _ in pairs], 3)} went nowhere while "
                f"{listed([m for _, m in pairs], 3)} stayed as initialised: the names differ by a "
                "prefix only"
            ),
            where=tuple(name for name in owners if name in modules),
            evidence={
                "given": given,
                "loaded": taken,
                "unexpected": unexpected[:8],
                "missing": missing[:8],
            },
        )


def _names(data: Any, key: str) -> list[str]:
    return [str(name) for name in data.get(key, ())]


def _pairs(missing: list[str], unexpected: list[str]) -> list[tuple[str, str]]:
    """Keys without a place, each with the missing one that is the same but for a prefix."""
    found = []
    left = set(missing)
    for key in unexpected:
        fits = (m for m in left if key.endswith("." + m) or m.endswith("." + key))
        best = max(fits, key=len, default=None)
        if best is not None:
            left.discard(best)
            found.append((key, best))
    return found
