# SPDX-License-Identifier: Apache-2.0
"""Inputs that are all alike."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Operation, Place, Record
from backprobe.rules.base import AbstractRule, observed_steps, seen, threshold, whole_run
from backprobe.rules.confidence import between, confidence
from backprobe.rules.data.drowned import drowned
from backprobe.rules.data.flat_inputs import (
    blank_batches,
    blanked_before_layers,
    flat_features,
    lost_at,
    one_id,
    only_padding,
    takes_several,
    vocabulary,
)
from backprobe.rules.data.folded_ids import folded_ids
from backprobe.rules.data.forgotten_state import forgotten_state
from backprobe.rules.data.sent_back import sent_back
from backprobe.rules.data.shared_rows import shared_rows
from backprobe.rules.data.unused_recurrence import unused_recurrence
from backprobe.rules.harm import HURTS, severity_of_mistake
from backprobe.rules.wording import at, figure, percent, plural, unique
from backprobe.signals.contexts import few_ids
from backprobe.signals.lines import line_of
from backprobe.signals.losses import BINARY, CLASSES
from backprobe.signals.progress import Progress, progress
from backprobe.signals.rows import drawn_anew, from_loader, repeats
from backprobe.signals.vain import moves_in_vain


class UninformativeInputs(AbstractRule):
    """The inputs hardly differ from row to row, so no answer can depend on them.

    ## What it looks for
    Features whose deviation over the training rows is nothing beside their size, batches that are
    one number throughout, as they come or after what the network does to them before its first
    layer, training rows of which only a handful are distinct while their targets
    differ, or of which most are one and the same input, ids of which nearly all are one and the
    same, and a padding mask that hides all but one. A run that learns stays silent, unless it
    learns little and most of its loader's rows are one input whose classes are as mixed as those of
    all rows, and the others don't repeat within a batch. One that does not although nothing else is
    wrong, and whose loader serves no row twice, is told that what changes its inputs may take away
    too much; one whose ids are one and the same far more often than those of a text are, that its
    vocabulary may not know most words (a note). And training inputs that spread more than twice
    as far as evaluation inputs, of which little is learnt, while the others are answered far
    better: noise in other units than the data's. And a recurrent layer whose weights between time
    steps get a gradient of exactly zero at each step, while those of its input learn: only its
    first time step is read, which has seen none of the others (of one direction of two, a note).
    And ids of which a remainder leaves a few, where the table that they are looked up in has a row
    for each and is hardly used.
    And batches of ids that go on where the one before ended, while a network that takes and gives a
    state is given None for it each time.
    And fields whose ids all count from 0 in one table that has a row for each id of each of them.
    And messages of a graph's edges that are gathered by the same index that adds them up: each node
    is sent what it has, whatever its neighbours are.

    ## Why it matters
    The best that can be learnt is the mean target. Typical are a wrong column, an integer division
    that gives 0, ids that are all padding, and a normalisation over the wrong axis.

    ## Example
    `64 of 64 input features don't vary over 1,024 training rows`

    ## What to try
    - print a few inputs as the model gets them, and follow them back to the data
    - `out[:, -1]` of a recurrent layer with the batch first, `out[-1]` with the time first
    - `state = None` before the loop over the parts of a sequence, not inside it
    - add the start of each field's rows to its ids where fields share a table
    - `x[source]` where messages are added up at `target`
    - add noise before pictures are divided by 255, or divide its deviation as well

    ## When it is wrong
    A network that is fed a constant on purpose (a generator, a fitted curve with its own codes).

    ## References
    - Karpathy, "A Recipe for Training Neural Networks" (2019): train an input-independent baseline
    """

    name = "uninformative-inputs"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        features: float = threshold(0.9, "share of the features", "the rest carries little")
        deviation: float = threshold(
            1e-5, "deviation / size of a feature", "float32 resolves 1e-7 of the mean"
        )
        one_id: float = threshold(
            0.8, "share of the commonest id", "padding of half and a word of a quarter of the rest"
        )
        often: float = threshold(
            0.25, "share of the commonest id", "of a text's characters the blank is a fifth"
        )
        even: float = threshold(3.0, "that share, times the ids there are", "1: all as common")
        same: float = threshold(
            0.5, "rows that are one and the same input", "categories have no such majority"
        )
        open: float = threshold(
            0.9, "entropy of that input's targets / of all", "an input that tells something: less"
        )
        distinct: float = threshold(0.02, "distinct rows / rows", "1 in 50: 20 of 1,000")
        changed: float = threshold(0.8, "distinct inputs with several targets", "nearly all")
        explained: float = threshold(
            0.1, "share of the trivial loss taken away", "what is learnt comes from the inputs"
        )

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding."""
        return (
            self._recurrence(record)
            or folded_ids(record, self.name)
            or shared_rows(record, self.name)
            or sent_back(record, self.name)
            or forgotten_state(record, self.name)
            or self._rows(record)
        )

    def _recurrence(self, record: Record) -> list[Finding]:
        """A recurrent layer that is read before it has seen more than one time step."""
        found = unused_recurrence(record)
        if found is None:
            return []
        state, name = progress(record), found.module.name or found.module.type
        if found.half:
            why = "of one of its directions only the first time step is read"
        elif found.cell:
            why = f"none of its {found.steps} calls is given the state of the one before"
        else:
            why = f"of {found.steps} time steps only the first is read, which has seen no other"
        return [
            Finding(
                rule=self.name,
                severity="note" if found.half else severity_of_mistake(record),
                confidence=confidence(0.7, 0.95, between(found.looks, 8, 40), state.hurt),
                message=(
                    f"the weights between the time steps of {name}{at(found.source)} get a "
                    f"gradient of exactly zero at each of {plural(found.looks, 'observed step')}, "
                    f"those of its input do not: {why}; {state.in_words()}"
                ),
                where=unique([found.module.name]),
                source=found.source,
                steps=observed_steps(record),
                evidence={"time_steps": found.steps, "half": found.half},
            )
        ]

    def _rows(self, record: Record) -> list[Finding]:
        """Inputs that don't tell rows apart."""
        state = progress(record)
        if state.state in ("unknown", "short") or state.hurt <= 0.0:
            return []
        in_noise = drowned(record, self.name)
        if in_noise is not None:
            return [in_noise]
        if state.explained > self.limits.explained:
            return self._half_blank(record, state)
        flat, of, rows = flat_features(record, self.limits.deviation)
        blank = blank_batches(record)
        found = repeats(record)
        few = (
            found is not None
            and found.rows >= 200
            and found.distinct <= self.limits.distinct * found.rows
            and found.within >= 0.3
            and found.changed >= self.limits.changed
            and not few_ids(record)  # of a small vocabulary few are distinct by nature
        )
        blanked = (
            found is not None
            and found.rows >= 200
            and found.commonest >= self.limits.same
            and found.contrary > 1
            and found.within <= found.commonest  # of categories others repeat as well
        )
        if of and flat >= self.limits.features * of:
            what = f"{flat} of {plural(of, 'input feature')} don't vary over {rows:,} training rows"
            strength = between(flat / of, self.limits.features, 1.0)
        elif blank >= 3:
            what = f"all of {plural(blank, 'batch').replace('batchs', 'batches')} "
            what += "hold one and the same number"
            strength = 1.0
        elif blanked and found is not None:
            what = (
                f"{percent(found.commonest)} of {found.rows:,} training rows are one and the same "
                f"input, which has {found.contrary} different targets (blank pictures? numbers "
                "that were rounded to nothing?)"
            )
            strength = between(found.commonest, self.limits.same, 1.0)
        elif few and found is not None:
            what = (
                f"of {found.rows:,} training rows only {found.distinct:,} are distinct, and "
                f"{percent(found.changed)} of these have several targets"
            )
            strength = 0.5
        elif (one := one_id(record)) >= self.limits.one_id:
            what = (
                f"{percent(one)} of the input ids are one and the same number (words that the "
                "vocabulary does not know, padding)"
            )
            strength = between(one, self.limits.one_id, 1.0)
        elif (made := blanked_before_layers(record)) is not None:
            what = (
                f"of batches that differ {made.name}{at(made.source)} makes one and the same "
                "number before the first layer (a normalisation over an axis of one? a product "
                "with zero?)"
            )
            strength = 0.7
        elif (masked := only_padding(record)) is not None:
            return [self._masked(record, state, masked)]
        elif (lost := lost_at(record)) is not None:
            return [self._inside(state, *lost)]
        else:
            return self._by_exclusion(record, state)
        return [
            Finding(
                rule=self.name,
                severity="error" if state.failed else "warning",
                confidence=confidence(0.7, 0.97, strength, state.hurt),
                message=f"{what}; {state.in_words()}",
                source=line_of(record, "batches"),
                steps=seen(record.batches["step"][[0, -1]]),
                evidence={
                    "constant_features": flat,
                    "features": of,
                    "blank_batches": blank,
                    "common_id": one_id(record),
                    "distinct_rows": found.distinct if found else None,
                },
            )
        ]

    def _half_blank(self, record: Record, state: Progress) -> list[Finding]:
        """Most rows of a loader are one input that tells nothing of its class; the others do."""
        found, loss = repeats(record), state.loss
        if found is None or loss is None or loss.kind not in (*CLASSES, *BINARY):
            return []
        most = found.rows >= 200 and found.commonest >= self.limits.same
        most = most and found.within <= found.commonest
        if not most or found.open < self.limits.open or not from_loader(record):
            return []
        if takes_several(record, loss.target_shape[:1]):
            return []  # only the first of them is looked at
        return [
            Finding(
                rule=self.name,
                severity="warning" if state.hurt >= HURTS else "note",
                confidence=confidence(
                    0.6, 0.9, between(found.commonest, self.limits.same, 1.0), state.hurt
                ),
                message=(
                    f"{percent(found.commonest)} of {found.rows:,} training rows are one and the "
                    f"same input (all padding? blank pictures?), and its {found.contrary} targets "
                    "are as mixed as those of all rows, so that only the others can be learnt; "
                    f"{state.in_words()}"
                ),
                steps=seen(record.batches["step"][[0, -1]]),
                evidence={"commonest": found.commonest, "distinct_rows": found.distinct},
            )
        ]

    def _by_exclusion(self, record: Record, state: Progress) -> list[Finding]:
        """What can't be told from targets of other inputs, a note beside `labels-mismatched`.

        Inputs that are augmented or cropped anew in each pass are the first suspect instead.
        """
        step = moves_in_vain(record)
        if step is None:
            return []
        anew, common, words = drawn_anew(record), one_id(record), vocabulary(record)
        often = common >= self.limits.often and common * words >= self.limits.even
        what = (
            "no row of the loader comes back as it was, so something changes the inputs in each "
            "pass: does what it leaves still tell the targets (augmentation, crops, erasing)?"
            if anew
            else f"{percent(common)} of the input ids are one and the same of {words:,}: are most "
            "words unknown to the vocabulary, or padding?"
            if often
            else "if the targets are right, the inputs tell nothing of them: were they cut, "
            "blanked, cropped, or are their words unknown?"
        )
        return [
            Finding(
                rule=self.name,
                severity="warning" if anew else "note",
                # By exclusion it was right of two programs in eight; the confidence is calibrated.
                confidence=confidence(0.02, 0.7, max(float(anew), 0.4 * often)),
                message=(
                    f"{state.in_words()} although each step moves the weights by {figure(step)} of "
                    f"their size, which is healthy; {what}"
                ),
                steps=whole_run(record),
                evidence={"update_ratio": step, "by_exclusion": True, "drawn_anew": anew},
                treatments=("bypass-augmentation",) if anew else (),
            )
        ]

    def _masked(self, record: Record, state: Progress, attention: Operation) -> Finding:
        """The attention may look at one and the same id only."""
        names = unique(m.name for m in record.modules if m.index == attention.module)
        hidden = int(attention.arguments["hidden_ids"])
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.75, 0.97, state.hurt),
            message=(
                f"the padding mask of {names[0] or attention.name}{at(attention.source)} hides "
                f"{hidden} different ids and shows one and the same at every place it leaves: a "
                f"mask with the wrong sense? {state.in_words()}"
            ),
            where=names,
            source=attention.source,
            evidence={"hidden_ids": hidden, "masked": attention.arguments["masked"]},
        )

    def _inside(self, state: Progress, before: Place, after: Place) -> Finding:
        """What varied on its way in is the same for every row from here on."""
        names = unique([after.name])
        return Finding(
            rule=self.name,
            severity="error" if state.failed else "warning",
            confidence=confidence(0.6, 0.9, state.hurt),
            message=(
                f"what {before.name or before.type} gives varies from row to row, what "
                f"{after.name or after.type}{at(after.source)} makes of it does not: between them "
                f"the data is blanked (a mask, a product with zero); {state.in_words()}"
            ),
            where=names,
            source=after.source,
            evidence={"before": before.name, "after": after.name},
        )
