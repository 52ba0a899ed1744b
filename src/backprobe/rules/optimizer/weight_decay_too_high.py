# SPDX-License-Identifier: Apache-2.0
"""Weight decay that wins over the gradient."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Finding, Optimizer, Parameter, Record
from backprobe.rules.base import AbstractRule, observed_steps, threshold
from backprobe.rules.confidence import beyond, confidence
from backprobe.rules.harm import HURTS, WELL, imperfect, leaves_much, severity_by_harm
from backprobe.rules.wording import at, figure, percent, plural, unique
from backprobe.signals.baseline import first_term_baseline
from backprobe.signals.collapse import COLLAPSED, shrinkage
from backprobe.signals.layers import layers
from backprobe.signals.penalty import penalty
from backprobe.signals.progress import Progress, progress

NEAR = 1.5
"""First loss / a constant answer's, of answers that hardly differ from row to row."""


class WeightDecayTooHigh(AbstractRule):
    """Weight decay pulls the weights towards zero faster than the gradient builds them.

    ## What it looks for
    The weights' RMS at the end against the beginning (of embeddings where there is nothing else),
    in a run with weight decay that learned too little; in one that learned little from a start that
    a constant answer hardly beats, whatever it is that shrinks them: a decay written into a step of
    one's own, or into the loop, that is not multiplied by the rate. Where the decay acts on the
    weights directly, the share that each step takes off; and a sum of the weights' squares in the
    loss that outweighs the error while much is left to learn.

    ## Why it matters
    Weights that have shrunk to a fraction pass neither signal nor gradient; the network answers
    with a constant.

    ## Example
    `under weight decay 0.5 the weights shrank to 0.02 of their initial size (median over 3 layers);
    the loss went from 2.3 to 2.3`

    ## What to try
    - `weight-decay=0.0001` (SGD, Adam) or `weight-decay=0.01` (AdamW)
    - `weight-decay=0`
    - a smaller factor, where the penalty is a summand of the loss

    ## When it is wrong
    Layers in front of a normalisation have no scale of their own. Weights that are held near zero
    on purpose (a critic's that is clamped) have a loss without a constant answer: it is silent.

    ## References
    - Loshchilov & Hutter, "Decoupled weight decay regularization", 1711.05101
    """

    name = "weight-decay-too-high"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        decay: float = threshold(5e-3, "weight decay", "common: 1e-4 with SGD, 0.01 with AdamW")
        shrunk: float = threshold(0.4, "late weight RMS / initial, median", "healthy: 0.8 to 3")
        shrunk_hidden: float = threshold(
            COLLAPSED, "the same, with no decay set", "what is not seen must show the more"
        )
        forgets: float = threshold(
            3e-3, "rate × decay", "AdamW's default 1e-5, large models 1e-4, SGD 5e-5"
        )
        written: float = threshold(
            0.02, "twice the factor of a penalty in the loss", "usual: 2e-5 to 2e-3"
        )
        outweighs: float = threshold(
            0.25, "penalty / error, late", "usual factors make a few percent of it"
        )
        decisive: float = threshold(0.05, "the same ratio", "nothing is left")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding an optimizer."""
        written = self._written(record)
        if written is not None:
            return [written]
        state = progress(record)
        severity = severity_by_harm(state)
        if severity == "note" and not imperfect(state):
            return []
        found = []
        # Of weights that the script's own lines move, no optimizer is known.
        for optimizer in record.optimizers or (Optimizer(-1, "the loop"),):
            decays = [float(g.get("weight_decay") or 0.0) for g in optimizer.groups]
            decay = max(decays, default=0.0)
            held = [x for x in layers(record) if x.weight.optimizer == optimizer.index]
            tables = [] if held else _tables(record, optimizer)
            weights = [layer.weight for layer in held] or [p for p, _ in tables]
            ratios = shrinkage(record, weights)
            shrunk = float(np.median(ratios)) if ratios else 1.0
            # A penalty may be a summand of the loss instead of the optimizer's option.
            penalty = decay == 0.0 and any(x.terms > 1 for x in record.losses)
            hidden = shrunk <= self.limits.shrunk_hidden and (penalty or _in_vain(state))
            forgets = _forgets(optimizer)
            if forgets >= self.limits.forgets and shrunk > self.limits.shrunk:
                found += self._forgetful(record, optimizer, decay, forgets)
                continue
            if not hidden and (decay < self.limits.decay or shrunk > self.limits.shrunk):
                continue
            if decay >= self.limits.decay or penalty:
                what = f"weight decay {figure(decay)}" if decay else "a penalty in the loss"
                under = f"under {what}{at(optimizer.source)} the weights shrank to "
            else:
                under = (
                    f"something{at(optimizer.source)} takes off the weights at each step (no "
                    f"option: the groups' decay is {figure(decay)}; a decay in `step` or in the "
                    "loop that is not times the rate?): they shrank to "
                )
            found.append(
                Finding(
                    rule=self.name,
                    severity="note" if severity == "note" else "warning",
                    confidence=confidence(
                        0.55,
                        0.95,
                        beyond(shrunk, self.limits.shrunk, self.limits.decisive),
                        state.hurt,
                    ),
                    message=(
                        f"{under}{figure(shrunk)} of their initial size (median over "
                        f"{plural(len(ratios), 'layer' if held else 'table')}); "
                        f"{state.in_words()}"
                    ),
                    where=unique([layer.name for layer in held] or [name for _, name in tables]),
                    source=optimizer.source,
                    steps=observed_steps(record),
                    evidence={"weight_decay": decay, "shrunk": shrunk},
                    treatments=_lower(optimizer.type, decay),
                )
            )
        return found

    def _written(self, record: Record) -> Finding | None:
        """A penalty on the weights, a summand of the loss, that outweighs the error."""
        own = penalty(record)
        if own is None or own.value < self.limits.outweighs * max(own.rest, 0.0):
            return None
        base = first_term_baseline(own.loss)
        learnt = math.nan if base is None else 1.0 - own.rest / base
        if not (leaves_much(record) or learnt < WELL) or 2 * own.factor < self.limits.written:
            return None
        held = [x for x in layers(record) if x.weight.optimizer >= 0]
        constant = "" if base is None else f" (a constant answer: {figure(base)})"
        return Finding(
            rule=self.name,
            severity="warning",
            confidence=confidence(
                0.55, 0.93, beyond(own.value / max(own.rest, 1e-12), self.limits.outweighs, 2.0)
            ),
            message=(
                f"the loss{at(own.loss.source)} has the weights' squares times "
                f"{figure(own.factor)} in it, as a weight decay of {figure(2 * own.factor)} does: "
                f"at the end they are {figure(own.value)} of it and the error {figure(own.rest)}"
                f"{constant}, which the network gives up for smaller weights; usual are factors of "
                "1e-5 to 1e-3"
            ),
            where=unique(layer.name for layer in held),
            source=own.loss.source,
            steps=observed_steps(record),
            evidence={"weight_decay": 2 * own.factor, "penalty": own.value, "error": own.rest},
        )

    def _forgetful(
        self, record: Record, optimizer: Optimizer, decay: float, forgets: float
    ) -> list[Finding]:
        """Weights that are pulled to zero about as fast as they are learnt."""
        state = progress(record)
        if state.hurt < HURTS and not leaves_much(record):
            return []
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.6, 0.92, beyond(forgets, self.limits.forgets, 0.05), state.hurt
                ),
                message=(
                    f"{optimizer.type}{at(optimizer.source)} takes {percent(forgets)} off all "
                    f"weights at each step (decay {figure(decay)} times the rate): what they learn "
                    f"is gone after {1 / forgets:.0f} steps; usual are 10,000 and more; "
                    f"{state.in_words()}"
                ),
                source=optimizer.source,
                steps=observed_steps(record),
                evidence={"weight_decay": decay, "a_step": forgets},
                treatments=_lower(optimizer.type, decay),
            )
        ]


def _tables(record: Record, optimizer: Optimizer) -> list[tuple[Parameter, str]]:
    """Embeddings of an optimizer, with their modules' names: of a factorization all there is."""
    modules = {m.index: m for m in record.modules}
    return [
        (p, modules[p.module].name)
        for p in record.parameters
        if p.optimizer == optimizer.index
        and p.module in modules
        and modules[p.module].type.startswith("Embedding")
    ]


def _in_vain(state: Progress) -> bool:
    """Whether little is learnt from a start no worse than a constant.

    Then no gradient asks for smaller weights: a network that begins far off may well shrink them.
    """
    if state.baseline is None or state.trend is None:
        return False
    poor = state.state in ("stuck", "learning", "diverged") and state.hurt >= HURTS
    # What shrinks until it answers with a constant has lost what it learnt, and got no worse.
    return poor and max(state.trend.start, state.trend.last) <= NEAR * state.baseline


def _forgets(optimizer: Optimizer) -> float:
    """Share of the weights that one step takes off, where the decay acts on them directly.

    Adam divides its penalty by the gradient's size: what that does can't be told from its settings.
    """
    if optimizer.type not in ("AdamW", "SGD", "NAdamW", "Lion"):
        return 0.0
    products = [
        float(g.get("lr") or 0.0) * float(g.get("weight_decay") or 0.0) for g in optimizer.groups
    ]
    return max(products, default=0.0)


def _lower(optimizer: str, decay: float) -> tuple[str, ...]:
    """Decays that are usual with an optimizer; a penalty in the loss is out of reach."""
    if decay == 0.0:
        return ()
    usual = 0.01 if optimizer == "AdamW" else 0.0001
    return (*([f"weight-decay={usual:g}"] if usual < decay else []), "weight-decay=0")
