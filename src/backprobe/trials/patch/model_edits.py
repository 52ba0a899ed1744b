# SPDX-License-Identifier: Apache-2.0
"""Treatments of models, losses and data as edits."""

from __future__ import annotations

import ast

from backprobe.trials.patch.optimizer_edits import _model_name
from backprobe.trials.patch.source import CannotPatch, Edit, Source, dotted, name_of
from backprobe.trials.patch.training import optimizers, training_loaders

MODULES = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "relu6": "ReLU6",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "tanh": "Tanh",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "identity": "Identity",
}
"""Activation → torch's module."""
OUTPUTS = frozenset({"Softmax", "LogSoftmax", "Sigmoid", "Tanh", "ReLU", "Softplus"})
END_FUNCTIONS = frozenset({"softmax", "log_softmax", "sigmoid", "tanh", "relu", "softplus"})
LOSSES = {
    ("cross-entropy", "NLLLoss"): "CrossEntropyLoss",
    ("cross-entropy", "nll_loss"): "cross_entropy",
    ("bce-with-logits", "BCELoss"): "BCEWithLogitsLoss",
    ("bce-with-logits", "binary_cross_entropy"): "binary_cross_entropy_with_logits",
    ("l1", "MSELoss"): "L1Loss",
    ("l1", "mse_loss"): "l1_loss",
    ("huber", "MSELoss"): "HuberLoss",
    ("huber", "mse_loss"): "huber_loss",
    ("mse", "L1Loss"): "MSELoss",
    ("mse", "l1_loss"): "mse_loss",
}
"""Value of `swap-loss` and what is called → what is called then; targets stay as they are."""
SHAPED = frozenset(
    "MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss mse_loss l1_loss "
    "smooth_l1_loss huber_loss binary_cross_entropy binary_cross_entropy_with_logits".split()
)
"""Losses whose target has the prediction's shape."""


def swap_activation(source: Source, value: str) -> list[Edit]:
    """Hidden activations: not the last of a `Sequential`, not what is returned, no gate."""
    module = MODULES[value]
    edits = []
    for call in source.calls():
        name = name_of(call.func)
        if name in MODULES.values() and name != module and not call.args:
            if isinstance(call.func, ast.Attribute) and not _ends_sequence(source, call):
                edits.append(_renamed(source, call, module))
        elif name in MODULES and name != value and not _is_output(source, call):
            edits.append(_function(source, call, value))
    for node in ast.walk(source.tree):  # a class that is passed on: `activation=nn.Sigmoid`
        parent = source.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        known = isinstance(node, ast.Attribute) and node.attr in MODULES.values()
        passed = known and not called and not isinstance(parent, ast.Attribute)
        if passed and name_of(node) != module and dotted(node).split(".")[0] in ("nn", "torch"):
            edits.append(_attribute(source, node, module))
    if not edits:
        raise CannotPatch("no hidden activation was found in the source")
    return edits


def drop_output_activation(source: Source, value: str) -> list[Edit]:
    """The last of a `Sequential`, or what wraps the returned value of a `forward`."""
    edits = [
        _removed_argument(source, call)
        for call in source.calls()
        if name_of(call.func) in OUTPUTS and _ends_sequence(source, call)
    ]
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.FunctionDef) or function.name != "forward":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
                call = node.value
                if name_of(call.func) in END_FUNCTIONS:
                    edits.append(source.replace(call, source.segment(_argument_of(call))))
    if not edits:
        raise CannotPatch("no activation at the end of a model was found in the source")
    return edits


def swap_loss(source: Source, value: str) -> list[Edit]:
    """The loss by its name, where targets stay as they are; the output's activation goes too."""
    edits = []
    for call in source.calls():
        name = LOSSES.get((value, name_of(call.func)))
        if name is not None:
            edits.append(_renamed(source, call, name))
    if not edits:
        raise CannotPatch(f"no loss that {value} can take the place of as it is")
    if value in ("cross-entropy", "bce-with-logits"):
        try:
            edits += drop_output_activation(source, "")
        except CannotPatch:
            pass
    return edits


def align_shapes(source: Source, value: str) -> list[Edit]:
    """The target of a loss in the shape of what stands before it."""
    objects = {
        dotted(source.statement(call).targets[0])  # type: ignore[attr-defined]
        for call in source.calls()
        if name_of(call.func) in SHAPED and isinstance(source.statement(call), ast.Assign)
    }
    edits = []
    for call in source.calls():
        takes = name_of(call.func) in SHAPED or dotted(call.func) in objects
        if not takes or len(call.args) < 2 or not dotted(call.args[0]):
            continue
        output, target = source.segment(call.args[0]), source.segment(call.args[1])
        if not isinstance(call.args[1], (ast.Name, ast.Attribute, ast.Subscript, ast.Call)):
            target = f"({target})"
        edits.append(source.replace(call.args[1], f"{target}.reshape({output}.shape)"))
    if not edits:
        raise CannotPatch("no call of a loss on a named prediction was found")
    return edits


def dropout(source: Source, value: str) -> list[Edit]:
    """The probability of every dropout."""
    share = "0.0" if value in ("off", "0") else value
    edits = []
    for call in source.calls():
        if name_of(call.func) in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d"):
            if call.args:
                edits.append(source.replace(call.args[0], share))
            else:
                edits.append(source.set_argument(call, "p", share))
        elif name_of(call.func) in ("dropout", "dropout2d") and call.args:
            if len(call.args) > 1:
                edits.append(source.replace(call.args[1], share))
            else:
                edits.append(source.set_argument(call, "p", share))
    if not edits:
        raise CannotPatch("no dropout was found in the source")
    return edits


def initialize(source: Source, value: str) -> list[Edit]:
    """Weights drawn before the first optimizer is made, after all that the script does to them."""
    functions = {
        "he": 'kaiming_normal_(module.weight, nonlinearity="relu")',
        "he-uniform": 'kaiming_uniform_(module.weight, nonlinearity="relu")',
        "glorot": "xavier_normal_(module.weight)",
        "glorot-uniform": "xavier_uniform_(module.weight)",
        "lecun": 'kaiming_normal_(module.weight, nonlinearity="linear")',
        "lecun-uniform": 'kaiming_uniform_(module.weight, nonlinearity="linear")',
    }
    if value not in functions:
        raise CannotPatch(f"initialize={value} is not written into a source")
    nn = _nn(source)
    lines = [
        f"for module in {_model_name(source)}.modules():",
        f"    if isinstance(module, ({nn}.Linear, {nn}.Conv1d, {nn}.Conv2d)):",
        f"        {nn}.init.{functions[value]}",
        "        if module.bias is not None:",
        f"            {nn}.init.zeros_(module.bias)",
    ]
    return [source.insert_before(optimizers(source)[0].statement, lines)]


def shuffle(source: Source, value: str) -> list[Edit]:
    """`shuffle=True` of the training loader."""
    edits = []
    for call in training_loaders(source):
        if len(call.args) > 2:
            edits.append(source.replace(call.args[2], "True"))
        else:
            edits.append(source.set_argument(call, "shuffle", "True"))
    return edits


def batch_size(source: Source, value: str) -> list[Edit]:
    """`batch_size` of the training loader."""
    edits = []
    for call in training_loaders(source):
        if len(call.args) > 1:
            edits.append(source.replace(call.args[1], value))
        else:
            edits.append(source.set_argument(call, "batch_size", value))
    return edits


def batch_first(source: Source, value: str) -> list[Edit]:
    """`batch_first=True` of every recurrent layer."""
    calls = [c for c in source.calls() if name_of(c.func) in ("RNN", "LSTM", "GRU")]
    if not calls:
        raise CannotPatch("no recurrent layer was found in the source")
    return [source.set_argument(call, "batch_first", "True") for call in calls]


def ignore_detach(source: Source, value: str) -> list[Edit]:
    """No `.detach()` or `.data` inside a `forward`."""
    edits = []
    for function in ast.walk(source.tree):
        if not isinstance(function, ast.FunctionDef) or function.name != "forward":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and name_of(node.func) == "detach":
                inner: ast.AST = node.func.value  # type: ignore[attr-defined]
            elif isinstance(node, ast.Attribute) and node.attr == "data":
                inner = node.value
            else:
                continue
            edits.append(source.replace(node, source.segment(inner)))
    if not edits:
        raise CannotPatch("no `.detach()` or `.data` in a `forward` was found")
    return edits


def ignore_no_grad(source: Source, value: str) -> list[Edit]:
    """`enable_grad` for each `no_grad` in a class that has a `forward`."""
    edits: list[Edit] = []
    for made in (x for x in ast.walk(source.tree) if isinstance(x, ast.ClassDef)):
        if not any(isinstance(x, ast.FunctionDef) and x.name == "forward" for x in made.body):
            continue
        calls = [x for x in ast.walk(made) if isinstance(x, ast.Call)]
        edits += [_renamed(source, x, "enable_grad") for x in calls if name_of(x.func) == "no_grad"]
    if not edits:
        raise CannotPatch("no `no_grad` in a class with a `forward` was found")
    return edits


def _renamed(source: Source, call: ast.Call, name: str) -> Edit:
    if isinstance(call.func, ast.Name):
        raise CannotPatch(f"{call.func.id} is imported by its name; {name} is not")
    return _attribute(source, call.func, name)


def _attribute(source: Source, node: ast.AST, name: str) -> Edit:
    end = source.span(node)[1]
    return Edit(end - len(name_of(node).encode()), end, name)


def _function(source: Source, call: ast.Call, value: str) -> Edit:
    """`torch.sigmoid(x)`, `F.elu(x)` and `x.tanh()` become `torch.relu(x)` or the like."""
    text = source.segment(_argument_of(call))
    if value == "identity":
        return source.replace(call, text)
    function = {"relu": "torch.relu", "tanh": "torch.tanh", "sigmoid": "torch.sigmoid"}
    return source.replace(call, f"{function.get(value, f'torch.nn.functional.{value}')}({text})")


def _argument_of(call: ast.Call) -> ast.expr:
    """What an activation is applied to: the first argument, or whose method it is."""
    if call.args:
        return call.args[0]
    if isinstance(call.func, ast.Attribute):
        return call.func.value
    raise CannotPatch("an activation without an argument")


def _is_output(source: Source, call: ast.Call) -> bool:
    """Whether a function's value is returned as it is, multiplies something, or evaluates."""
    parent = source.parents.get(call)
    if isinstance(parent, ast.Return):
        return True
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Mult):
        return True
    node: ast.AST = call
    while node in source.parents:
        node = source.parents[node]
        if isinstance(node, ast.FunctionDef):
            return node.name != "forward" and node.name != "__call__"
    return True


def _ends_sequence(source: Source, call: ast.Call) -> bool:
    parent = source.parents.get(call)
    if isinstance(parent, ast.Call) and name_of(parent.func) == "Sequential":
        return parent.args[-1] is call
    return False


def _removed_argument(source: Source, node: ast.AST) -> Edit:
    """Takes an argument out of a call, with the comma before it."""
    parent = source.parents[node]
    assert isinstance(parent, ast.Call)
    place = next(position for position, one in enumerate(parent.args) if one is node)
    if place == 0:
        raise CannotPatch("the activation is all that there is")
    return Edit(source.span(parent.args[place - 1])[1], source.span(node)[1], "")


def _nn(source: Source) -> str:
    """How the script calls `torch.nn`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "torch":
            for alias in node.names:
                if alias.name == "nn":
                    return alias.asname or "nn"
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "torch.nn" and alias.asname:
                    return alias.asname
    return "torch.nn"
