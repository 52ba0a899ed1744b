# SPDX-License-Identifier: Apache-2.0
"""The treatments that rules name, one line each; every string is valid after `--treat`."""

from __future__ import annotations

from collections.abc import Mapping

TREATMENTS: Mapping[str, str] = {
    "add-activation=relu": "puts a ReLU after each hidden layer that has no activation",
    "align-shapes": "reshapes the target to the prediction's shape before the loss",
    "batch-size=32": "serves batches of 32 rows",
    "batch-size=64": "serves batches of 64 rows",
    "batchnorm=on": "puts a normalisation before each hidden activation",
    "class-weights": "weights the classes by their rarity",
    "clip-gradients=1.0": "clips the global gradient norm before each step",
    "drop-nonfinite-rows": "leaves out rows whose inputs or targets are NaN or infinite",
    "drop-output-activation": "feeds the loss what comes before the last softmax or sigmoid",
    "dropout=0.2": "sets every dropout to 0.2",
    "dropout=off": "switches every dropout off",
    "initialize=he": "draws the weights anew: He for ReLU layers, LeCun or Glorot elsewhere",
    "momentum=0.9": "sets the momentum, or Adam's first beta, to 0.9",
    "normalize-gradient-sum": "divides accumulated gradients by the number of backward passes",
    "optimize-all": "gives the optimizer the trainable parameters that it lacks",
    "scale-lr=0.01": "a hundredth of the learning rate",
    "scale-lr=0.1": "a tenth of the learning rate",
    "scale-lr=10": "ten times the learning rate",
    "scale-lr=100": "a hundred times the learning rate",
    "shuffle": "serves the training rows in random order",
    "standardize-inputs": "brings inputs to mean 0 and std 1, feature by feature",
    "standardize-targets": "brings targets to mean 0 and std 1",
    "step-optimizer": "calls `optimizer.step()` after each backward pass",
    "swap-activation=leaky_relu": "replaces hidden activations by LeakyReLU",
    "swap-activation=relu": "replaces hidden activations by ReLU",
    "swap-loss=bce-with-logits": "binary cross entropy on raw scores",
    "swap-loss=cross-entropy": "cross entropy on raw scores",
    "swap-optimizer=adam": "the same parameters under Adam with lr 1e-3",
    "train-mode": "puts the model in train mode before each training forward",
    "unfreeze": "sets `requires_grad` on every parameter",
    "weight-decay=0": "sets every weight decay to 0",
    "weight-decay=0.01": "sets every weight decay to 0.01",
    "zero-grad": "clears the gradients before each step's first backward pass",
}
"""`NAME` or `NAME=VALUE` → what it changes. Another value of the same name is valid as well."""
