# SPDX-License-Identifier: Apache-2.0
"""Treatments of optimizers and loops as edits: rates, settings, and calls that are missing."""

from __future__ import annotations

import ast
import re

from backprobe.trials.patch.source import CannotPatch, Edit, Source, dotted, name_of, number
from backprobe.trials.patch.training import (
    Optimizer,
    backwards,
    loops_around,
    method_statements,
    optimizers,
)

USUAL = {"adam": ("Adam", "1e-3"), "adamw": ("AdamW", "1e-3"), "rmsprop": ("RMSprop", "1e-3")}
"""Value of `swap-optimizer` → class, and the rate that the treatment takes."""


def scale_lr(source: Source, value: str) -> list[Edit]:
    """The rate where it is written: in the call, or where the name in the call gets its number."""
    return [_scaled(source, one, float(value)) for one in optimizers(source)]


def lr(source: Source, value: str) -> list[Edit]:
    """The rate itself, in the call."""
    return [_set(source, one, "lr", value, 1) for one in optimizers(source)]


def weight_decay(source: Source, value: str) -> list[Edit]:
    """The weight decay, in the call."""
    number_text = "0.0" if value in ("off", "0") else value
    return [
        source.set_argument(one.call, "weight_decay", number_text) for one in optimizers(source)
    ]


def momentum(source: Source, value: str) -> list[Edit]:
    """The momentum, or Adam's first beta."""
    edits = []
    for one in optimizers(source):
        if "adam" in name_of(one.call.func).lower():
            edits.append(source.set_argument(one.call, "betas", f"({value}, 0.999)"))
        else:
            edits.append(source.set_argument(one.call, "momentum", value))
    return edits


def swap_optimizer(source: Source, value: str) -> list[Edit]:
    """Another class with its usual rate, over the same parameters."""
    if value not in USUAL:
        raise CannotPatch(f"swap-optimizer={value} is not written into a source")
    kind, rate = USUAL[value]
    edits = []
    for one in optimizers(source):
        called = source.segment(one.call.func)
        renamed = re.sub(r"\w+$", kind, called)
        if "." not in called:
            raise CannotPatch(f"{called} is imported by its name; {kind} is not")
        edits.append(source.replace(one.call, f"{renamed}({_parameters(source, one)}, lr={rate})"))
    return edits


def zero_grad(source: Source, value: str) -> list[Edit]:
    """`zero_grad()` of every optimizer before each backward pass."""
    lines = [f"{one.name}.zero_grad()" for one in optimizers(source)]
    return [source.insert_before(statement, lines) for statement in backwards(source)[:1]]


def step_optimizer(source: Source, value: str) -> list[Edit]:
    """`step()` of every optimizer after each backward pass, and `zero_grad()` where it lacks."""
    lines = [f"{one.name}.step()" for one in optimizers(source)]
    if not method_statements(source, "zero_grad"):
        lines += [f"{one.name}.zero_grad()" for one in optimizers(source)]
    return [source.insert_after(statement, lines) for statement in backwards(source)]


def clip_gradients(source: Source, value: str) -> list[Edit]:
    """Clipping before each step, or another limit where the script clips."""
    own = [c for c in source.calls() if name_of(c.func) in ("clip_grad_norm_", "clip_grad_norm")]
    if own:
        edits = []
        for call in own:
            if len(call.args) > 1:
                edits.append(source.replace(call.args[1], value))
            else:
                edits.append(source.set_argument(call, "max_norm", value))
        return edits
    edits = []
    for one in optimizers(source):
        for statement in method_statements(source, "step", one.name):
            parameters = _parameters(source, one)
            line = f"torch.nn.utils.clip_grad_norm_({parameters}, {value})"
            edits.append(source.insert_before(statement, [line]))
    if not edits:
        raise CannotPatch("no line `optimizer.step()` was found")
    return edits


def train_mode(source: Source, value: str) -> list[Edit]:
    """`train()` of the model that is put into eval mode, at the top of the innermost loop."""
    models = list(dict.fromkeys(_owners(source, "eval")))
    if not models:
        raise CannotPatch("no line `model.eval()` was found")
    loops = loops_around(source, backwards(source)[0])
    if not loops:
        raise CannotPatch("the training is in no loop of its function")
    return [source.insert_before(loops[0].body[0], [f"{model}.train()" for model in models[:1]])]


def eval_mode(source: Source, value: str) -> list[Edit]:
    """`eval()` before each block without gradients, and `train()` at the top of the loop."""
    model = _model_name(source)
    edits = []
    inside = {id(x) for function in _forwards(source) for x in ast.walk(function)}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.With) or not _without_gradients(node) or id(node) in inside:
            continue
        edits.append(source.insert_before(node, [f"{model}.eval()"]))
    if not edits:
        raise CannotPatch("no `with torch.no_grad():` was found")
    loops = loops_around(source, backwards(source)[0])
    if loops:
        edits.append(source.insert_before(loops[0].body[0], [f"{model}.train()"]))
    return edits


def _forwards(source: Source) -> list[ast.FunctionDef]:
    """The functions named `forward`: what has no gradients in them is no evaluation."""
    found = (x for x in ast.walk(source.tree) if isinstance(x, ast.FunctionDef))
    return [x for x in found if x.name == "forward"]


def unfreeze(source: Source, value: str) -> list[Edit]:
    """Each `requires_grad = False` says True."""
    edits = [
        source.replace(node.value, "True")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and node.value.value is False
        and any(name_of(target) == "requires_grad" for target in node.targets)
    ]
    edits += [
        source.replace(call.args[0], "True")
        for call in source.calls()
        if name_of(call.func) == "requires_grad_"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value is False
    ]
    if not edits:
        raise CannotPatch("no line that sets `requires_grad` to False was found")
    return edits


def _scaled(source: Source, one: Optimizer, factor: float) -> Edit:
    given = _argument(one.call, "lr", 1)
    if given is None:
        raise CannotPatch(f"{name_of(one.call.func)} is made without a learning rate")
    known = number(given)
    if known is not None:
        return source.replace(given, f"{known * factor:.6g}")
    if isinstance(given, ast.Name):
        literals = [
            node
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Assign)
            and any(dotted(target) == given.id for target in node.targets)
            and number(node.value) is not None
        ]
        if len(literals) == 1:
            return source.replace(
                literals[0].value, f"{(number(literals[0].value) or 0.0) * factor:.6g}"
            )
    text = source.segment(given)
    if not isinstance(given, (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
        text = f"({text})"
    return source.replace(given, f"{text} * {factor:g}")


def _set(source: Source, one: Optimizer, name: str, text: str, position: int) -> Edit:
    given = _argument(one.call, name, position)
    if given is not None:
        return source.replace(given, text)
    return source.set_argument(one.call, name, text)


def _argument(call: ast.Call, name: str, position: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def _parameters(source: Source, one: Optimizer) -> str:
    given = _argument(one.call, "params", 0)
    if given is None:
        raise CannotPatch(f"{name_of(one.call.func)} is made without parameters")
    return source.segment(given)


def _owners(source: Source, method: str) -> list[str]:
    return [
        dotted(call.func.value)
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == method
        and not call.args
        and dotted(call.func.value)
    ]


def _model_name(source: Source) -> str:
    """The model whose parameters the first optimizer gets."""
    text = _parameters(source, optimizers(source)[0])
    if not text.endswith(".parameters()"):
        raise CannotPatch("the optimizer's parameters are not those of one model")
    return text.removesuffix(".parameters()")


def _without_gradients(node: ast.With) -> bool:
    return any(
        isinstance(item.context_expr, ast.Call)
        and name_of(item.context_expr.func) in ("no_grad", "inference_mode")
        for item in node.items
    )
