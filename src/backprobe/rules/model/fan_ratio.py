# SPDX-License-Identifier: Apache-2.0
"""A layer too narrow for what must pass through it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from backprobe.records import Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.harm import HURTS, imperfect, leaves_much
from backprobe.rules.model.norm_of_one import norm_of_one
from backprobe.rules.model.one_channel import one_channel
from backprobe.rules.places import picks_its_parts
from backprobe.rules.wording import at, plural, unique
from backprobe.signals.detour import goes_round
from backprobe.signals.forward_graph import lies_behind
from backprobe.signals.held_out import held_out
from backprobe.signals.layers import Layer, layers
from backprobe.signals.losses import CLASSES
from backprobe.signals.progress import Progress, progress


class FanRatio(AbstractRule):
    """A hidden layer has so few units that the classes behind it can't be told apart.

    ## What it looks for
    The width of hidden layers against the number of classes, in a classifier whose loss stays well
    above zero; and a layer of one unit between wide ones, whatever the loss. Of convolutions, whose
    positions carry more, only those of one channel that others widen again, in a classifier, where
    it has fewer numbers than the input. Left out are codes of two and more units and layers that
    what they get also goes around: scores, gates, residual branches. Embeddings of one number a
    word, where no other embedding has more. And whatever its width, a normalisation over a single
    number: less its own mean that is 0, so a LayerNorm of one feature gives its bias for any input.
    The classes are those that a later layer scores, not the rows of a contrastive loss. Where the
    classifier learns most of its task all the same, a note, of a layer between two wide ones.

    ## Why it matters
    What a narrow layer drops no later layer brings back.

    ## Example
    `0 (net.py:9) has 2 units for 8 classes; the training accuracy ends at 74 %`

    ## What to try
    - more units: at least as many as classes, rather a few times as many

    ## When it is wrong
    Few units can be enough where the classes lie along a line.

    ## References
    - Rister & Rubin, "Probabilistic bounds on neuron death in deep rectifier networks", 2007.06192
    """

    name = "fan-ratio"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        ratio: float = threshold(3.0, "classes / units", "C classes fill C − 1 directions")
        wide: float = threshold(16, "units on both sides of a few", "fewer are a small model")
        explained: float = threshold(
            0.85, "share of the trivial loss taken away", "what fits is wide enough"
        )
        accuracy: float = threshold(0.93, "training accuracy", "what fits is wide enough")
        steps: float = threshold(100, "optimizer steps", "before that nothing has settled")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding: the narrow layers."""
        if single := norm_of_one(record, self.name):
            return [single]
        state = progress(record)
        loss = state.loss
        if loss is None or state.steps < self.limits.steps:
            return []
        if state.state not in ("learned", "learning", "stuck"):
            return []
        accuracy = held_out(record).train_accuracy
        if accuracy > self.limits.accuracy:
            return []
        if channel := one_channel(record, self.name, self.limits.wide):
            return channel
        well = state.explained > self.limits.explained
        if well and not (accuracy <= self.limits.accuracy and leaves_much(record)):
            return []
        found = [x for x in layers(record) if x.place is not None and x.module.type == "Linear"]
        classes = loss.classes if loss.kind in CLASSES else 0
        narrow = [
            x
            for x in found[:-1]
            if _width(x) * self.limits.ratio <= classes
            and not goes_round(record, x.module)
            and not picks_its_parts(record, x.module)
            and (not well or self._between_wide(record, found, x))
        ]
        if not narrow:
            return [] if well else self._one_unit(record, state, found)
        # Without a later layer of as many outputs the classes are other rows: a contrastive loss.
        later = [x for x in layers(record) if x.order > narrow[0].order]
        if not any(x.weight.shape[0] == classes for x in later):
            return self._one_unit(record, state, found)
        least = min(_width(x) for x in narrow)
        names = tuple(x.name for x in narrow)
        source = narrow[0].module.source
        return [
            Finding(
                rule=self.name,
                severity="note" if well else "warning",
                confidence=confidence(
                    0.5,
                    0.9,
                    beyond(loss.classes / least, self.limits.ratio, 20.0),
                    between(state.explained, self.limits.explained, 0.5),
                ),
                message=(
                    f"{names[0]}{at(source)} has {plural(least, 'unit')} for {loss.classes} "
                    f"classes; {state.in_words()}"
                ),
                where=names,
                source=source,
                treatments=("width=4",),
                steps=whole_run(record),
                evidence={"units": least, "classes": loss.classes},
            )
        ]

    def _between_wide(self, record: Record, found: list[Layer], narrow: Layer) -> bool:
        """Whether a wide layer widens it again: two units before the scores may be a picture."""
        following = found[found.index(narrow) + 1]
        if following.module.root != narrow.module.root:
            return False
        if not lies_behind(record, narrow, following):
            return False
        return min(narrow.fan_in, _width(following)) >= self.limits.wide

    def _one_unit(self, record: Record, state: Progress, found: list[Layer]) -> list[Finding]:
        """Everything has to pass one number, which is then spread out again."""
        needle = [
            (a, b)
            for a, b in pairwise(found)
            if _width(a) == 1
            and a.fan_in >= self.limits.wide
            and _width(b) >= self.limits.wide / 2
            and a.module.root == b.module.root
            and lies_behind(record, a, b)
            and not goes_round(record, a.module)
        ]
        if not needle and (state.hurt >= HURTS or leaves_much(record)):
            return self._one_number_a_word(record, state)
        if not needle or not (state.hurt >= HURTS or imperfect(state)):
            return []
        layer, following = needle[0]
        return [
            Finding(
                rule=self.name,
                severity="warning" if state.hurt >= HURTS else "note",
                confidence=confidence(0.45, 0.85, state.hurt, beyond(layer.fan_in, 16, 500)),
                message=(
                    f"{layer.name}{at(layer.module.source)} puts {layer.fan_in:,} numbers into one "
                    f"unit, which {following.name} spreads over {_width(following)} again; "
                    f"{state.in_words()}"
                ),
                where=unique([layer.name, following.name]),
                source=layer.module.source,
                treatments=("width=4",),
                steps=whole_run(record),
                evidence={"units": 1, "fan_in": layer.fan_in},
            )
        ]

    def _one_number_a_word(self, record: Record, state: Progress) -> list[Finding]:
        """A table that tells its words apart by a single number each."""
        modules = {m.index: m for m in record.modules if m.type == "Embedding" and m.calls}
        tables = [
            (modules[p.module], *p.shape)
            for p in record.parameters
            if p.module in modules and len(p.shape) == 2
        ]
        if any(width > 1 for _, _, width in tables):
            return []  # one number a word beside vectors is its bias: factorisation machines
        for module, words, _ in tables:
            if words < self.limits.wide:
                continue
            return [
                Finding(
                    rule=self.name,
                    severity="warning",
                    confidence=confidence(0.5, 0.85, state.hurt, beyond(words, 16, 500)),
                    message=(
                        f"{module.name}{at(module.source)} puts {words:,} words on one line, a "
                        f"number each, which no later layer can take apart; {state.in_words()}"
                    ),
                    where=unique([module.name]),
                    source=module.source,
                    steps=whole_run(record),
                    evidence={"units": 1, "words": words},
                )
            ]
        return []


def _width(layer: Layer) -> int:
    return int(layer.weight.shape[0])
