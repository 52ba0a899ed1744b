# SPDX-License-Identifier: Apache-2.0
"""A softmax over a single number."""

from __future__ import annotations

from dataclasses import dataclass

from backprobe.records import Finding, Operation, Place, Record, Source
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.outputs import output_names
from backprobe.rules.places import is_output, place_names, weighs
from backprobe.rules.wording import at
from backprobe.signals.forward_graph import by_index, of_place
from backprobe.signals.idle_weights import IdleWeights, idle_weights
from backprobe.signals.operations import DENSE, TRANSPOSED
from backprobe.signals.progress import progress


class SingleUnitSoftmax(AbstractRule):
    """A softmax runs over an axis of size one: its result is 1, whatever the network says.

    ## What it looks for
    The size of the axis that a softmax or log-softmax normalises, in the forward really taken: of
    rows of one number, and of maps or steps the axis of the one unit of the layer before it. A
    cross entropy over one class. Attention whose softmax runs over the one unit of what scores
    (a layer, or a vector of the module's own), also where the rows of all samples were laid end to
    end, instead of over what its weights are summed over, and whose weights were all 1 at each
    look. Weights that are not summed are gates: a mixture of one expert has them by a setting.

    ## Why it matters
    exp(x) / exp(x) is 1. The prediction is constant, its derivative is zero, and not one weight
    before it ever gets a gradient.

    ## Example
    `the softmax at 7 (train.py:31) runs over one unit: its output is always 1 and passes no
    gradient`

    ## What to try
    - `swap-loss=bce-with-logits`: drop the softmax and give the raw score to `BCEWithLogitsLoss`
    - two output units with `CrossEntropyLoss`
    - the axis that is weighed as the softmax's `dim`

    ## When it is wrong
    Attention over a sequence that happens to hold one element.

    ## References
    - PyTorch, `torch.nn.Softmax`: the argument `dim`
    """

    name = "single-unit-softmax"
    severity = "error"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        size: float = threshold(1, "units", "exp(x)/exp(x) = 1")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding an output softmax."""
        found = []
        for place in record.places:
            if place.activation not in ("softmax", "log_softmax") or not is_output(record, place):
                continue
            if weighs(record, place):
                continue
            if self._over_one_unit(record, place):
                names = place_names(record, place)
                found.append(self._finding(record, names, place.source, place.activation))
        if not found:
            found += [
                self._finding(record, output_names(record, loss), loss.source, "cross entropy")
                for loss in record.losses
                if loss.kind == "cross_entropy" and loss.classes == self.limits.size
            ]
        return [*found, *(self._idle(record, weights) for weights in idle_weights(record))]

    def _over_one_unit(self, record: Record, place: Place) -> bool:
        """Whether the axis is that of a network's one output, no sequence or batch of one."""
        op, axes = of_place(record, place), len(place.shape)
        dim = op.arguments.get("dim") if op is not None else None
        if axes == 2 and (not isinstance(dim, int) or dim % axes == 1):
            return place.shape[1] == self.limits.size
        layer = by_index(record).get(op.inputs[0]) if op is not None and op.inputs else None
        if op is None or layer is None or not isinstance(dim, int) or layer.shape != op.shape:
            return False
        return dim % max(1, axes) == _unit_axis(layer) and op.shape[dim] == self.limits.size

    def _idle(self, record: Record, found: IdleWeights) -> Finding:
        """Attention that weighs everything by one."""
        state, place = progress(record), found.place
        names = place_names(record, place)
        layer = f" of {names[0]}" if names and found.score.place >= 0 else ""
        return Finding(
            rule=self.name,
            severity=severity_of_mistake(record),
            confidence=confidence(0.85, 0.98, 1.0),
            message=(
                f"the softmax{at(place.source)} runs over the one unit{layer}, not over the "
                f"{found.several} that it weighs: each weight is 1 whatever comes in, and nothing "
                f"before it gets a gradient; {state.in_words()}"
            ),
            where=names,
            source=place.source,
            evidence={"units": 1, "activation": "softmax", "weighs": found.several},
        )

    def _finding(
        self, record: Record, names: tuple[str, ...], source: Source | None, what: str
    ) -> Finding:
        state = progress(record)
        where = f" of {names[-1]}" if names else ""
        return Finding(
            rule=self.name,
            severity="error",
            confidence=confidence(0.9, 0.99, 1.0, state.hurt),
            message=(
                f"the {what}{where}{at(source)} runs over one unit: its output is the same for "
                f"every input and passes no gradient; {state.in_words()}"
            ),
            where=names,
            source=source,
            evidence={"units": 1, "activation": what},
            treatments=("swap-loss=bce-with-logits",),
        )


def _unit_axis(layer: Operation) -> int:
    """The axis of a layer's units in what it gives, -1 for what is no layer."""
    if layer.name == "linear":
        return len(layer.shape) - 1
    if layer.name in DENSE | TRANSPOSED:  # a batch may lack; "conv2d" has two axes after its units
        return len(layer.shape) - 1 - int(layer.name[-2])
    return -1
