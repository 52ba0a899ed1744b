# SPDX-License-Identifier: Apache-2.0
"""What the evidence of two findings must say for one to explain the other."""

from __future__ import annotations

import math
from collections.abc import Callable

from backprobe.records import Finding

Condition = Callable[[Finding, Finding], bool]
"""Of a cause and a symptom."""
NEARLY_ONE = 1.5
"""Classes that a batch holds on average where most hold one."""
REPLACED = 1.0
"""Update / weight of a step that replaces the weights, in whatever order the rows come."""


def always(cause: Finding, symptom: Finding) -> bool:
    """The pair needs no further evidence."""
    del cause, symptom
    return True


def from_birth(cause: Finding, symptom: Finding) -> bool:
    """The symptom was there at the first steps."""
    del cause
    return bool(symptom.evidence.get("born", symptom.evidence.get("born_dead", True)))


def while_training(cause: Finding, symptom: Finding) -> bool:
    """The symptom came while training."""
    return not from_birth(cause, symptom)


def of_layers(cause: Finding, symptom: Finding) -> bool:
    """The lone tensors are the weights of the cause's layers, and as many biases at most."""
    lone = len(symptom.evidence.get("parameters", ())) if "beside" in symptom.evidence else 0
    layers, weights = (int(cause.evidence.get(key, 0)) for key in ("layers", "weights"))
    return layers <= lone <= 2 * layers and int(symptom.evidence["elements"]) >= weights


def grew(cause: Finding, symptom: Finding) -> bool:
    """The symptom grew over the steps instead of being there at once."""
    del cause
    evidence = symptom.evidence
    return bool(evidence.get("by_time", evidence.get("grew_before", True)))


def at_birth(cause: Finding, symptom: Finding) -> bool:
    """The cause was measured before any step, in a network of sound weights."""
    del symptom
    return bool(cause.evidence.get("by_birth", False))


def told(cause: Finding, symptom: Finding) -> bool:
    """The loader told that there are more rows."""
    del symptom
    return bool(cause.evidence.get("told", True))


def single(cause: Finding, symptom: Finding) -> bool:
    """The same dropout, and no others that add up."""
    return bool(set(cause.where) & set(symptom.where)) and len(symptom.evidence.get("p", ())) == 1


def cuts_off(cause: Finding, symptom: Finding) -> bool:
    """A whole layer passes nothing, and nothing goes around it: what lies before gets no gradient,
    and what lies behind gets the same for every input, at whatever rate.
    """
    del symptom
    return bool(cause.evidence.get("whole_layer")) and not cause.evidence.get("bypassed", True)


def inside(cause: Finding, symptom: Finding) -> bool:
    """The data is lost inside of the network, not before it."""
    del cause
    return "before" in symptom.evidence


def before_it(cause: Finding, symptom: Finding) -> bool:
    """The data that reaches the network is at fault, not what becomes of it inside."""
    del symptom
    return "before" not in cause.evidence


def large(cause: Finding, symptom: Finding) -> bool:
    """The inputs are too large, not too small."""
    del symptom
    return not cause.evidence.get("small", False)


def at_or_after(cause: Finding, symptom: Finding) -> bool:
    """The cause was seen no later than the symptom."""
    return cause.steps[0] <= symptom.steps[0]


def born_at_its_place(cause: Finding, symptom: Finding) -> bool:
    """The cause was there at the first steps, at a module that the symptom names."""
    return bool(cause.evidence.get("born", True)) and shares_place(cause, symptom)


def after_some_steps(cause: Finding, symptom: Finding) -> bool:
    """The symptom came after steps were taken: a step cannot explain what was there before it."""
    del cause
    return symptom.steps[0] >= 2


def from_the_first_step(cause: Finding, symptom: Finding) -> bool:
    """The cause was there before any step could matter."""
    del symptom
    return cause.steps[0] < 2


def overflowed(cause: Finding, symptom: Finding) -> bool:
    """No function was seen to get finite numbers for which it has no value."""
    del cause
    return not (symptom.evidence.get("undefined") and symptom.where)


def shares_place(cause: Finding, symptom: Finding) -> bool:
    """Both name a module in common, or one of them names none."""
    if not cause.where or not symptom.where:
        return True
    return bool(set(cause.where) & set(symptom.where))


def norms_unused(cause: Finding, symptom: Finding) -> bool:
    """What is never called are normalisations."""
    del symptom
    return bool(cause.evidence.get("norms", False))


def never_normed(cause: Finding, symptom: Finding) -> bool:
    """Batch norms keep the statistics of their init, which normalise nothing, from the start."""
    del symptom
    return bool(cause.evidence.get("unnormed", False))


def normed_behind(cause: Finding, symptom: Finding) -> bool:
    """So does the one behind the layer that takes the inputs as they are."""
    return never_normed(cause, symptom) and bool(symptom.evidence.get("normed_behind", False))


def by_exclusion(cause: Finding, symptom: Finding) -> bool:
    """The symptom's only evidence is that nothing else was found; the cause has some."""
    only = [bool(one.evidence.get("by_exclusion", False)) for one in (cause, symptom)]
    return only == [False, True]


def misplaced(cause: Finding, symptom: Finding) -> bool:
    """The loss takes a logarithm of data, or has no lower end: its arguments are mixed up."""
    del symptom
    return bool(cause.evidence.get("roles"))


def lacks_class(cause: Finding, symptom: Finding) -> bool:
    """A class that never counts in training is just what held-out rows get wrong."""
    del symptom
    return bool(cause.evidence.get("lacks_class", False))


def in_a_closure(cause: Finding, symptom: Finding) -> bool:
    """Many passes a step add up before the first step ends."""
    del symptom
    return bool(cause.evidence.get("closure", False))


def infinite_at_once(cause: Finding, symptom: Finding) -> bool:
    """The very first loss is none that is finite."""
    del cause
    return symptom.evidence.get("first_loss", 0.0) is None


def of_a_copy(cause: Finding, symptom: Finding) -> bool:
    """The cause is that a copy is evaluated which keeps its first weights."""
    del symptom
    return "copy" in cause.evidence


def of_sines(cause: Finding, symptom: Finding) -> bool:
    """The init is too large for the sines behind it, and the gradient grows with the depth."""
    del symptom
    return "radians" in cause.evidence


def by_heart(cause: Finding, symptom: Finding) -> bool:
    """The sines are too fast, and all that speaks of the data is that held-out rows are missed."""
    seen = symptom.rule == "overfitting" or bool(symptom.evidence.get("by_heart", False))
    return of_sines(cause, symptom) and seen


def of_one_number(cause: Finding, symptom: Finding) -> bool:
    """The cause is a normalisation that gives the same whatever comes in: all, or what it gives."""
    if "norm" not in cause.evidence:
        return False
    return bool(cause.evidence["cuts"] or set(cause.where) & set(symptom.where))


def not_of_one_number(cause: Finding, symptom: Finding) -> bool:
    """The symptom does not follow from shapes alone."""
    del cause
    return "norm" not in symptom.evidence


def by_turns(cause: Finding, symptom: Finding) -> bool:
    """Batches of nearly one class each, and no step that replaces the weights.

    What the loss and the weights then do comes of gradients that all point to one class, add up
    while it lasts, and turn at the next one; at the same rate mixed rows may be learned well.
    """
    few = float(cause.evidence.get("classes_a_batch", math.inf)) <= NEARLY_ONE
    step = symptom.evidence.get("early_update_ratio")
    small = step is not None and float(step) < REPLACED
    return few and small and symptom.evidence.get("outcome") != "nonfinite"


def by_index(cause: Finding, symptom: Finding) -> bool:
    """The right rows of a table are lost: what is left is learnt by heart, or too little."""
    del symptom
    return bool({"sent_back", "shared_rows"} & cause.evidence.keys())
