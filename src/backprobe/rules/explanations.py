# SPDX-License-Identifier: Apache-2.0
"""Which cause explains which symptom, and what must be measured for it to do so.

One line a pair; the condition looks at the evidence of both findings. Adding a rule adds lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backprobe.rules.conditions import (
    Condition,
    after_some_steps,
    always,
    at_birth,
    at_or_after,
    before_it,
    born_at_its_place,
    by_exclusion,
    from_birth,
    from_the_first_step,
    grew,
    in_a_closure,
    inside,
    lacks_class,
    large,
    misplaced,
    norms_unused,
    overflowed,
    shares_place,
    single,
    told,
    while_training,
)


@dataclass(frozen=True)
class Explanation:
    """One pair: `cause` explains `symptom`, because of `why`, where `when` holds."""

    cause: str
    symptom: str
    why: str
    when: Condition


_TOO_LARGE = ("exploding-gradients", "nonfinite-loss", "initial-loss-off", "learning-rate-too-high")
_NO_SIGNAL = ("vanishing-gradients", "learning-rate-too-low")


def _pairs(cause: str, symptoms: Mapping[str, tuple[str, Condition]]) -> tuple[Explanation, ...]:
    return tuple(Explanation(cause, s, why, when) for s, (why, when) in symptoms.items())


BROKEN = (
    "init-scale-too-large",
    "init-scale-too-small",
    "symmetric-init",
    "inputs-not-normalized",
    "targets-not-normalized",
    "nonfinite-data",
    "uninformative-inputs",
    "nonfinite-gradients",
    "nonfinite-loss",
    "dead-relu",
    "saturated-activations",
    "vanishing-gradients",
    "exploding-gradients",
    "missing-zero-grad",
    "missing-optimizer-step",
    "learning-rate-too-high",
    "momentum-too-high",
    "gradient-clipping-too-tight",
    "weight-decay-too-high",
    "scheduler-misuse",
    "parameters-not-optimized",
    "unregistered-parameters",
    "frozen-parameters",
    "detached-graph",
    "batch-mixing",
    "target-broadcast",
    "double-softmax",
    "logits-into-nll",
    "logits-into-bce",
    "sigmoid-multiclass",
    "single-unit-softmax",
    "output-range-mismatch",
    "wrong-loss",
    "eval-mode-training",
    "constant-batch",
    "excessive-dropout",
    "updates-lost-to-rounding",
)
"""Causes that keep a network from learning, whatever its data holds."""
_LAST_RESORT = (
    *BROKEN,
    "unused-module",
    "unintended-weight-sharing",
    "batchnorm-small-batch",
    "batchnorm-statistics-stale",
    "train-eval-mismatch",
    "learning-rate-too-low",
    "class-imbalance",
    "missing-nonlinearity",
    "fan-ratio",
    "batch-size-too-small",
    "batch-size-too-large",
    "too-few-steps",
    "unshuffled-data",
    "init-activation-mismatch",
    "initial-loss-off",
)
_WRONG_NUMBERS = (
    "uninformative-inputs",
    "wrong-loss",
    "target-broadcast",
    "detached-graph",
    "batch-mixing",
    "eval-mode-training",
    "excessive-dropout",
    "batchnorm-small-batch",
    "batch-size-too-small",
    "momentum-too-high",
    "symmetric-init",
)
_OTHER_SCALE = ("train-eval-mismatch", "batchnorm-statistics-stale")
_ALONE = "it alone keeps a network from learning"

EXPLANATIONS: tuple[Explanation, ...] = (
    *(
        Explanation(cause, symptom, _ALONE, by_exclusion)
        for cause in _LAST_RESORT
        for symptom in ("labels-mismatched", "uninformative-inputs", "too-few-steps")
        if cause != symptom
    ),
    *(
        Explanation(cause, symptom, _ALONE, always)
        for cause in BROKEN
        for symptom in ("class-imbalance", "too-few-steps", "fan-ratio", "batch-size-too-large")
    ),
    *(
        Explanation(cause, symptom, "what is trained on has wrong numbers", always)
        for cause in _WRONG_NUMBERS
        for symptom in ("learning-rate-too-high", "initial-loss-off")
    ),
    *_pairs(
        "dropout-before-batchnorm",
        {"excessive-dropout": ("one dropout hurts by where it stands", single)},
    ),
    *_pairs("unshuffled-data", {"initial-loss-off": ("the first rows are all of one end", always)}),
    *_pairs(
        "missing-zero-grad",
        dict.fromkeys(
            ("saturated-activations", "initial-loss-off", "dead-relu"),
            ("the first step already overshoots", in_a_closure),
        ),
    ),
    *_pairs("single-unit-softmax", {"overfitting": ("one answer fits no row better", always)}),
    *_pairs("batch-mixing", {"overfitting": ("a row's answer depends on its batch", always)}),
    *_pairs(
        "wrong-loss",
        {
            "overfitting": ("one class is judged only there", lacks_class),
            **dict.fromkeys(
                (*_TOO_LARGE, "nonfinite-gradients"),
                ("the loss is of other numbers than it takes", misplaced),
            ),
        },
    ),
    *_pairs("constant-batch", {"overfitting": ("it trains on a few rows only", told)}),
    *_pairs(
        "updates-lost-to-rounding",
        dict.fromkeys(
            ("learning-rate-too-low", "missing-optimizer-step"),
            ("what the steps add is rounded away", always),
        ),
    ),
    *_pairs("learning-rate-too-low", {"too-few-steps": ("each step is small", always)}),
    *_pairs(
        "target-equals-input",
        {
            "too-few-steps": ("more steps would teach no more", always),
            **dict.fromkeys(
                ("overfitting", "labels-mismatched"),
                ("what is learnt is to copy", always),
            ),
        },
    ),
    *_pairs(
        "init-activation-mismatch", {"learning-rate-too-low": ("little signal arrives", always)}
    ),
    *_pairs("batch-size-too-large", {"too-few-steps": ("an epoch has few steps", always)}),
    *_pairs(
        "momentum-too-high",
        {
            "exploding-gradients": ("the weights shoot past the minimum", grew),
            "nonfinite-loss": ("the weights shoot past the minimum", after_some_steps),
            "nonfinite-gradients": ("the weights shoot past the minimum", after_some_steps),
            "dead-relu": ("the steps add up", while_training),
            "saturated-activations": ("the steps add up", while_training),
            "vanishing-gradients": ("units at their ends pass nothing on", always),
        },
    ),
    *(
        Explanation(cause, "overfitting", "it alone sets training and evaluation apart", always)
        for cause in (
            "labels-mismatched",
            "train-mode-eval",
            "unshuffled-data",
            "batchnorm-small-batch",
            *_OTHER_SCALE,
        )
    ),
    *(
        Explanation(cause, "labels-mismatched", "held-out rows are judged otherwise", always)
        for cause in (*_OTHER_SCALE, "train-mode-eval")
    ),
    *(
        Explanation(cause, "init-activation-mismatch", "the weights are off by far more", always)
        for cause in ("init-scale-too-small", "init-scale-too-large", "symmetric-init")
    ),
    *(
        Explanation(cause, "init-activation-mismatch", "nothing is learnt whatever arrives", always)
        for cause in (
            "double-softmax",
            "logits-into-bce",
            "logits-into-nll",
            "single-unit-softmax",
            "target-broadcast",
            "missing-optimizer-step",
            "gradient-clipping-too-tight",
        )
    ),
    *_pairs(
        "uninformative-inputs",
        {
            **dict.fromkeys(_NO_SIGNAL, ("inputs that are all alike pass nothing on", always)),
            "inputs-not-normalized": ("inputs that are all alike have no spread", before_it),
        },
    ),
    *_pairs(
        "init-scale-too-large",
        {
            **dict.fromkeys(
                _TOO_LARGE, ("weights that large multiply signal and gradient", always)
            ),
            "saturated-activations": ("what feeds them is too large", from_birth),
            "dead-relu": ("large weights throw units to one side", always),
            "vanishing-gradients": ("activations at their ends pass nothing on", always),
            "learning-rate-too-low": ("a step is small beside weights that large", always),
            "nonfinite-gradients": ("the signal overflows", always),
        },
    ),
    *_pairs(
        "init-scale-too-small",
        {
            **dict.fromkeys(
                _NO_SIGNAL, ("small weights pass neither signal nor gradient on", always)
            ),
            "dead-relu": ("beside a signal that small the bias decides", from_birth),
        },
    ),
    *(
        Explanation(cause, "uninformative-inputs", "the layers themselves lose the data", inside)
        for cause in (
            "init-scale-too-small",
            "symmetric-init",
            "saturated-activations",
            "dead-relu",
            "weight-decay-too-high",
            "inputs-not-normalized",
        )
    ),
    *_pairs(
        "symmetric-init",
        {
            "vanishing-gradients": ("equal weights cancel what flows back", always),
            "dead-relu": ("equal units die together", always),
            "saturated-activations": ("equal units saturate together", from_birth),
            "learning-rate-too-low": ("little gradient flows back", always),
            "init-scale-too-small": ("they are one and the same init", shares_place),
        },
    ),
    *_pairs(
        "inputs-not-normalized",
        {
            **dict.fromkeys(_TOO_LARGE, ("inputs that large multiply signal and gradient", large)),
            "saturated-activations": ("the first layer gets inputs that are too large", large),
            "dead-relu": ("large inputs make large steps", large),
            "vanishing-gradients": ("the first layers are at their ends", large),
            "nonfinite-gradients": ("the signal overflows", large),
            "learning-rate-too-low": ("small inputs make small gradients", always),
        },
    ),
    *_pairs(
        "targets-not-normalized",
        {
            **dict.fromkeys(_TOO_LARGE, ("the error is as large as the targets", always)),
            "dead-relu": ("large errors make large steps", while_training),
            "saturated-activations": ("large errors make large steps", while_training),
            "nonfinite-gradients": ("the error overflows", always),
            "learning-rate-too-low": ("the way to the targets is long", always),
        },
    ),
    *_pairs(
        "nonfinite-data",
        {
            "nonfinite-loss": ("NaN in, NaN out", at_or_after),
            "nonfinite-gradients": ("NaN in, NaN out", at_or_after),
            "exploding-gradients": ("NaN in, NaN out", at_or_after),
            "learning-rate-too-high": ("NaN in, NaN out", at_or_after),
        },
    ),
    *_pairs(
        "nonfinite-gradients",
        {
            "nonfinite-loss": ("the next step makes weights NaN", at_or_after),
            "learning-rate-too-high": ("weights are NaN after one step", from_the_first_step),
            "dead-relu": ("weights are NaN after one step", from_the_first_step),
            "exploding-gradients": ("the gradient overflows", always),
        },
    ),
    *_pairs(
        "missing-zero-grad",
        {
            "learning-rate-too-high": ("the step follows the sum of all gradients", always),
            "exploding-gradients": ("the sum of all gradients grows", grew),
            "nonfinite-loss": ("the sum of all gradients grows", grew),
            "dead-relu": ("ever larger steps kill units", while_training),
            "saturated-activations": ("ever larger steps", while_training),
        },
    ),
    *_pairs(
        "learning-rate-too-high",
        {
            "exploding-gradients": ("each step overshoots further", grew),
            "nonfinite-loss": ("each step overshoots further", after_some_steps),
            "nonfinite-gradients": ("each step overshoots further", after_some_steps),
            "dead-relu": ("large steps kill units", always),
            "saturated-activations": ("large steps push units to their ends", while_training),
            "vanishing-gradients": ("units at their ends pass nothing on", always),
        },
    ),
    *_pairs(
        "gradient-clipping-too-tight",
        {"learning-rate-too-low": ("each step is cut to a fraction", always)},
    ),
    *_pairs(
        "unused-module",
        dict.fromkeys(
            ("vanishing-gradients", "exploding-gradients", "init-activation-mismatch"),
            ("the norms that were to keep the scale are never called", norms_unused),
        ),
    ),
    *_pairs(
        "batchnorm-small-batch",
        {"exploding-gradients": ("rows that are nearly alike are divided by almost nothing", grew)},
    ),
    *_pairs("scheduler-misuse", {"learning-rate-too-low": ("the schedule made it so", always)}),
    *_pairs(
        "weight-decay-too-high",
        {
            **dict.fromkeys(_NO_SIGNAL, ("weights that shrink pass nothing on", always)),
            "learning-rate-too-high": ("weights that shrink make units die", always),
            "dead-relu": ("weights that shrink leave the biases alone", always),
        },
    ),
    *_pairs("dead-relu", {"vanishing-gradients": ("no gradient passes dead units", always)}),
    *_pairs(
        "saturated-activations",
        {"vanishing-gradients": ("a saturated activation's derivative is zero", born_at_its_place)},
    ),
    *_pairs(
        "exploding-gradients",
        {
            "nonfinite-loss": ("the steps overflow", overflowed),
            "initial-loss-off": ("the signal is as large as the gradient", at_birth),
            "learning-rate-too-high": ("no step is small beside such a gradient", at_birth),
            "nonfinite-gradients": ("the gradient overflows", at_birth),
            "dead-relu": ("the steps kill units", while_training),
        },
    ),
    *_pairs(
        "vanishing-gradients",
        {
            "learning-rate-too-low": ("little gradient arrives", always),
            "saturated-activations": ("only the last layers move, to their ends", while_training),
        },
    ),
    *_pairs(
        "single-unit-softmax",
        dict.fromkeys((*_NO_SIGNAL, *_TOO_LARGE), ("a constant output has no gradient", always)),
    ),
    *_pairs(
        "logits-into-nll",
        {
            **dict.fromkeys(_TOO_LARGE, ("the loss has no lower end", always)),
            "dead-relu": ("the loss has no lower end", while_training),
            "vanishing-gradients": ("probabilities at their ends pass nothing on", always),
        },
    ),
    *_pairs(
        "logits-into-bce",
        dict.fromkeys(_TOO_LARGE, ("the loss gets the wrong kind of number", always)),
    ),
    *_pairs(
        "output-range-mismatch",
        {
            "dead-relu": ("the output is driven to its end", shares_place),
            "saturated-activations": ("the output is driven to its end", always),
            "vanishing-gradients": ("the output is at its end", always),
            "initial-loss-off": ("the targets are out of reach", always),
            "targets-not-normalized": ("the targets are out of reach", always),
            "learning-rate-too-low": ("the output is at its end", always),
        },
    ),
    *(
        Explanation(cause, "dead-relu", "the layers before them stay random", from_birth)
        for cause in (
            "detached-graph",
            "parameters-not-optimized",
            "frozen-parameters",
            "unregistered-parameters",
        )
    ),
    *_pairs(
        "missing-optimizer-step",
        dict.fromkeys((*_NO_SIGNAL, "learning-rate-too-high"), ("nothing is trained", always)),
    ),
    *_pairs(
        "parameters-not-optimized",
        dict.fromkeys(_NO_SIGNAL, ("the layers stay random", always)),
    ),
    *_pairs(
        "double-softmax", dict.fromkeys(_NO_SIGNAL, ("the gradient is squeezed twice", always))
    ),
    *_pairs("sigmoid-multiclass", dict.fromkeys(_NO_SIGNAL, ("the scores are squeezed", always))),
)
"""Every pair. `not-learning` is explained by any cause that is at least a warning."""

OUTCOMES = frozenset(
    {"not-learning", "slow-convergence", "underfitting", "loss-oscillating", "loss-diverging"}
)
"""What came of the run: never a cause while something else is."""

LAST_WORD = frozenset({"slow-convergence", "underfitting", "loss-oscillating"})
"""Outcomes that are the diagnosis where no cause was found: the network is too small, say."""
COSMETIC = frozenset({"bias-before-batchnorm"})
"""Causes that cost nothing measurable: told last, however sure."""
