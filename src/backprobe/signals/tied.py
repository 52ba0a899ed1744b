# SPDX-License-Identifier: Apache-2.0
"""Output layers that have no weights of their own: they use those of an embedding.

Tied under a second name (`head.weight = table.weight`), or by a product in the forward
(`h @ table.weight.T`). Such a layer is none of `layers`: its weight is the embedding's.
Source: Press & Wolf, "Using the Output Embedding to Improve Language Models", 1608.05859.
"""

from __future__ import annotations

from backprobe.records import Loss, Parameter, Record
from backprobe.signals.forward_graph import by_index, upstream
from backprobe.signals.layers import Layer, fans, is_layer
from backprobe.signals.memo import once

PRODUCTS = frozenset({"linear", "matmul", "mm", "einsum"})
"""Functions that multiply by a weight."""
TURNS = frozenset({"t", "transpose", "permute", "T", "mT", "__get__"})


@once
def tied_layers(record: Record) -> tuple[Layer, ...]:
    """The layers that ran with an embedding's table [rows, fan-in] for a weight.

    Their module is the one of the second name; the embedding's own where there is none.
    """
    modules = {m.index: m for m in record.modules}
    names = {(m.root, m.name): m for m in record.modules}
    found = []
    for table in record.parameters:
        module = modules.get(table.module)
        if module is None or not module.type.startswith("Embedding") or len(table.shape) != 2:
            continue
        others = [names.get((module.root, a.rpartition(".")[0])) for a in table.aliases]
        heads = [m for m in others if m is not None and m.calls and is_layer(m)]
        if not heads and _multiplied(record, table):
            heads = [module]
        for head in heads:
            place = next(
                (p for p in record.places if p.module == head.index and not p.functional), None
            )
            fan_in, fan_out = fans(table.shape)
            order = -1 if head is module or place is None else place.order
            found.append(
                Layer(head, table, None, place, None, False, order, fan_in, fan_out),
            )
    return tuple(found)


def tied_head(record: Record, loss: Loss | None) -> Layer | None:
    """The tied layer that gives what the loss takes as scores, one a row of the table; or None."""
    if loss is None or loss.classes < 2:
        return None
    return next(
        (
            x
            for x in tied_layers(record)
            if x.weight.shape[0] == loss.classes and loss.model in (-1, x.module.root)
        ),
        None,
    )


def _multiplied(record: Record, table: Parameter) -> bool:
    """Whether the last product of the forward is by a tensor of this shape that nothing made.

    A buffer or a parameter of another name may have that shape too: it must be the only one.
    """
    rows, width = table.shape
    shapes = {(rows, width), (width, rows)}
    if sum(p.shape in shapes for p in record.parameters) != 1:
        return False
    product = next((op for op in reversed(record.graph) if op.name in PRODUCTS), None)
    if product is None or not product.shape or product.shape[-1] != rows:
        return False
    lookup = {op.index for op in record.graph if op.name == "embedding"}
    weights = [
        shape in shapes and (maker < 0 or _only_turned(record, maker))
        for shape, maker in zip(product.input_shapes, product.inputs, strict=False)
    ]
    return any(weights) and bool(lookup & upstream(record, product.inputs))


def _only_turned(record: Record, maker: int) -> bool:
    """Whether an operation does no more than transpose a tensor that nothing made."""
    op = by_index(record).get(maker)
    return op is not None and op.name in TURNS and op.inputs[:1] in ((), (-1,))
