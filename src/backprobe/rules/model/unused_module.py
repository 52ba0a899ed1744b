# SPDX-License-Identifier: Apache-2.0
"""A layer that is declared and never called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Module, Parameter, Record
from backprobe.rules.base import AbstractRule, observed_steps, threshold
from backprobe.rules.confidence import between, confidence
from backprobe.rules.harm import at_most_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.model.chain_end import ends_chain
from backprobe.rules.model.lost_shortcut import lost_shortcuts
from backprobe.rules.places import declared, picks_its_parts
from backprobe.rules.wording import at, listed, plural, unique
from backprobe.signals.judged import run_without_gradients, within
from backprobe.signals.progress import progress


class UnusedModule(AbstractRule):
    """A module with trainable parameters is built, given to the optimizer, and never called.

    ## What it looks for
    Modules with parameters of their own that did not run in the captured forward and whose
    parameters had no gradient at any observed step, although the optimizer holds them. And a
    shortcut that is not there: a block that adds what its layers gave to itself (`x = f(x)`, then
    `x + x`), so that its input goes nowhere else.

    ## Why it matters
    What the reader believes to be in the network is not: a forgotten layer, a normalisation that is
    skipped, or a name that was overwritten by another.

    ## Example
    `fc2 (net.py:14) is never called: none of its 4,160 parameters had a gradient in 200 observed
    steps`

    ## What to try
    - call it in `forward`, or remove it
    - `x = x + f(x)`, or another name for what the layers gave

    ## When it is wrong
    Heads for other tasks, auxiliary outputs and mixtures of experts that some steps use. What the
    last of several equal blocks would hand on to the next gets a note.

    ## References
    - PyTorch, `DistributedDataParallel`: `find_unused_parameters`
    """

    name = "unused-module"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(
            5, "observed steps without a gradient", "some steps may skip a branch"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: all modules that nothing calls, or else blocks without shortcut."""
        return self._uncalled(record) or self._shortcuts(record)

    def _shortcuts(self, record: Record) -> list[Finding]:
        """Blocks whose input was to be added to what their layers gave."""
        found = lost_shortcuts(record)
        if not found:
            return []
        severity, source = severity_of_mistake(record), found[0][1].source
        names = unique(block.name for block, _ in found)
        return [
            Finding(
                rule=self.name,
                severity=at_most_warning(severity),
                confidence=confidence(0.65, 0.9, progress(record).hurt),
                message=(
                    f"the sum{at(source)} in {listed(names)} is of one tensor with itself: the "
                    "block's input, which it is made of, is added nowhere, so no shortcut passes "
                    f"its layers; {progress(record).in_words()}"
                ),
                where=names,
                source=source,
                evidence={"modules": list(names), "shortcut": True},
            )
        ]

    def _uncalled(self, record: Record) -> list[Finding]:
        """All modules that nothing calls."""
        series = record.parameters_series
        grads = series.values.get("grad_rms")
        if grads is None or len(series.step) < self.limits.steps:
            return []
        touched = set(series.index[np.isfinite(grads).any(axis=0)].tolist())
        measured = set(series.index.tolist())
        by_index = {p.index: p for p in record.parameters}
        if not touched:
            return []
        judged = run_without_gradients(record)
        off = {int(k) for e in record.named("gradients-off") for k in e.data["modules"]}
        guilty = []
        for module in record.modules:
            own = [by_index[i] for i in module.parameters if i in by_index]
            own = [p for p in own if p.requires_grad and p.index in measured]
            called = (
                module.calls > 0
                or module.index in off  # it runs in its network's forward, which `calls` leaves out
                or picks_its_parts(record, module)
                or any(within(module, other) for other in judged)
            )
            if own and not called and not any(p.index in touched for p in own):
                guilty.append((module, own))
        if not guilty:
            return []
        last = all(ends_chain(record, module, touched) for module, _ in guilty)
        state = progress(record)
        names = unique(_top(record, module, guilty) for module, _ in guilty)
        source = guilty[0][0].source
        count = sum(p.size for _, own in guilty for p in own)
        steps = len(series.step)
        own_code = any(
            declared(record, module) for module in record.modules if module.name in names
        )
        return [
            Finding(
                rule=self.name,
                severity="note"
                if last
                else at_most_warning(
                    severity_of_mistake(record) if own_code else severity_by_harm(state)
                ),
                confidence=confidence(0.7, 0.95, between(steps, self.limits.steps, 50), state.hurt),
                message=(
                    f"{listed(names)}{at(source)} {'is' if len(names) == 1 else 'are'} never "
                    "called: "
                    f"none of {plural(count, 'parameter')} had a gradient in "
                    f"{plural(steps, 'observed step')}"
                ),
                where=names,
                source=source,
                steps=observed_steps(record),
                evidence={
                    "modules": list(names),
                    "parameters": count,
                    "steps": steps,
                    "norms": all("Norm" in module.type for module, _ in guilty),
                },
            )
        ]


def _top(record: Record, module: Module, guilty: list[tuple[Module, list[Parameter]]]) -> str:
    """The highest ancestor that did not run either: a block's name says more than its layers'."""
    by_index = {m.index: m for m in record.modules}
    name = module.name
    parent = by_index.get(module.parent)
    while parent is not None and parent.parent >= 0 and parent.calls == 0:
        inside = [
            m for m in record.modules if m.name.startswith(parent.name + ".") and m.parameters
        ]
        unused = {m.index for m, _ in guilty}
        if parent.type in ("ModuleList", "ModuleDict") or any(
            m.index not in unused for m in inside
        ):
            break
        name = parent.name
        parent = by_index.get(parent.parent)
    return name
