# SPDX-License-Identifier: Apache-2.0
"""Targets that do not belong to their inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from backprobe.records import Event, Finding, Record
from backprobe.rules.base import AbstractRule, threshold, whole_run
from backprobe.rules.confidence import between, beyond, confidence
from backprobe.rules.data.mirrored import mirrored
from backprobe.rules.data.mixed_labels import mixed_labels
from backprobe.rules.data.partners import strange_partners
from backprobe.rules.data.same_answer import same_answer
from backprobe.rules.data.shares_over_rows import shares_over_rows
from backprobe.rules.wording import at, figure, percent
from backprobe.signals.baseline import number
from backprobe.signals.contexts import few_ids
from backprobe.signals.generalisation import generalisation, held_out_losses
from backprobe.signals.losses import BINARY, CLASSES, REGRESSION
from backprobe.signals.progress import Progress, progress
from backprobe.signals.rows import Repeats, repeats
from backprobe.signals.table_products import table_products
from backprobe.signals.vain import (
    EXPLAINED,
    STEPS,
    joined_inside,
    moves_in_vain,
    of_batch,
)


class LabelsMismatched(AbstractRule):
    """Nothing of the targets can be learnt from the inputs that they come with.

    ## What it looks for
    Ten marks. Moved: ids of a sequence are taught the id two places on, or the one before.
    Partners: the row of the batch that a contrastive loss has each one find is no more like it than
    any, while the one beside it, or that of the batch's other half, is. Shared out over rows: a
    teacher's shares that add up to 1 over the batch, not over the classes. Alike:
    all targets of hundreds of rows are one class or number, for a layer that has an output for each
    class. Exact: inputs that come back with another target, although none repeats within a batch.
    Weighed: a teacher's shares of classes that differ, where an input comes back, as those of two
    rows do (a note, unless the very shares come back with another input: they were kept in another
    order). Mixed: of two labels of an input that is mixed of two rows, the one that weighs less in
    the loss stays the likelier answer. Mirrored: pictures come back turned round with the masks
    that they had, or with numbers of which some are learnt and others not at all (a note). By
    heart: the training rows are fitted, and held-out rows are answered no better than by a
    constant (of products of embeddings: worse than the noise that these began with makes them).
    Otherwise by exclusion, a note: the loss and the training accuracy stay at those of a constant
    answer although the layers are moved at a healthy rate, and no other cause is found.
    That says little: of the eight programs of the corpus that it was told of, in three the targets
    were others' (two of them of diffusions), in four the fault lay in the inputs or in the scale of
    the scores, and one was healthy, with targets that nothing predicts. So it is not told where the
    targets are places in the batch itself, nor where the network joins the nodes of graphs or the
    words of texts to the rows of its loss, which may go wrong unseen.

    ## Why it matters
    Inputs and targets that were shuffled apart hold nothing to learn; a loss that
    falls is learnt by heart.

    ## Example
    `the loss went from 2.34 to 2.19 (a constant answer: 2.3) although each step moves the weights
    by 0.009 of their size, which is healthy; nothing else explains it`

    ## What to try
    - print ten inputs with their targets, as the loss gets them
    - shuffle inputs and targets by one and the same permutation
    - lay views out as the loss takes them: halves (`torch.cat`), or side by side

    ## When it is wrong
    Tasks that are hard or need a different model look the same from outside. A training that is fed
    one class after the other, before the second one comes. Held-out rows of another time or place
    than the training rows; where their inputs tell it, this stays silent.

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): visualise just before the net
    - Zhang et al., "Understanding deep learning requires rethinking generalization", 1611.03530
    """

    name = "labels-mismatched"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        steps: float = threshold(STEPS, "optimizer steps", "a plateau of a hundred steps is normal")
        explained: float = threshold(
            EXPLAINED,
            "share of the trivial loss taken away",
            "more can't be learnt by heart so fast",
        )
        changed: float = threshold(0.5, "returned inputs with another target", "a few are noise")
        returned: float = threshold(40, "rows that came back", "fewer say little")
        by_heart: float = threshold(0.35, "training skill", "0: a constant answer, 1: all right")
        by_heart_fit: float = threshold(0.95, "training skill", "all of it is known by heart")
        span: float = threshold(0.4, "share of the rarer classes", "accuracies differ by kind")
        many: float = threshold(300, "training rows", "fewer are learnt by heart in any case")
        held: float = threshold(0.06, "held-out skill at best", "noise of a few hundred rows")
        opposed: float = threshold(
            -0.15, "held-out skill at best", "a sixth of the way worse than a constant answer"
        )
        elsewhere: float = threshold(
            1.0, "difference of input means / training std", "a whole deviation"
        )
        apart: float = threshold(
            0.8, "of two rows' distance", "a teacher that learns or drops out keeps far closer"
        )
        few: float = threshold(
            5, "inputs that came back", "enough where the very shares move to other inputs"
        )
        natural: float = threshold(0.02, "rows that repeat within a batch", "distinct rows: 0")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        state = progress(record)
        loss = state.loss
        moved = self._moved(record, state)
        if moved is not None:
            return [moved]
        other = strange_partners(record, self.name) or shares_over_rows(record, self.name)
        if other is not None:
            return [other]
        weighed = self._weighed(record, state)
        if weighed is not None:
            return [weighed]
        put = mixed_labels(record, self.name) or mirrored(record, self.name)
        if put is not None:
            return [put]
        same = same_answer(record, self.name)
        if same is not None:
            return [same]
        if loss is None or state.baseline is None or state.state in ("unknown", "short"):
            return []
        if loss.kind not in CLASSES | BINARY | REGRESSION:
            return []
        if state.explained > self.limits.explained:
            return self._by_heart(record, state)
        found = repeats(record)
        told = found is not None and self._changed(found)
        if found is not None and told and not few_ids(record) and not of_batch(record, loss):
            return [self._exact(record, state, found)]
        return self._by_exclusion(record, state)

    def _moved(self, record: Record, state: Progress) -> Finding | None:
        """Ids of a sequence that are taught another place than the next one."""
        lags = [
            int(event.data["places"]) - _places_read(event, state)
            for event in record.named("target-lag")
        ]
        if not lags or lags[0] in (0, 1):
            return None
        source = state.source
        what = (
            f"each place is taught the id {lags[0]} places on, not the next one: were the labels "
            "moved twice, by the script and by the model?"
            if lags[0] > 1
            else "each place is taught the id before it, which it has read already: were the "
            "labels moved the wrong way?"
        )
        return Finding(
            rule=self.name,
            severity="warning",
            confidence=confidence(0.8, 0.95, 1.0),
            message=f"{what} ({'loss' + at(source) if source else 'loss'}); {state.in_words()}",
            source=source,
            steps=whole_run(record),
            evidence={"places": lags[0]},
        )

    def _weighed(self, record: Record, state: Progress) -> Finding | None:
        """Shares of classes that belong to other rows than those that are asked for them."""
        told = [event.data for event in record.named("shares-asked")]
        facts = told[-1] if told else {}
        returned, apart = int(facts.get("returned", 0)), float(facts.get("apart", 0.0))
        if returned < self.limits.few or apart < self.limits.apart:
            return None
        moved, again = int(facts["moved"]), int(facts["again"])
        # Inputs that are made anew from the same rows move as well, but then none of them returns.
        kept = again >= self.limits.returned / 2 and moved >= self.limits.changed * again
        if returned < self.limits.returned and not kept:
            return None
        source = state.source
        return Finding(
            rule=self.name,
            severity="warning" if kept else "note",
            confidence=confidence(
                0.75 if kept else 0.5, 0.95 if kept else 0.7, between(returned + moved, 40, 300)
            ),
            message=(
                f"an input that comes back{at(source)} is asked for other shares of the classes: "
                f"{figure(apart)} times as far from those before as two rows' are"
                + (
                    f", and {moved} rows' very shares came before with another input"
                    if kept
                    else ""
                )
                + ": were they computed once, for rows in another order, or without a shuffle?"
            ),
            source=source,
            steps=whole_run(record),
            evidence={"returned": returned, "apart": apart, "moved": moved},
        )

    def _changed(self, found: Repeats) -> bool:
        limits = self.limits
        enough = found.returned >= limits.returned and found.within <= limits.natural
        return enough and found.changed >= limits.changed

    def _exact(self, record: Record, state: Progress, found: Repeats) -> Finding:
        source = state.source
        return Finding(
            rule=self.name,
            severity="warning",
            confidence=confidence(
                0.75,
                0.97,
                between(found.changed, self.limits.changed, 0.9),
                between(found.returned, self.limits.returned, 200),
            ),
            message=(
                f"of the inputs that came back, {percent(found.changed)} had another target than "
                f"before{at(source)}; {state.in_words()}"
            ),
            source=source,
            steps=whole_run(record),
            evidence={"returned": found.returned, "changed": found.changed},
        )

    def _by_heart(self, record: Record, state: Progress) -> list[Finding]:
        """What is fitted holds for no other row at all, from the first evaluation to the last."""
        both = generalisation(record)
        train = state.explained if math.isnan(both.train) else both.train
        if train > 1.0:
            return []  # a loss below the least that its kind can be is a wrong loss, not skill
        many = _training_rows(record) >= self.limits.many  # few rows are overfitted at once
        heart = train >= self.limits.by_heart and both.best <= self.limits.held and many
        # Of many classes that are equally likely the commonest is as good a guess as any: the loss
        # tells what was learnt.
        losses = held_out_losses(record)
        if heart and losses.size and state.baseline:
            heart = 1.0 - float(losses.min()) / state.baseline <= self.limits.held
        # Better than a constant where it trains, worse than one elsewhere: other rows, other rules.
        opposed = (
            train >= self.limits.explained
            and both.best <= self.limits.opposed
            and not self._elsewhere(record)
        )
        noise = _noise_of_init(record, state)
        heart, opposed = heart and both.best < 1.0 - noise, opposed and both.best < -noise
        if not (heart or opposed):
            return []
        if state.steps < self.limits.steps or both.evaluations < 1:
            return []
        # What a script calls accuracy may be a balanced one, where one class is most of the rows.
        if both.unit == "accuracy" and both.span < self.limits.span and both.source != "evaluated":
            return []
        source = state.source
        told = percent if both.unit == "accuracy" else figure
        trained = (
            state.in_words()
            if math.isnan(both.train)
            else f"the training {both.unit} is {told(both.train_value)}"
        )
        return [
            Finding(
                rule=self.name,
                severity="warning",
                confidence=confidence(
                    0.45,
                    0.8,
                    between(train, self.limits.by_heart, self.limits.by_heart_fit),
                    between(both.best, self.limits.held, 0.0),
                ),
                message=(
                    f"{trained}{at(source)}, but held-out rows get {told(both.held_value)} "
                    f"({both.source}), no more than a constant answer: nothing of "
                    "what was learnt holds for other rows; do the "
                    "targets belong to their inputs, in both sets?"
                ),
                source=source,
                steps=whole_run(record),
                evidence={"train_skill": train, "held_out_skill": both.held, "by_heart": True},
            )
        ]

    def _elsewhere(self, record: Record) -> bool:
        """Whether some evaluated inputs lie beside all that was trained on: a trend goes on."""
        table = record.batches
        mean, std, judged = (table.numbers(key) for key in ("mean", "std", "evaluation"))
        known = np.isfinite(mean) & np.isfinite(std)
        train, other = known & (judged == 0.0), known & (judged == 1.0)
        if not train.any() or not other.any():
            return False
        away = float(np.max(np.abs(mean[other] - np.median(mean[train]))))
        return away > self.limits.elsewhere * float(np.median(std[train]))

    def _by_exclusion(self, record: Record, state: Progress) -> list[Finding]:
        """All else was ruled out: calibrated, the confidence is the share in which that held."""
        step = moves_in_vain(record)
        if step is None or state.loss is None or joined_inside(record, state.loss):
            return []
        source = state.source
        return [
            Finding(
                rule=self.name,
                severity="note",
                confidence=confidence(
                    0.05,
                    0.1,
                    beyond(state.steps, self.limits.steps, 1500),
                    between(state.explained, self.limits.explained, 0.0),
                ),
                message=(
                    f"{state.in_words()} although each step moves the weights by {figure(step)} of "
                    f"their size, which is healthy{at(source)}; nothing else explains it: do the "
                    "targets belong to their inputs, and do these tell them apart?"
                ),
                source=source,
                steps=whole_run(record),
                evidence={
                    "explained": state.explained,
                    "update_ratio": step,
                    "by_exclusion": True,
                },
            )
        ]


def _noise_of_init(record: Record, state: Progress) -> float:
    """Variance of the first answers over that of the targets, where each row keeps its part of it.

    So it does where answers are products of rows of tables: nothing that is learnt of others takes
    it away. Layers that all rows share unlearn it with the first of them: 0, as where it is not
    known.
    """
    loss = state.loss
    if loss is None or loss.kind != "mse" or not table_products(record):
        return 0.0
    first, targets = number(loss.output, "std"), number(loss.target, "std")
    return (first / targets) ** 2 if first and targets else 0.0


def _places_read(event: Event, state: Progress) -> int:
    """Places that the network itself reads before its first answer: those of an n-gram's context.

    It has fewer answers than ids then. Where a script cuts them off (`logits[:, :-1]`), all did
    come.
    """
    chain = state.loss.chain if state.loss is not None else ()
    if any(name.startswith("SliceBackward") for name in chain):
        return 0
    places = int(event.data["places"])
    missing = int(event.data["length"]) - int(event.data.get("width", event.data["length"]))
    return min(missing, places - 1) if places > 1 else 0


def _training_rows(record: Record) -> int:
    """Rows that are trained on: what a loader holds, or at least those whose hash is known."""
    told = [int(event.data.get("rows", -1)) for event in record.named("loader")]
    found = repeats(record)
    return max([*told, found.distinct if found is not None else 0])
