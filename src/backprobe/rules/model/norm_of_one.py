# SPDX-License-Identifier: Apache-2.0
"""A normalisation over a single number, which is the same whatever comes in."""

from __future__ import annotations

import math
from collections.abc import Iterable

from backprobe.records import Finding, Module, Operation, Record
from backprobe.rules.base import whole_run
from backprobe.rules.confidence import confidence
from backprobe.rules.data.flat_inputs import is_flat
from backprobe.rules.harm import at_most_warning, severity_of_mistake
from backprobe.rules.outputs import output_layer
from backprobe.rules.wording import at, unique
from backprobe.signals.progress import progress

NORMS = ("layer_norm", "group_norm", "rms_norm")


def norm_of_one(record: Record, rule: str) -> Finding | None:
    """The modules that normalise one number at a time.

    That follows from their shapes alone, so it is told however short the run is. Where the output
    varies all the same, data gets through elsewhere: a warning at most.

    Arguments:
        record: of a run.
        rule: name of the rule that tells of it.
    """
    modules = {m.index: m for m in record.modules}
    found = list(_of_one(modules, record.graph))
    if not found:
        return None
    names = unique(m.name for m, _ in found)
    first, kind = found[0]
    state, severity = progress(record), severity_of_mistake(record)
    output = output_layer(record, state.loss)
    cuts = output is not None and output.place is not None and is_flat(record, output.place.index)
    if not cuts:
        severity = at_most_warning(severity)
    others = f" and {len(names) - 1} more like it" if len(names) > 1 else ""
    what = (
        "of which only the sign is left"
        if kind == "rms_norm"
        else "which less its own mean is 0: it gives its bias whatever comes in, and no gradient "
        "passes it"
    )
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence(0.85, 0.98, state.hurt),
        message=(
            f"{first.name or first.type}{at(first.source)}{others} normalises a single number at a "
            f"time, {what}; {state.in_words()}"
        ),
        where=names,
        source=first.source,
        steps=whole_run(record),
        evidence={"units": 1, "norm": kind, "norms": len(names), "cuts": cuts},
    )


def _of_one(modules: dict[int, Module], graph: Iterable[Operation]) -> Iterable[tuple[Module, str]]:
    """The modules that normalise single numbers, in the order of the forward, and how."""
    for op in graph:
        module = modules.get(op.module)
        if module is None or op.name not in NORMS or not op.input_shapes:
            continue
        groups = module.settings.get("num_groups")
        if op.name == "group_norm":
            one = isinstance(groups, int) and math.prod(op.input_shapes[0][1:]) == groups
        else:
            one = _last_axes(module, op) == 1
        if one:
            yield module, op.name


def _last_axes(module: Module, op: Operation) -> int:
    """How many numbers a layer norm takes at a time; 0 where it is not known."""
    shape = module.settings.get("normalized_shape")
    if isinstance(shape, (list, tuple)):
        return math.prod(int(size) for size in shape)
    # Called as a function: its weight has the shape that it normalises.
    weight = op.input_shapes[1] if len(op.input_shapes) > 1 else ()
    return math.prod(weight) if weight else 0
