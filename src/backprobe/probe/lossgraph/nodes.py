# SPDX-License-Identifier: Apache-2.0
"""Nodes of autograd's graph: which are losses, activations, layers; how to walk from one down."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor
from torch.autograd.function import BackwardCFunction
from torch.nn import Parameter

from backprobe.probe.host import near

MAX_NODES = 20_000
"""Nodes of a graph that are walked over at most."""
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
    "ClampMinBackward0": "clamp",
    "ClampMaxBackward0": "clamp",
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
CHOOSING = (
    "MedianBackward", "MaxBackward", "MinBackward", "AmaxBackward", "AminBackward", "SortBackward",
    "TopkBackward", "KthvalueBackward", "WhereBackward",
)  # fmt: skip
"""Nodes of which the numbers are not those that they are given, all alike."""
ENDS = {"min": "least", "min_val": "least", "max": "most", "max_val": "most"}
"""What a clamp saves as its ends → what they are told as."""
REDUCTIONS = {0: "none", 1: "mean", 2: "sum"}
SINK = "_DDPSinkBackward"
"""Through it DDP hands on what a model puts out, where it looks for unused parameters."""
Readable = Callable[[Any], bool]
"""Whether the saved tensors of a node may be read."""


def children(node: Any) -> list[Any]:
    """The nodes that a node's gradient flows to, leaves left out, and DDP's seen through."""
    found = []
    for child, number in node.next_functions:
        if child is not None and child.name() == SINK:
            child = child.next_functions[number][0]
        if child is not None and not child.name().endswith("AccumulateGrad"):
            found.append(child)
    return found


def shape_of(node: Any) -> tuple[int, ...]:
    """Shape of the tensor that a node made, () where this torch does not tell."""
    metadata = getattr(node, "_input_metadata", None)
    try:
        return tuple(int(size) for size in metadata[0].shape) if metadata else ()
    except (RuntimeError, TypeError):  # symbolic sizes
        return ()


def loss_below(node: Any) -> Any:
    """A built-in loss node at or a few reshapes below a node."""
    for _ in range(6):
        if node.name() in LOSSES:
            return node
        below = children(node)
        if len(below) != 1 or node.name().startswith(PARAMETRIC):
            return None
        node = below[0]
    return None


def descend(node: Any) -> Iterator[Any]:
    """From a node down to the model's last layer, taking the branch with the largest tensors."""
    for _ in range(24):
        yield node
        if node.name().startswith(PARAMETRIC):
            return
        below = children(node)
        if not below:
            return
        node = max(below, key=lambda child: _elements(shape_of(child)))


def signed(number: Any) -> int:
    """An integer that autograd gives as an unsigned one of 64 bits."""
    value = int(number)
    return value - (1 << 64) if value >= 1 << 63 else value


def number_of(node: Any, name: str = "_saved_other") -> float | None:
    """The one number that a product or quotient was made with; None where a device holds it.

    Of a tensor that is learnt too: read as it is, so that torch warns nobody.
    """
    given: Any = getattr(node, name, None)
    if isinstance(given, Tensor):
        return float(given.detach()) if given.numel() == 1 and near(given) else None
    return float(given) if isinstance(given, (int, float)) else None


def _elements(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def until_product(path: list[Any]) -> list[Any]:
    """A path down to a product of two results: neither's activation bounds what comes of it."""
    for at, node in enumerate(path):
        if node.name().startswith("MulBackward") and len(children(node)) > 1:
            return path[:at]
    return path


def activations(path: list[Any]) -> list[str]:
    """Activations on a path from the loss to the model's last layer, nearest the loss first."""
    found = []
    for node in path:
        if node.name().startswith(PARAMETRIC):
            break
        name = ACTIVATIONS.get(node.name())
        if name is not None:
            found.append(name)
    return found


def ends(path: list[Any]) -> dict[str, float]:
    """The `least` and `most` of the first clamp on a path, where they are numbers."""
    for node in path:
        if node.name().startswith(PARAMETRIC):
            break
        if node.name().startswith(("ClampBackward1", "ClampM", "HardtanhBackward")):
            saved = {name: getattr(node, f"_saved_{name}", None) for name in ENDS}
            return {ENDS[k]: float(v) for k, v in saved.items() if isinstance(v, (int, float))}
    return {}


def leaves_of(results: Iterable[Tensor], most: int = MAX_NODES) -> list[Tensor]:
    """The leaf tensors that gradients of some results reach, from a walk of their whole graph.

    Arguments:
        results: where the walk begins.
        most: nodes that are walked over.
    """
    seen: set[Any] = set()
    pending = [result.grad_fn for result in results]
    found: list[Tensor] = []
    while pending and len(seen) < most:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        variable = getattr(node, "variable", None)
        if isinstance(variable, Tensor):
            found.append(variable)
        pending += [child for child, _ in node.next_functions]
    return found


def reaches_none(root: Any, known: Callable[[], Container[int]], most: int = MAX_NODES) -> bool:
    """Whether it is certain that a backward from a node gets to nothing that is trained.

    The walk ends at the first `Parameter`, which is a few nodes away where there is any.

    Arguments:
        root: the `grad_fn` of a loss.
        known: gives the ids of other tensors that are trained; asked where no `Parameter` is found.
        most: nodes that are walked over; behind more it is not certain.
    """
    seen: set[Any] = set()
    leaves: list[Tensor] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if len(seen) > most or isinstance(node, BackwardCFunction):  # it may hold any, unseen
            return False
        variable = getattr(node, "variable", None)
        if isinstance(variable, Parameter):
            return False
        if isinstance(variable, Tensor):
            leaves.append(variable)
        pending += [child for child, _ in node.next_functions]
    trained = known()
    return bool(leaves) and not any(id(leaf) in trained for leaf in leaves)
