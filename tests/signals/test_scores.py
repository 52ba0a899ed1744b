# SPDX-License-Identifier: Apache-2.0
"""Layers that only score what a softmax's weights weigh, on hand-made forwards."""

from __future__ import annotations

from backprobe.records import Module, Operation, Parameter, Record, Run
from backprobe.signals.layers import layers
from backprobe.signals.scores import on_the_way


def record(operations: list[tuple[str, int, tuple[int, ...]]], names: list[str]) -> Record:
    """A forward of (function, module, inputs) whose modules are the root and linear layers."""
    modules = [Module(0, "", "Net"), *(Module(k, n, "Linear") for k, n in enumerate(names, 1))]
    return Record(
        run=Run("r"),
        modules=tuple(modules),
        parameters=tuple(Parameter(k, f"{n}.weight", k + 1, (4, 4)) for k, n in enumerate(names)),
        graph=tuple(Operation(k, f, m, inputs=i) for k, (f, m, i) in enumerate(operations)),
    )


def kept(found: Record) -> list[str]:
    """Names of the layers that a way to the output leads from."""
    return [layer.name for layer in on_the_way(found, layers(found))]


def test_scores_are_beside_the_way() -> None:
    """The encoder's output is weighed and scored: it has a way around the softmax, scores none."""
    pooling = record(
        [
            ("linear", 1, (-1,)),
            ("linear", 2, (0,)),
            ("softmax", 0, (1,)),
            ("dropout", 0, (2,)),
            ("mul", 0, (3, 0)),
            ("linear", 3, (4,)),
        ],
        ["encoder", "score", "head"],
    )
    assert kept(pooling) == ["encoder", "head"]


def test_a_softmax_between_layers_is_on_the_way() -> None:
    """Nothing is weighed: the next layer gets the shares themselves."""
    hidden = record(
        [("linear", 1, (-1,)), ("softmax", 0, (0,)), ("linear", 2, (1,))], ["first", "head"]
    )
    assert kept(hidden) == ["first", "head"]


def test_queries_and_keys_of_an_attention_in_one_operation_are_scores() -> None:
    """Its values are on the way, and so is what is its own query, key and value."""
    attention = record(
        [
            ("linear", 1, (-1,)),
            ("linear", 2, (0,)),
            ("linear", 3, (0,)),
            ("linear", 4, (0,)),
            ("scaled_dot_product_attention", 0, (1, 2, 3)),
            ("scaled_dot_product_attention", 0, (4, 4, 4)),
            ("linear", 5, (5,)),
        ],
        ["embed", "query", "key", "value", "head"],
    )
    assert kept(attention) == ["embed", "value", "head"]


def test_layers_that_no_forward_showed_are_kept() -> None:
    """Nothing was captured: nothing is known of the way."""
    assert kept(record([], ["first", "head"])) == ["first", "head"]
