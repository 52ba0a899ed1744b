# SPDX-License-Identifier: Apache-2.0
"""The table of treatments: their names, the values they take, and the file of each. No torch here.

`backprobe run --treat NAME[=VALUE]` and the rules speak of treatments by these strings.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

ACTIVATIONS = (
    "relu",
    "leaky_relu",
    "relu6",
    "elu",
    "selu",
    "gelu",
    "silu",
    "mish",
    "tanh",
    "sigmoid",
    "softplus",
    "identity",
)
"""What hidden activations can be swapped for."""
OUTPUTS = ("sigmoid", "softmax", "log_softmax", "tanh", "softplus", "relu")
"""What can be put at the output."""
LOSSES = ("cross-entropy", "bce-with-logits", "mse", "l1", "huber")
OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SCHEMES = (
    "he",
    "lecun",
    "glorot",
    "he-uniform",
    "lecun-uniform",
    "glorot-uniform",
    "orthogonal",
    "lsuv",
    "default",
)
SCHEDULES = ("none", "cosine", "onecycle", "warmup-cosine")


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    Arguments:
        module: file in `backprobe.treatments` that holds its `build`.
        kind: what the value is: "none", "positive" (a number > 0), "share" (0 to 1), "whole" (a
            whole number >= 1), "number" (>= 0), "sweep" (LOW:HIGH:STEPS), "path" (of a file, with
            `:N` for a number of layers), or the words that may be given.
        default: the value where none is given; None where one must be.
        line: what it changes.
    """

    module: str
    kind: str | tuple[str, ...]
    default: str | None
    line: str


TABLE: Mapping[str, Entry] = {
    "accumulate": Entry("accumulate", "whole", "4", "one step for so many batches"),
    "add-activation": Entry(
        "add_activation", ACTIVATIONS, "relu", "an activation after each hidden layer without one"
    ),
    "add-output-activation": Entry(
        "add_output_activation", OUTPUTS, "sigmoid", "an activation at the output"
    ),
    "align-shapes": Entry("align_shapes", "none", "", "the target in the prediction's shape"),
    "batch-first": Entry("batch_first", "none", "", "recurrent layers read [batch, time, …]"),
    "batch-size": Entry("batch_size", "whole", None, "the batch size of training loaders"),
    "batchnorm": Entry(
        "batchnorm", ("on", "off"), "on", "a batch norm before each hidden activation, or none"
    ),
    "blank-inputs": Entry("blank_inputs", "none", "", "inputs of zeros: what the data give"),
    "bypass-augmentation": Entry(
        "bypass_augmentation", "none", "", "data sets' random transforms left out"
    ),
    "class-weights": Entry("class_weights", "none", "", "classes weighted by their rarity"),
    "clip-gradients": Entry("clip_gradients", "positive", "1.0", "the global gradient norm, bound"),
    "clip-value": Entry("clip_value", "positive", "1.0", "each gradient component, bound"),
    "drop-nonfinite-rows": Entry(
        "drop_nonfinite_rows", "none", "", "rows with NaN or infinity left out"
    ),
    "drop-output-activation": Entry(
        "drop_output_activation", "none", "", "the loss gets what comes before the last squashing"
    ),
    "dropout": Entry("dropout", "share", "off", "every dropout's probability; `off` is 0"),
    "dropout-after-norm": Entry(
        "dropout_after_norm", "none", "", "dropout after the norm that it stands before"
    ),
    "eval-mode": Entry("eval_mode", "none", "", "eval mode in forwards that evaluate"),
    "freeze-batch": Entry("freeze_batch", "none", "", "a loader's first batch, again and again"),
    "guard-numerics": Entry(
        "guard_numerics", "none", "", "log, sqrt, division and exp kept in their domain"
    ),
    "head-size": Entry("head_size", "whole", None, "the number of outputs"),
    "ignore-detach": Entry("ignore_detach", "none", "", "`detach` and `.data` let gradients pass"),
    "ignore-no-grad": Entry(
        "ignore_no_grad", "none", "", "`no_grad` in a forward lets gradients pass"
    ),
    "initialize": Entry("initialize", SCHEMES, "he", "weights drawn anew by what follows a layer"),
    "invert-mask": Entry("invert_mask", "none", "", "attention masks turned round"),
    "last-layer": Entry("last_layer", ("zero", "small"), "small", "small weights at the output"),
    "layernorm": Entry(
        "layernorm", ("on", "off"), "on", "a layer norm before each hidden activation, or none"
    ),
    "lr": Entry("lr", "positive", None, "the learning rate itself, no schedule"),
    "lr-sweep": Entry("lr_sweep", "sweep", "1e-6:10:100", "a rate that rises from step to step"),
    "maxout": Entry("maxout", "none", "", "the larger of two layers for each hidden activation"),
    "momentum": Entry("momentum", "share", None, "momentum, or Adam's first beta"),
    "no-regularization": Entry(
        "no_regularization", "none", "", "no dropout, weight decay or label smoothing"
    ),
    "norm-order": Entry(
        "norm_order", ("before", "after"), "before", "batch norm before the activation, or after"
    ),
    "normalize-gradient-sum": Entry(
        "normalize_gradient_sum", "none", "", "accumulated gradients divided by their number"
    ),
    "optimize-all": Entry("optimize_all", "none", "", "the optimizer gets what it lacks"),
    "permute-targets": Entry("permute_targets", "none", "", "targets shuffled within a batch"),
    "pretrained": Entry("pretrained", "path", None, "early layers from a file of weights"),
    "prior-bias": Entry("prior_bias", "none", "", "the output begins at the targets' mean"),
    "relu-bias": Entry("relu_bias", "positive", "0.1", "a small positive bias before each ReLU"),
    "scale-inputs": Entry("scale_inputs", "positive", None, "inputs times a factor"),
    "scale-loss": Entry("scale_loss", "positive", None, "the loss times a factor"),
    "scale-lr": Entry("scale_lr", "positive", None, "the learning rate times a factor"),
    "schedule": Entry("schedule", SCHEDULES, "cosine", "another learning-rate schedule"),
    "shuffle": Entry("shuffle", "none", "", "training rows in random order"),
    "skip-nonfinite-steps": Entry(
        "skip_nonfinite_steps", "none", "", "no step where a gradient is NaN or infinite"
    ),
    "standardize-inputs": Entry("standardize_inputs", "none", "", "inputs of mean 0 and std 1"),
    "standardize-targets": Entry("standardize_targets", "none", "", "targets of mean 0 and std 1"),
    "step-optimizer": Entry("step_optimizer", "none", "", "`optimizer.step()` after each backward"),
    "swap-activation": Entry("swap_activation", ACTIVATIONS, "relu", "every hidden activation"),
    "swap-loss": Entry("swap_loss", LOSSES, None, "another loss function"),
    "swap-optimizer": Entry("swap_optimizer", OPTIMIZERS, "adam", "another optimizer"),
    "train-longer": Entry("train_longer", "whole", "3", "so many times the training"),
    "train-mode": Entry("train_mode", "none", "", "train mode in forwards with gradients"),
    "unfreeze": Entry("unfreeze", "none", "", "`requires_grad` on every parameter"),
    "warmup": Entry("warmup", "whole", "100", "the learning rate rises over so many steps"),
    "weight-decay": Entry("weight_decay", "number", None, "the weight decay of every group"),
    "width": Entry("width", "positive", None, "hidden layers so many times as wide"),
    "zero-grad": Entry("zero_grad", "none", "", "gradients cleared before each step's backward"),
}
"""Name → its row, sorted."""


def parse(text: str) -> tuple[str, str]:
    """Name and value of a treatment; the default value where none is given.

    Raises:
        ValueError: no such treatment, or a value that it can't take; the text says what it takes.
    """
    name, equals, value = text.strip().partition("=")
    entry = TABLE.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, TABLE, 3)
        meant = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(TABLE)}"
        raise ValueError(f"no treatment {name!r}; {meant}")
    if not equals:
        if entry.default is None:
            raise ValueError(f"{name} needs a value: {name}={expected(entry.kind)}")
        value = entry.default
    if not _fits(entry.kind, value.strip()):
        raise ValueError(f"{name}={value}; expected {name}={expected(entry.kind)}")
    return name, value.strip()


def canonical(text: str) -> str:
    """The string in its one form: the value written out, no blanks.

    Raises:
        ValueError: as `parse`.
    """
    name, value = parse(text)
    return f"{name}={value}" if value else name


def number(value: str) -> float:
    """The number that a value stands for; `off` is 0."""
    return 0.0 if value == "off" else float(value)


def sweep(value: str) -> tuple[float, float, int]:
    """LOW, HIGH and STEPS of a sweep.

    Raises:
        ValueError: it is no `LOW:HIGH:STEPS` with 0 < LOW < HIGH and two steps or more.
    """
    low, high, steps = value.split(":")
    found = float(low), float(high), int(steps)
    if not 0 < found[0] < found[1] < float("inf") or found[2] < 2:
        raise ValueError(value)
    return found


def _fits(kind: str | tuple[str, ...], value: str) -> bool:
    if isinstance(kind, tuple):
        return value in kind
    if kind == "none":
        return value == ""
    if kind == "path":
        return value != ""
    try:
        if kind == "sweep":
            return sweep(value)[2] > 1
        amount = number(value)
    except ValueError:
        return False
    if not 0 <= amount < float("inf"):
        return False
    limits = {
        "positive": amount > 0,
        "share": amount < 1,
        "whole": amount >= 1 and amount == int(amount),
        "number": True,
    }
    return limits[kind]


def expected(kind: str | tuple[str, ...]) -> str:
    """What a value of a kind looks like, in words."""
    if isinstance(kind, tuple):
        return "|".join(kind)
    return {
        "none": "(no value)",
        "positive": "a number above 0",
        "share": "a number from 0 to below 1, or off",
        "whole": "a whole number from 1",
        "number": "a number from 0, or off",
        "sweep": "LOW:HIGH:STEPS, such as 1e-6:10:100",
        "path": "a file of weights, or FILE:N for its first N layers",
    }[kind]
