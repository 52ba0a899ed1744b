# SPDX-License-Identifier: Apache-2.0
"""Where the graph of a forward is cut: what was detached, and what goes on as a copy of it."""

from __future__ import annotations

from itertools import pairwise

from backprobe.records import Operation, Record
from backprobe.signals.forward_graph import by_index, takers
from backprobe.signals.layers import layers

CUTS = frozenset({"detach", "detach_", "numpy", "argmax", "data", "tolist", "round", "sign"})
"""Operations that no gradient passes."""
MADE = frozenset({"tensor", "from_numpy", "as_tensor", "asarray"})
"""Functions that make a tensor of numbers that were none."""


def cut_between(record: Record, calls: list[Operation]) -> Operation | None:
    """The operation that cuts every call of a layer off from the call before, or None."""
    if len(calls) < 3:
        return None
    cut: Operation | None = None
    for before, call in pairwise(calls):
        whole, through = _reaches(record, call, before.index)
        if whole or through is None:
            return None
        cut = cut or through
    return cut


def _reaches(record: Record, call: Operation, target: int) -> tuple[bool, Operation | None]:
    """Whether a call takes an earlier result uncut, and the cut through which it takes it else."""
    pending: list[tuple[int, Operation | None]] = [(i, None) for i in call.inputs]
    seen: set[tuple[int, bool]] = set()
    found: Operation | None = None
    while pending:
        index, cut = pending.pop()
        if index == target:
            if cut is None:
                return True, None
            found = cut
        elif index > target and (index, cut is None) not in seen:
            seen.add((index, cut is None))
            op = by_index(record)[index]
            passed = cut or (op if op.name in CUTS else None)
            pending += [(i, passed) for i in op.inputs]
    return False, found


def carried_on(record: Record, calls: list[Operation]) -> bool:
    """Whether a memory beside a layer's own result reaches each of its calls uncut.

    That is another layer before it which runs as often, each time on what it gave before.
    """
    others: dict[tuple[int, str], list[Operation]] = {}
    among = {layer.module.index for layer in layers(record)} - {calls[0].module}
    for op in record.graph:
        if op.module in among and op.name not in CUTS:
            others.setdefault((op.module, op.name), []).append(op)
    for found in others.values():
        if len(found) != len(calls):
            continue
        linked = (_reaches(record, b, a.index)[0] for a, b in pairwise(found))
        feeds = (_reaches(record, c, m.index)[0] for m, c in zip(found, calls, strict=True))
        if all(linked) and all(feeds):
            return True
    return False


def each_used(record: Record, calls: list[Operation]) -> bool:
    """Whether each result of a layer has a loss of its own, as far as the graph shows it."""
    if any(loss.terms >= len(calls) for loss in record.losses):
        return True
    return all(_goes_on(record, call, after.index) for call, after in pairwise(calls))


def _goes_on(record: Record, call: Operation, after: int) -> bool:
    """Whether a result is taken uncut by what runs after the next call, or ends unread."""
    pending, seen = [call], {call.index}
    while pending:
        op = pending.pop()
        following = takers(record).get(op.index, [])
        if op is not call and not following and op.name not in CUTS:
            return True
        for taker in following:
            if taker.index > after:
                return True
            if taker.name not in CUTS and taker.index not in seen:
                seen.add(taker.index)
                pending.append(taker)
    return False


def positions_taken(record: Record) -> tuple[Operation, Operation] | None:
    """A maximum of which only the position is used, as a number, and the layer that takes it."""
    taken_by = takers(record)
    taught = {layer.module.index for layer in layers(record) if layer.weight.requires_grad}
    for op in record.graph:
        first = taken_by.get(op.index, [])
        as_numbers = [taker for taker in first if taker.arguments.get("from_integers")]
        if op.name not in ("max", "min") or not first or len(as_numbers) < len(first):
            continue
        if not makers(record, op) & taught:
            continue
        pending, seen = list(first), set[int]()
        while pending:
            taker = pending.pop()
            if taker.module in taught:
                return op, taker
            if taker.index not in seen:
                seen.add(taker.index)
                pending += taken_by.get(taker.index, [])
    return None


def bridges_of(record: Record) -> list[tuple[Operation, Operation]]:
    """Pairs of a result that nothing takes and a later operation that takes one of its shape.

    Numpy, `.data` and new tensors leave no operation behind: what comes out of them seems to come
    from nowhere.
    """
    taken = {index for op in record.graph for index in op.inputs}
    entry = record.graph[0].input_shapes[:1] if record.graph else ()
    # Class ids that were only counted (an argmax) are no part of what is learnt.
    lost = [op for op in record.graph if op.index not in taken and "float" in op.dtype]
    made = {op.index for op in record.graph if op.name in MADE and not op.inputs}
    found = []
    for op in record.graph:
        from_nowhere = bool(op.inputs) and (op.inputs[0] == -1 or op.inputs[0] in made)
        if not from_nowhere or op.input_shapes[:1] == entry:
            continue
        before = [x for x in lost if x.index < op.index and x.shape == op.input_shapes[0]]
        if before and op.name not in ("mul", "add", "sub", "cat", "stack"):
            found.append((before[-1], op))
    return found


def makers(record: Record, op: Operation) -> set[int]:
    """Modules whose operations an operation's result was made of."""
    by_index = {other.index: other for other in record.graph}
    stack, modules, passed = [op.index], set[int](), set[int]()
    while stack:
        index = stack.pop()
        if index in by_index and index not in passed:
            passed.add(index)
            modules.add(by_index[index].module)
            stack += by_index[index].inputs
    return modules
