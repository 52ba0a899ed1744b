# SPDX-License-Identifier: Apache-2.0
"""A loss of another task."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Loss, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import (
    at_least_warning,
    at_most_warning,
    severity_by_harm,
)
from backprobe.rules.model import target_codes
from backprobe.rules.model.argument_order import misplaced
from backprobe.rules.model.class_ids import class_ids
from backprobe.rules.model.crossed_columns import crossed_columns
from backprobe.rules.model.flat_cosines import flat_cosines
from backprobe.rules.model.ignored_class import ignored_class
from backprobe.rules.model.itself import compared_with_itself
from backprobe.rules.model.overlap_penalised import overlap_penalised
from backprobe.rules.model.wrong_order import wrong_order
from backprobe.rules.outputs import output_names
from backprobe.rules.wording import at, figure
from backprobe.signals.baseline import number
from backprobe.signals.losses import BINARY, REGRESSION, main_loss
from backprobe.signals.progress import progress


class WrongLoss(AbstractRule):
    """The loss belongs to another kind of task than the targets.

    ## What it looks for
    A squared or absolute error on whole-number targets that are class ids: integers from 0 on, few
    different ones, each seen several times; or on targets of 0 and 1 that probabilities are
    compared with (a note, unless the run suffers). Class ids weigh more where the script tells an
    accuracy. Of a class a pixel, or a token, one may be most of them: there the others have to be
    about as many, or to come and go along the ids, as counts and levels do not.
    Targets that are coded otherwise than their loss reads them: other numbers than 1 and -1 where a
    margin or cosine-embedding loss takes those, rows of several ones where cross entropy takes
    shares that add up to 1 (a note, unless the run suffers or each answer is judged by itself), and
    0 and one tiny number where a yes or a no is asked: a mask that was divided with its picture.
    An `ignore_index` that is a class of rows with one target each (a note, unless just that class
    is missing among held-out rows that are right).
    Arguments in each other's places, told by where the gradient flows: the output as the target of
    binary cross entropy, the targets as the variance of `gaussian_nll_loss`; and
    `poisson_nll_loss`, which takes logarithms of rates unless told otherwise, behind an activation
    that makes its output positive.
    Scores that are cosines times so small a number that cross entropy can't fall to nine tenths of
    what equal scores give: a temperature that multiplies where it should divide. Not where the
    run learns, nor where the factor is learnt.
    A loss that rises with the overlap of the output and its targets (Dice, Jaccard, Tversky): the
    score was taken for the loss. Beside other summands only where one of them has the very targets.
    A loss of the script's own (a ranking, a partial likelihood) beside which the AUC or the
    concordance that the script tells lies far below chance, and is not above it anywhere.
    Answers that are cut out of one output in slices which overlap, while columns are left over that
    nothing reads (a note, unless the run suffers: a head may have room for classes to come).
    A comparison whose two sides are one and the same result: a contrastive loss that gets one view
    twice, with each row's own number as its target and nothing masked, or a difference or cosine of
    a result and itself. Not of weights, nor beside other summands.

    ## Why it matters
    A distance between class ids has no meaning: class 3 is not between 2 and 4. The network is
    rewarded for hedging towards the middle. A margin loss gives a row told 0 no gradient; a softmax
    can't say yes to several classes.

    ## Example
    `the targets are whole numbers 0 to 9 of type int64, 10 different ones: class ids; the loss is a
    squared error (train.py:31)`

    ## What to try
    - `swap-loss=cross-entropy`, with as many outputs as classes
    - `2 * target - 1` makes answers of 1 and -1 of those of 1 and 0
    - leave masks of 0 and 1 as they are where pictures are divided by 255
    - `swap-loss=bce-with-logits`, where a row may have several classes
    - `log_input=False` where the outputs are rates
    - `1 - dice` where the score itself is added
    - both views, `loss(first, second)`, where two are compared
    - no `ignore_index` for labels: it is for padding, and -100 by itself

    ## When it is wrong
    Rates that are never below 1. Ratings, counts and other ordered whole numbers. Rows that have no
    label yet. An AUC of which less is better. Rows of several ones whose classes are only ranked,
    as those of a recommender are.

    ## References
    - Bishop, "Pattern Recognition and Machine Learning" (2006), 5.2
    """

    name = "wrong-loss"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        slack: float = threshold(0.05, "beyond 0 to 1", "smoothed and noisy labels of a GAN")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a loss."""
        found = list(target_codes.signs(record, self.name))
        for loss in record.losses:
            coded = (
                misplaced(record, self.name, loss)
                or target_codes.many_ones(record, self.name, loss)
                or target_codes.scaled_away(record, self.name, loss)
                or ignored_class(record, self.name, loss)
                or flat_cosines(record, self.name, loss)
                or overlap_penalised(record, self.name, loss)
                or compared_with_itself(self.name, loss)
                or wrong_order(record, self.name, loss)
                or crossed_columns(record, self.name, loss)
            )
            if coded is not None:
                found.append(coded)
                continue
            if self._beyond_binary(loss):
                found.append(self._binary(record, loss))
                continue
            if self._classes_as_numbers(record, loss):
                found.append(self._one_hot(record, loss))
                continue
            ids = class_ids(record, self.name, loss)
            if ids is not None:
                found.append(ids)
        return found

    def _beyond_binary(self, loss: Loss) -> bool:
        """Whether a binary loss gets targets other than 0 to 1: class ids, say."""
        low, high = number(loss.target, "min"), number(loss.target, "max")
        slack = self.limits.slack  # soft labels are made by arithmetic
        outside = high is not None and (high > 1.0 + slack or (low or 0.0) < -slack)
        return loss.kind in BINARY and outside

    def _binary(self, record: Record, loss: Loss) -> Finding:
        state = progress(record)
        low, high = number(loss.target, "min"), number(loss.target, "max")
        return Finding(
            rule=self.name,
            severity=at_least_warning(severity_by_harm(state)),
            confidence=confidence(0.75, 0.95, state.hurt),
            message=(
                f"the targets run from {figure(low or 0.0)} to {figure(high or 0.0)}, but "
                f"{loss.kind}{at(loss.source)} takes shares of yes, 0 to 1: for other numbers its "
                f"least value lies at no answer; {state.in_words()}"
            ),
            where=output_names(record, loss),
            source=loss.source,
            evidence={"target_min": low, "target_max": high, "kind": loss.kind},
            treatments=("swap-loss=cross-entropy",),
        )

    def _classes_as_numbers(self, record: Record, loss: Loss) -> bool:
        """Whether targets of 0 and 1 meet probabilities under a squared or absolute error."""
        low, high = number(loss.target, "min"), number(loss.target, "max")
        mean, shape = number(loss.target, "mean"), loss.target_shape
        squashed = loss.before[:1] in (("softmax",), ("sigmoid",))
        if loss.kind not in REGRESSION or not loss.target.get("whole") or (low, high) != (0.0, 1.0):
            return False
        if main_loss(record).several or mean is None:
            return False
        one_hot = len(shape) == 2 and shape[1] >= 3 and abs(mean * shape[1] - 1.0) < 1e-4
        single = len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
        return one_hot or (squashed and single)

    def _one_hot(self, record: Record, loss: Loss) -> Finding:
        state = progress(record)
        kind = loss.before[0] if loss.before else ""
        after = f" after a {kind}, whose derivative it multiplies" if kind else ""
        return Finding(
            rule=self.name,
            severity=at_most_warning(severity_by_harm(state)),
            confidence=confidence(0.5, 0.85, state.hurt),
            message=(
                f"the targets are 0 and 1, classes, and the loss is {loss.kind}{at(loss.source)}"
                f"{after}: a confident wrong answer gets hardly any gradient; {state.in_words()}"
            ),
            where=output_names(record, loss),
            source=loss.source,
            evidence={"classes": 2, "kind": loss.kind, "one_hot": True},
            treatments=("swap-loss=cross-entropy",),
        )
