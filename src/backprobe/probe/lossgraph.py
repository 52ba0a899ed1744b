# SPDX-License-Identifier: Apache-2.0
"""Reads what a loss is off its autograd graph, before `backward` runs and frees it.

Only nodes near the root are looked at, and only loss nodes and softmaxes are asked for a saved
tensor; none is that was made under saved-tensor hooks (checkpointing, offloading), since unpacking
would run the forward again: see `backprobe.probe.packed`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

LOSSES: Mapping[str, str] = {
    "NllLossBackward0": "nll",
    "NllLoss2DBackward0": "nll",
    "MseLossBackward0": "mse",
    "BinaryCrossEntropyBackward0": "bce",
    "BinaryCrossEntropyWithLogitsBackward0": "bce_with_logits",
    "SmoothL1LossBackward0": "smooth_l1",
    "HuberLossBackward0": "huber",
    "SoftMarginLossBackward0": "soft_margin",
    "MultiMarginLossBackward0": "hinge",
    "MultilabelMarginLossBackward0": "multilabel_margin",
    "CtcLossBackward0": "ctc",
    "CudnnCtcLossBackward0": "ctc",
}
ACTIVATIONS: Mapping[str, str] = {
    "SoftmaxBackward0": "softmax",
    "LogSoftmaxBackward0": "log_softmax",
    "SigmoidBackward0": "sigmoid",
    "LogSigmoidBackward0": "log_sigmoid",
    "TanhBackward0": "tanh",
    "ReluBackward0": "relu",
    "HardtanhBackward0": "hardtanh",
    "LeakyReluBackward0": "leaky_relu",
    "EluBackward0": "elu",
    "GeluBackward0": "gelu",
    "SiluBackward0": "silu",
    "SoftplusBackward0": "softplus",
    "ExpBackward0": "exp",
    "LogBackward0": "log",
    "ClampBackward0": "clamp",
    "ClampBackward1": "clamp",
}
"""Autograd node → canonical activation (exp, log and clamp are told as themselves)."""
PARAMETRIC = (
    "AddmmBackward",
    "MmBackward",
    "BmmBackward",
    "BaddbmmBackward",
    "ConvolutionBackward",
    "MkldnnRnnLayerBackward",
    "CudnnRnnBackward",
    "NativeLayerNormBackward",
    "NativeBatchNormBackward",
    "CudnnBatchNormBackward",
    "NativeGroupNormBackward",
    "EmbeddingBackward",
    "FusedRmsNormBackward",
    "ScaledDotProduct",
    "CompiledFunctionBackward",
    "LinearBackward",
)
"""Nodes (by prefix) that end the stretch between the loss and the model's last layer."""
REDUCTIONS = {0: "none", 1: "mean", 2: "sum"}
MAX_NODES = 200
SINK = "_DDPSinkBackward"
"""Through it DDP hands on what a model puts out, where it looks for unused parameters."""
Readable = Callable[[Any], bool]


@dataclass
class LossReading:
    """What one backward root is. `node` is the loss proper, for its saved tensors."""

    kind: str = "custom"
    chain: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    reduction: str = ""
    scale: float = 1.0
    loss_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    target: Tensor | None = None
    output: Tensor | None = None
    log_probabilities: Tensor | None = None
    class_dim: int = -1
    ignore_index: int | None = None
    weighted: bool = False
    terms: int = 1
    summands: tuple[dict[str, Any], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def read(root: Any, readable: Readable) -> LossReading:
    """What the loss with this `grad_fn` is.

    Arguments:
        root: the `grad_fn` of the tensor that `backward` is called on.
        readable: whether the saved tensors of a node may be read.
    """
    reading = LossReading()
    node, reading.scale = _unscaled(_own(root), readable)
    terms = list(_terms(node, readable))
    reading.terms = len(terms)
    if len(terms) > 1:
        told = (_reduced(*term) for term in terms)
        reading.summands = tuple(one for one in told if one is not None)
    node = next((t for t, _ in terms if _loss_below(t) is not None), terms[0][0])
    found = _loss_below(node)
    if found is not None:
        _read_builtin(found, reading, readable)
    else:
        _read_handwritten(node, reading, readable)
    return reading


def factor(root: Any, readable: Readable) -> float:
    """What the loss with this `grad_fn` was multiplied by, as far as it shows on the CPU."""
    return _unscaled(_own(root), readable)[1]


def children(node: Any) -> list[Any]:
    """The nodes that a node's gradient flows to, leaves left out, and DDP's seen through."""
    found = []
    for child, number in node.next_functions:
        if child is not None and child.name() == SINK:
            child = child.next_functions[number][0]
        if child is not None and not child.name().endswith("AccumulateGrad"):
            found.append(child)
    return found


def _own(root: Any) -> Any:
    """The root, or where it is DDP's own node the first scalar that went through it: the loss."""
    if root.name() != SINK:
        return root
    passed = [child for child, _ in root.next_functions if child is not None]
    return next((child for child in passed if shape_of(child) == ()), root)


def shape_of(node: Any) -> tuple[int, ...]:
    """Shape of the tensor that a node made, () where this torch does not tell."""
    metadata = getattr(node, "_input_metadata", None)
    try:
        return tuple(int(size) for size in metadata[0].shape) if metadata else ()
    except (RuntimeError, TypeError):  # symbolic sizes
        return ()


def _unscaled(node: Any, readable: Readable) -> tuple[Any, float]:
    """The node under multiplications by a scalar (AMP, accumulation), and their product."""
    scale = 1.0
    for _ in range(8):
        name = node.name()
        below = children(node)
        if len(below) != 1:
            break
        if name.startswith(("MulBackward", "DivBackward")) and readable(node):
            other: Any = getattr(node, "_saved_other", None)  # a tensor, or a plain number
            number = isinstance(other, (int, float))
            scalar = number or (isinstance(other, Tensor) and other.numel() == 1)
            if not scalar or shape_of(below[0]) not in ((), (1,)):
                break
            if number or other.device.type == "cpu":
                value = float(other)
                if value == 0:
                    break
                scale *= value if name.startswith("Mul") else 1 / value
        elif not name.startswith(
            ("NegBackward", "ToCopyBackward", "AliasBackward", "CloneBackward")
        ):
            break
        elif name.startswith("NegBackward"):
            if _loss_below(node) is None:
                break
            scale = -scale
        node = below[0]
    return node, scale


def _terms(node: Any, readable: Readable, scale: float = 1.0) -> Iterator[tuple[Any, float]]:
    """The summands of a loss, each with its factor's size."""
    name = node.name()
    if name.startswith(("AddBackward", "SubBackward")) and shape_of(node) in ((), (1,)):
        for child in children(node):
            below, factor = _unscaled(child, readable)
            yield from _terms(below, readable, scale * abs(factor))
    elif name.startswith("StackBackward"):
        for child in children(node):
            yield from _terms(child, readable, scale)
    else:
        yield node, scale


def _reduced(node: Any, scale: float) -> dict[str, Any] | None:
    """How a summand became one number: `reduction`, the `shape` reduced, `scale`; None unknown."""
    loss = _loss_below(node)
    sizes = getattr(node, "_saved_self_sym_sizes", None)
    if loss is not None:
        reduction = REDUCTIONS.get(getattr(loss, "_saved_reduction", 1), "")
        below = children(loss)
        shape = list(shape_of(below[0])) if below else []
    elif node.name() in ("SumBackward0", "MeanBackward0") and sizes is not None:
        reduction = node.name().removesuffix("Backward0").lower()
        shape = [int(size) for size in sizes]
    else:
        return None
    return {"reduction": reduction, "shape": shape, "scale": scale}


def _loss_below(node: Any) -> Any:
    """A built-in loss node at or a few reshapes below a node."""
    for _ in range(6):
        if node.name() in LOSSES:
            return node
        below = children(node)
        if len(below) != 1 or node.name().startswith(PARAMETRIC):
            return None
        node = below[0]
    return None


def _descend(node: Any) -> Iterator[Any]:
    """From a node down to the model's last layer, taking the branch with the largest tensors."""
    for _ in range(24):
        yield node
        if node.name().startswith(PARAMETRIC):
            return
        below = children(node)
        if not below:
            return
        node = max(below, key=lambda child: _elements(shape_of(child)))


def _signed(number: Any) -> int:
    """An integer that autograd gives as an unsigned one of 64 bits."""
    value = int(number)
    return value - (1 << 64) if value >= 1 << 63 else value


def _elements(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _read_builtin(node: Any, reading: LossReading, readable: Readable) -> None:
    reading.kind = LOSSES[node.name()]
    reading.reduction = REDUCTIONS.get(getattr(node, "_saved_reduction", 1), "")
    path = list(_descend(children(node)[0])) if children(node) else []
    reading.chain = tuple(n.name() for n in [node, *path])
    acts = _activations(path)
    output_node = path[0] if path else None
    if reading.kind == "nll":
        if acts[:1] == ["log_softmax"]:
            reading.kind, acts = "cross_entropy", acts[1:]
        elif acts[:2] == ["log", "softmax"]:
            reading.kind, acts = "cross_entropy", acts[2:]
        reading.ignore_index = _signed(getattr(node, "_saved_ignore_index", -100))
    reading.before = tuple(acts)
    if output_node is not None:
        reading.output_shape = shape_of(output_node)
    reading.loss_shape = reading.output_shape
    if not readable(node):
        return
    reading.target = getattr(node, "_saved_target", None)
    reading.output = getattr(node, "_saved_self", None)
    if reading.output is not None:
        reading.output_shape = tuple(reading.output.shape)
    for name in ("_saved_weight", "_saved_pos_weight"):
        if getattr(node, name, None) is not None:
            reading.weighted = True
    if reading.kind in ("mse", "l1", "smooth_l1", "huber") and reading.target is not None:
        before_expand = next((shape_of(n) for n in path if not n.name().startswith("Expand")), ())
        reading.loss_shape = tuple(reading.output.shape) if reading.output is not None else ()
        reading.output_shape = before_expand or reading.output_shape
    if reading.kind == "cross_entropy":
        for found in path[:3]:
            if found.name() == "LogSoftmaxBackward0" and readable(found):
                reading.log_probabilities = found._saved_result
                reading.class_dim = _signed(found._saved_dim)
                reading.output_shape = tuple(found._saved_result.shape)
                break


def _read_handwritten(node: Any, reading: LossReading, readable: Readable) -> None:
    path = list(_descend(node))
    names = [n.name().removesuffix("0").removesuffix("1").removesuffix("Backward") for n in path]
    reading.chain = tuple(n.name() for n in path)
    reading.before = tuple(_activations(path))
    for found, name in zip(path, names, strict=True):
        if name in ("Mean", "Sum"):
            reading.reduction = name.lower()
            sizes = getattr(found, "_saved_self_sym_sizes", None)
            reading.loss_shape = tuple(int(s) for s in sizes) if sizes is not None else ()
            break
    head = [n for n in names[:8] if n not in ("View", "UnsafeView", "Squeeze", "Unsqueeze", "Div")]
    if "Sub" in head[:5]:
        at = head.index("Sub")
        subtraction = next(n for n in path if n.name().startswith("SubBackward"))
        above = path[: path.index(subtraction)]
        if any(n.name().startswith("PowBackward") or _squares(n) for n in above):
            reading.kind = "mse"
        elif "Abs" in head[:at]:
            reading.kind = "l1"
        elif _is_divergence(subtraction):
            reading.kind = "kl_div"
            _read_divergence(subtraction, reading, readable)
            return
        if reading.kind != "custom":
            reading.loss_shape = shape_of(subtraction) or reading.loss_shape
            below = children(subtraction)
            reading.output_shape = shape_of(below[0]) if below else ()
            rest = path[path.index(subtraction) + 1 :]
            reading.before = tuple(_activations(rest))
            _target_of_difference(path, subtraction, reading, readable)
            return
    picked = _picked_scores(path)
    if picked is not None:
        reading.kind, reading.before = "cross_entropy", tuple(_activations(path))
        reading.output_shape = shape_of(picked)
        return
    acts = list(reading.before)
    if acts[:1] == ["log_softmax"] and {"Index", "Gather", "Mul"} & set(head):
        reading.kind, reading.before = "cross_entropy", tuple(acts[1:])
    elif acts[:2] == ["log", "softmax"] and {"Index", "Gather", "Mul"} & set(head):
        reading.kind, reading.before = "cross_entropy", tuple(acts[2:])
    if reading.kind == "cross_entropy":
        for found in path:
            if found.name() in ("LogSoftmaxBackward0", "SoftmaxBackward0"):
                reading.output_shape = shape_of(found)
                if found.name() == "LogSoftmaxBackward0" and readable(found):
                    reading.log_probabilities = found._saved_result
                    reading.class_dim = _signed(found._saved_dim)
                break


def _picked_scores(path: list[Any]) -> Any:
    """The difference in `-(scores - logsumexp(scores))[rows, targets].mean()`, or None.

    Nothing may weigh the rows in between: a policy's loss weighs them by what they brought.
    """
    for at, node in enumerate(path):
        name = node.name()
        if name.startswith(("IndexBackward", "GatherBackward")):
            below = path[at + 1] if at + 1 < len(path) else None
            if below is None or not below.name().startswith("SubBackward"):
                return None
            return below if any(c.name().startswith("Logsumexp") for c in children(below)) else None
        if not name.startswith(("NegBackward", "MeanBackward", "SumBackward", "SqueezeBackward")):
            return None
    return None


def _squares(node: Any) -> bool:
    """Whether a product is of one thing with itself."""
    below = children(node)
    return node.name().startswith("MulBackward") and len(below) == 2 and below[0] == below[1]


def _is_divergence(subtraction: Any) -> bool:
    """Whether a difference is `t log t - t * input`, as `kl_div` makes it of targets t."""
    sides = [child for child, _ in subtraction.next_functions]
    if len(sides) != 2 or sides[0] is not None or not sides[1].name().startswith("MulBackward"):
        return False
    return [child is not None for child, _ in sides[1].next_functions] == [False, True]


def _read_divergence(subtraction: Any, reading: LossReading, readable: Readable) -> None:
    product = children(subtraction)[0]
    below = children(product)
    reading.output_shape = shape_of(below[0]) if below else ()
    reading.loss_shape = shape_of(product)
    if readable(product):
        reading.target = getattr(product, "_saved_self", None)


def _target_of_difference(
    path: list[Any], subtraction: Any, reading: LossReading, readable: Readable
) -> None:
    """`prediction - target` keeps neither; the square's saved base is their difference.

    Where the prediction left an activation that saved its result, the target is what is missing.
    """
    sides = [child is not None for child, _ in subtraction.next_functions]
    for found in path[: path.index(subtraction)]:
        if not readable(found):
            continue
        difference = getattr(found, "_saved_self", None)
        if difference is None or tuple(difference.shape) != shape_of(subtraction):
            continue
        reading.extra["difference"] = difference
        if sum(sides) == 1:
            reading.extra["sign"] = 1.0 if sides[0] else -1.0
        below = children(subtraction)
        kept = bool(below) and readable(below[0])
        result = getattr(below[0], "_saved_result", None) if kept else None
        if sum(sides) == 1 and result is not None and result.shape == difference.shape:
            prediction, apart = result.detach(), difference.detach()
            reading.output = prediction
            reading.target = prediction - apart if sides[0] else prediction + apart
        return


def _activations(path: list[Any]) -> list[str]:
    """Activations on a path from the loss to the model's last layer, nearest the loss first."""
    found = []
    for node in path:
        if node.name().startswith(PARAMETRIC):
            break
        name = ACTIVATIONS.get(node.name())
        if name is not None:
            found.append(name)
    return found
