# SPDX-License-Identifier: Apache-2.0
"""Operators that rewrite a program's source: faults of the kind of DeepCrime, and harmless changes.

Source: Humbatova, Jahangirova and Tonella, "DeepCrime: mutation testing of deep learning systems
based on real faults", ISSTA 2021.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass

Operator = Callable[[ast.Module], bool]
"""Rewrites a program's tree; whether it found what to change."""


@dataclass(frozen=True)
class Mutation:
    """An operator and the rules any of which names what it does."""

    name: str
    apply: Operator
    rules: tuple[str, ...]


def _calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n.func) in names]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _optimizers(tree: ast.AST) -> list[ast.Call]:
    return _calls(tree, "SGD", "Adam", "AdamW", "RMSprop", "Adagrad")


def _set_keyword(call: ast.Call, name: str, value: ast.expr) -> None:
    call.keywords = [k for k in call.keywords if k.arg != name]
    call.keywords.append(ast.keyword(arg=name, value=value))


def _scale_rate(factor: float) -> Operator:
    def apply(tree: ast.Module) -> bool:
        done = False
        for call in _optimizers(tree):
            given = next((k.value for k in call.keywords if k.arg == "lr"), None)
            if given is None and len(call.args) > 1:
                given = call.args.pop(1)
            if given is not None:
                scaled = ast.BinOp(copy.deepcopy(given), ast.Mult(), ast.Constant(factor))
                _set_keyword(call, "lr", scaled)
                done = True
        return done

    return apply


def _set_option(kind: tuple[str, ...], name: str, value: float) -> Operator:
    def apply(tree: ast.Module) -> bool:
        calls = _calls(tree, *kind)
        for call in calls:
            _set_keyword(call, name, ast.Constant(value))
        return bool(calls)

    return apply


def _drop_statements(method: str) -> Operator:
    """Removes statements that are a call of a method of that name on an optimizer or model."""

    class Dropper(ast.NodeTransformer):
        dropped = 0

        def visit_Expr(self, node: ast.Expr) -> ast.AST:
            call = node.value
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                owner = _name(call.func.value)
                schedule = "sched" in owner or owner in ("s", "warmup", "annealing")
                if call.func.attr == method and not schedule:
                    self.dropped += 1
                    return ast.Pass()
            return node

    def apply(tree: ast.Module) -> bool:
        dropper = Dropper()
        dropper.visit(tree)
        return dropper.dropped > 0

    return apply


def _activations(module: str | None) -> Operator:
    """Replaces rectifiers by another activation, or by nothing."""

    class Replacer(ast.NodeTransformer):
        done = 0

        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            name = _name(node.func)
            if name in ("ReLU", "GELU", "SiLU", "Tanh", "LeakyReLU") and isinstance(
                node.func, ast.Attribute
            ):
                self.done += 1
                node.func.attr = module or "Identity"
                node.args, node.keywords = [], []
            elif name in ("relu", "gelu", "silu", "tanh") and len(node.args) == 1:
                self.done += 1
                if module is None:
                    return node.args[0]
                return ast.Call(ast.Attribute(node.args[0], module.lower(), ast.Load()), [], [])
            return node

    def apply(tree: ast.Module) -> bool:
        replacer = Replacer()
        replacer.visit(tree)
        return replacer.done > 0

    return apply


def _on_loss(change: Callable[[ast.Call], None]) -> Operator:
    """Changes the arguments of calls of cross entropy, functional or of a criterion object."""

    def apply(tree: ast.Module) -> bool:
        criteria = {
            _name(target)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and _calls(node.value, "CrossEntropyLoss")
            for target in node.targets
        }
        calls = [c for c in _calls(tree, "cross_entropy", *criteria - {""}) if len(c.args) >= 2]
        for call in calls:
            change(call)
        return bool(calls)

    return apply


def _softmax_first(call: ast.Call) -> None:
    softmax = ast.Attribute(call.args[0], "softmax", ast.Load())
    call.args[0] = ast.Call(softmax, [ast.Constant(1)], [])


def _shuffle_targets(call: ast.Call) -> None:
    order = ast.parse("__import__('torch').randperm(0)", mode="eval").body
    assert isinstance(order, ast.Call)
    order.args = [ast.Call(ast.Name("len", ast.Load()), [copy.deepcopy(call.args[1])], [])]
    call.args[1] = ast.Subscript(call.args[1], order, ast.Load())


def _init(statement: str) -> Operator:
    """Draws all weights anew right after the optimizer is made."""

    def apply(tree: ast.Module) -> bool:
        for node in ast.walk(tree):
            for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
                if not isinstance(body, list):
                    continue
                for place, item in enumerate(body):
                    if not isinstance(item, ast.Assign):
                        continue
                    calls = [c for c in _optimizers(item.value) if c.args]
                    owner = _owner(calls[0].args[0]) if calls else ""
                    if owner:
                        lines = f"for _p in {owner}.parameters():\n    {statement}"
                        body.insert(place + 1, ast.parse(lines).body[0])
                        return True
        return False

    return apply


def _owner(argument: ast.expr) -> str:
    """`model` of `model.parameters()`."""
    if isinstance(argument, ast.Call) and isinstance(argument.func, ast.Attribute):
        owned = argument.func.attr == "parameters" and isinstance(argument.func.value, ast.Name)
        return argument.func.value.id if owned and isinstance(argument.func.value, ast.Name) else ""
    return ""


def _after_step(lines: str, before: bool = False) -> Operator:
    """Puts lines after (or before) each statement that is an optimizer's step; it is `_o` there."""

    class Inserter(ast.NodeTransformer):
        done = 0

        def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.stmt]:
            call = node.value
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                return node
            owner = _name(call.func.value)
            if call.func.attr != "step" or call.args or "opt" not in owner:
                return node
            self.done += 1
            added = ast.parse(f"_o = {ast.unparse(call.func.value)}\n{lines}").body
            return [*added, node] if before else [node, *added]

    def apply(tree: ast.Module) -> bool:
        inserter = Inserter()
        inserter.visit(tree)
        return inserter.done > 0

    return apply


def _some_parameters(tree: ast.Module) -> bool:
    """Gives an optimizer the last two tensors of a model only."""
    done = False
    for call in _optimizers(tree):
        if call.args and _owner(call.args[0]):
            whole = ast.Call(ast.Name("list", ast.Load()), [call.args[0]], [])
            call.args[0] = ast.Subscript(whole, ast.Slice(ast.UnaryOp(ast.USub(), ast.Constant(2))))
            done = True
    return done


def _raw_scores(call: ast.Call) -> None:
    call.func = ast.parse("__import__('torch').nn.functional.nll_loss", mode="eval").body
    call.keywords = [k for k in call.keywords if k.arg in ("weight", "ignore_index", "reduction")]


def _flat_targets(tree: ast.Module) -> bool:
    """[N] against [N, 1] in squared errors."""
    criteria = {
        _name(target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _calls(node.value, "MSELoss")
        for target in node.targets
    }
    calls = [c for c in _calls(tree, "mse_loss", *criteria - {""}) if len(c.args) == 2]
    for call in calls:
        call.args[1] = ast.Call(
            ast.Attribute(call.args[1], "reshape", ast.Load()),
            [ast.UnaryOp(ast.USub(), ast.Constant(1))],
            [],
        )
    return bool(calls)


def _in_forward(change: Callable[[ast.FunctionDef, str], bool]) -> Operator:
    """Changes the forward of the last class, given the name of its first argument."""

    def apply(tree: ast.Module) -> bool:
        forwards = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == "forward"
        ]
        if not forwards or len(forwards[-1].args.args) < 2:
            return False
        return change(forwards[-1], forwards[-1].args.args[1].arg)

    return apply


def _scaled_inputs(forward: ast.FunctionDef, name: str) -> bool:
    line = f"{name} = {name} * 100 + 300 if {name}.is_floating_point() else {name}"
    forward.body[:0] = ast.parse(line).body
    return True


def _cut_graph(forward: ast.FunctionDef, _: str) -> bool:
    """Detaches what the first assignment of the forward made."""
    for place, item in enumerate(forward.body):
        if (
            isinstance(item, ast.Assign)
            and isinstance(item.targets[0], ast.Name)
            and isinstance(item.value, ast.Call)
        ):
            made = item.targets[0].id
            forward.body[place + 1 : place + 1] = ast.parse(f"{made} = {made}.detach()").body
            return True
    return False


def _other_seed(tree: ast.Module) -> bool:
    """The default of what the environment sets: it is asked for another name, and offset."""
    calls = [c for c in _calls(tree, "get", "getenv") if len(c.args) == 2]
    calls = [c for c in calls if isinstance(c.args[0], ast.Constant) and c.args[0].value == "SEED"]
    for call in calls:
        given = call.args[1]
        text = isinstance(given, ast.Constant) and isinstance(given.value, str)
        call.args[:] = [ast.Constant("NO_SEED"), ast.Constant("11" if text else 11)]
    return bool(calls)


def _renamed(before: str, after: str) -> Operator:
    """Calls of one name become calls of another that takes the same arguments."""

    def apply(tree: ast.Module) -> bool:
        calls = [c for c in _calls(tree, before) if isinstance(c.func, ast.Attribute)]
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            call.func.attr = after
        return bool(calls)

    return apply


def _scale_batch(factor: float) -> Operator:
    """Another batch size: of loaders, splits of a permutation, and constants that are named so."""

    def scaled(node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, int) and node.value >= 8:
            return ast.Constant(max(4, int(node.value * factor)))
        return None

    def apply(tree: ast.Module) -> bool:
        done = False
        for call in _calls(tree, "DataLoader", "split"):
            for place, argument in enumerate(call.args):
                changed = scaled(argument)
                if changed is not None:
                    call.args[place], done = changed, True
            for keyword in call.keywords:
                if keyword.arg == "batch_size":
                    changed = scaled(keyword.value)
                    if changed is not None:
                        keyword.value, done = changed, True
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named = node.targets[0].id.lower() in ("batch", "batch_size", "bs", "batchsize")
                changed = scaled(node.value) if named else None
                if changed is not None:
                    node.value, done = changed, True
        return done

    return apply


MUTATIONS = (
    Mutation("rate-x1000", _scale_rate(1000.0), ("learning-rate-too-high", "dead-relu")),
    Mutation("rate-x0.0001", _scale_rate(1e-4), ("learning-rate-too-low", "slow-convergence")),
    Mutation("momentum-0.9995", _set_option(("SGD",), "momentum", 0.9995), ("momentum-too-high",)),
    Mutation(
        "decay-2",
        _set_option(("SGD", "Adam", "RMSprop"), "weight_decay", 2.0),
        ("weight-decay-too-high",),
    ),
    Mutation("dropout-0.95", _set_option(("Dropout",), "p", 0.95), ("excessive-dropout",)),
    Mutation("no-zero-grad", _drop_statements("zero_grad"), ("missing-zero-grad",)),
    Mutation("no-step", _drop_statements("step"), ("missing-optimizer-step",)),
    Mutation(
        "no-activation",
        _activations(None),
        ("missing-nonlinearity", "underfitting"),
    ),
    Mutation(
        "sigmoids",
        _activations("Sigmoid"),
        ("vanishing-gradients", "saturated-activations", "slow-convergence"),
    ),
    Mutation("softmax-first", _on_loss(_softmax_first), ("double-softmax",)),
    Mutation("targets-shuffled", _on_loss(_shuffle_targets), ("labels-mismatched",)),
    Mutation(
        "init-large",
        _init("__import__('torch').nn.init.normal_(_p, 0.0, 5.0)"),
        ("init-scale-too-large", "exploding-gradients", "initial-loss-off"),
    ),
    Mutation(
        "init-constant",
        _init("__import__('torch').nn.init.constant_(_p, 0.05)"),
        ("symmetric-init",),
    ),
    Mutation("rate-x30", _scale_rate(30.0), ("learning-rate-too-high", "dead-relu")),
    Mutation("rate-x0.01", _scale_rate(0.01), ("learning-rate-too-low", "slow-convergence")),
    Mutation("no-eval", _drop_statements("eval"), ("train-mode-eval",)),
    Mutation("no-train", _drop_statements("train"), ("eval-mode-training",)),
    Mutation(
        "clip-tight",
        _after_step(
            "__import__('torch').nn.utils.clip_grad_norm_("
            "[p for g in _o.param_groups for p in g['params']], 1e-4)",
            before=True,
        ),
        ("gradient-clipping-too-tight",),
    ),
    Mutation("last-tensors", _some_parameters, ("parameters-not-optimized",)),
    Mutation(
        "frozen",
        _init("_p.requires_grad_(_p.dim() < 2)"),
        ("frozen-parameters",),
    ),
    Mutation(
        "rate-decays",
        _after_step("for _g in _o.param_groups: _g['lr'] *= 0.9"),
        ("scheduler-misuse", "learning-rate-too-low"),
    ),
    Mutation(
        "init-small",
        _init("_p.data.mul_(1e-3 if _p.dim() > 1 else 1.0)"),
        ("init-scale-too-small", "vanishing-gradients", "symmetric-init"),
    ),
    Mutation("scores-into-nll", _on_loss(_raw_scores), ("logits-into-nll",)),
    Mutation("targets-flat", _flat_targets, ("target-broadcast",)),
    Mutation(
        "inputs-scaled",
        _in_forward(_scaled_inputs),
        ("inputs-not-normalized", "saturated-activations", "dead-relu", "exploding-gradients"),
    ),
    Mutation("graph-cut", _in_forward(_cut_graph), ("detached-graph",)),
)
HARMLESS = (
    Mutation("seed", _other_seed, ()),
    Mutation("rate-x2", _scale_rate(2.0), ()),
    Mutation("rate-x0.5", _scale_rate(0.5), ()),
    Mutation("batch-x2", _scale_batch(2.0), ()),
    Mutation("batch-x0.5", _scale_batch(0.5), ()),
    Mutation("gelu", _renamed("ReLU", "GELU"), ()),
    Mutation("leaky", _renamed("ReLU", "LeakyReLU"), ()),
    Mutation("relu-to-silu", _renamed("relu", "silu"), ()),
    Mutation("adamw", _renamed("Adam", "AdamW"), ()),
    Mutation("nadam", _renamed("AdamW", "NAdam"), ()),
    Mutation("decay-1e-4", _set_option(("SGD", "Adam"), "weight_decay", 1e-4), ()),
    Mutation("momentum-0.8", _set_option(("SGD",), "momentum", 0.8), ()),
    Mutation(
        "clip-1",
        _after_step(
            "__import__('torch').nn.utils.clip_grad_norm_("
            "[p for g in _o.param_groups for p in g['params']], 1.0)",
            before=True,
        ),
        (),
    ),
)
"""Changes that a sound program bears: where its metric stays as good, it has to stay without a
warning."""
SYMPTOMS = (
    "not-learning",
    "slow-convergence",
    "underfitting",
    "loss-oscillating",
    "loss-diverging",
    "nonfinite-loss",
    "nonfinite-gradients",
    "exploding-gradients",
    "vanishing-gradients",
    "saturated-activations",
    "dead-relu",
    "initial-loss-off",
)
