# SPDX-License-Identifier: Apache-2.0
"""Arguments of a loss in each other's places, and rates where their logarithm belongs."""

from __future__ import annotations

from backprobe.records import Finding, Loss, Record
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import at_least_warning, severity_by_harm, severity_of_mistake
from backprobe.rules.outputs import output_names, output_place
from backprobe.rules.wording import at
from backprobe.signals.baseline import number
from backprobe.signals.progress import progress

POSITIVE = ("softplus", "relu", "exp", "sigmoid")
"""Activations that make a rate: a logarithm of one is negative as well."""


def misplaced(record: Record, rule: str, loss: Loss) -> Finding | None:
    """What a loss was given in another argument's place, or None."""
    return _swapped(record, rule, loss) or _rates(record, rule, loss)


def _swapped(record: Record, rule: str, loss: Loss) -> Finding | None:
    if loss.roles == "target":
        what = (
            f"{loss.kind}{at(loss.source)} gets the targets as its input and the network's output "
            "as its target: the order is input, target, and the logarithm is taken of the wrong one"
        )
    elif loss.roles == "variance":
        what = (
            f"gaussian_nll_loss{at(loss.source)} gets two outputs of the network as input and "
            "target, and data as the variance: the order is input, target, var; the outputs chase "
            "each other, and the targets only weigh the rows"
        )
    else:
        return None
    state = progress(record)
    return Finding(
        rule=rule,
        severity=at_least_warning(severity_by_harm(state)),
        confidence=confidence(0.85, 0.98, 1.0),
        message=f"{what}; {state.in_words()}",
        where=output_names(record, loss),
        source=loss.source,
        evidence={"roles": loss.roles, "kind": loss.kind},
    )


def _rates(record: Record, rule: str, loss: Loss) -> Finding | None:
    """Poisson's likelihood of a logarithm, given what an activation has made positive."""
    if loss.kind != "poisson_nll" or loss.before[:1] != ("exp",):
        return None
    kind = loss.before[1] if len(loss.before) > 1 else ""
    low = number(loss.target, "min")
    if kind not in POSITIVE or (low is not None and low >= 1.0):
        return None
    state = progress(record)
    where, source = output_place(record, loss, kind)
    return Finding(
        rule=rule,
        severity=severity_of_mistake(record),
        confidence=confidence(0.75, 0.95, state.hurt),
        message=(
            f"the outputs pass a {kind}{at(source)}, as rates do, and the Poisson loss"
            f"{at(loss.source)} takes the rate's logarithm (`log_input=True`) and raises e to it: "
            f"no rate below 1 can be told, and the output is no rate; {state.in_words()}"
        ),
        where=where,
        source=source or loss.source,
        evidence={"activation": kind, "kind": loss.kind},
        treatments=("drop-output-activation",),
    )
