# SPDX-License-Identifier: Apache-2.0
"""One layer under several names."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from backprobe.records import Finding, Operation, Record
from backprobe.rules.base import AbstractRule, threshold
from backprobe.rules.confidence import confidence
from backprobe.rules.harm import severity_of_mistake
from backprobe.rules.wording import at, module_source, plural
from backprobe.signals.forward_graph import by_index, upstream
from backprobe.signals.progress import Progress, progress
from backprobe.signals.recurrence import one_after_another

LAYERS = frozenset(
    "linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d".split()
)
PARTS = frozenset(
    "unbind chunk split tensor_split split_with_sizes unsafe_chunk unsafe_split hsplit vsplit "
    "dsplit".split()
)
"""Functions that give several tensors: layers that take one each have other inputs each."""
AHEAD = 8
"""Operations that are followed in search of a dropout."""


class UnintendedWeightSharing(AbstractRule):
    """Several layers of a network are one and the same, and give the same numbers.

    ## What it looks for
    A layer that is called more than once in a forward on the very same input, with no dropout
    behind it that would tell the results apart. An embedding that a list of embeddings holds under
    every name, each for other ids. Layers that are used again on something else (recurrent and tied
    ones, two towers) stay silent.

    ## Why it matters
    Heads, branches or projections that were to learn different things can only learn one: their
    results are equal, and so are what they are told to change.

    ## Example
    `heads.0 (net.py:21) is called 4 times on the same input in each forward: the results are equal,
    so it can't be 4 layers`

    ## What to try
    - `[nn.Linear(8, 1) for _ in range(4)]` instead of `[nn.Linear(8, 1)] * 4`, which repeats one
    - a `copy.deepcopy` of a layer that is to be used in several places

    ## When it is wrong
    A result that is computed twice instead of being kept costs time and does no harm.

    ## References
    - Python, "Programming FAQ": "How do I create a multidimensional list?"
    """

    name = "unintended-weight-sharing"
    severity = "warning"

    @dataclass(frozen=True)
    class Thresholds:
        """Where the rule fires."""

        calls: float = threshold(2, "calls on one input", "one is usual")
        names: float = threshold(3, "names of one table in a list", "two may be a pair of texts")

    limits = Thresholds()

    def check(self, record: Record) -> list[Finding]:
        """At most one finding a layer."""
        modules = {m.index: m for m in record.modules}
        graph = by_index(record)
        alike: dict[tuple[object, ...], list[Operation]] = defaultdict(list)
        for op in record.graph:
            if op.name in LAYERS and op.inputs and op.module in modules:
                maker = graph.get(op.inputs[0])
                if maker is not None and maker.name not in PARTS:
                    alike[op.module, maker.index, op.input_shapes[:1]].append(op)
        found = []
        state = progress(record)
        for calls in alike.values():
            index = calls[0].module
            if len(calls) < self.limits.calls or any(_dropped(record, op) for op in calls):
                continue
            if one_after_another(record, calls):
                continue  # a parameter of a recurrence is used at each of its steps
            source = module_source(record, index) or calls[0].source
            name = modules[index].name
            found.append(
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(0.6, 0.9, state.hurt, float(len(calls) > 2)),
                    message=(
                        f"{name}{at(source)} is called {len(calls)} times on the same input in "
                        f"each forward: the results are equal, so it can't be "
                        f"{plural(len(calls), 'layer')}; {state.in_words()}"
                    ),
                    where=(name,),
                    source=source,
                    evidence={"calls": len(calls)},
                )
            )
        return found or self._tables(record, state)

    def _tables(self, record: Record, state: Progress) -> list[Finding]:
        """One embedding under every name of a list, each for another column of the input."""
        modules = {m.index: m for m in record.modules}
        for parameter in record.parameters:
            module = modules.get(parameter.module)
            if module is None or not module.type.startswith("Embedding"):
                continue
            parent = modules.get(module.parent)
            names = [name.rpartition(".")[0] for name in (parameter.name, *parameter.aliases)]
            if parent is None or parent.type != "ModuleList":
                continue
            if len(names) < self.limits.names or any(
                n.rpartition(".")[0] != parent.name for n in names
            ):
                continue
            calls = [op for op in record.graph if op.module == module.index]
            if len(calls) < len(names) or not _side_by_side(record, calls):
                continue
            source = module_source(record, module.index) or calls[0].source
            return [
                Finding(
                    rule=self.name,
                    severity=severity_of_mistake(record),
                    confidence=confidence(0.6, 0.9, state.hurt, float(len(names) > 2)),
                    message=(
                        f"{names[0]} to {names[-1].rpartition('.')[2]}{at(source)} are one and the "
                        f"same table: an id has the same vector in all {len(names)} columns; "
                        f"{state.in_words()}"
                    ),
                    where=(names[0],),
                    source=source,
                    evidence={"calls": len(calls), "names": names},
                )
            ]
        return []


def _side_by_side(record: Record, calls: list[Operation]) -> bool:
    """Whether calls of one table get other ids each, none made of what another call gave."""
    if len({op.inputs[:1] for op in calls} - {(-1,)}) not in (0, len(calls)):
        return False
    mine = {op.index for op in calls}
    return all(not mine & upstream(record, call.inputs) for call in calls)


def _dropped(record: Record, op: Operation) -> bool:
    """Whether a dropout follows soon, by which equal results become different ones."""
    made = {op.index}
    for later in record.graph:
        if op.index < later.index and made & set(later.inputs):
            if "dropout" in later.name and later.arguments.get("p", 0.0):
                return True
            made.add(later.index)
            if len(made) > AHEAD:
                return False
    return False
