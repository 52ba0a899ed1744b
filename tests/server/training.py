# SPDX-License-Identifier: Apache-2.0
"""A small network really trained in numpy, whose run is written as the probe would write it.

The server must work where torch is not installed, so its tests make their records without it.
As a script it trains slowly in a process of its own: `python training.py STORE --name N …`.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprobe.records import Loss, Module, Optimizer, Parameter, Place, Run
from backprobe.store import catalog
from backprobe.store.reader import log_name
from backprobe.store.writer import LogWriter

Array = NDArray[np.float64]
WIDTHS = (8, 32, 32, 3)
HERE = Path(__file__).resolve()


class Network:
    """Linear layers with tanh between them, softmax and cross-entropy, plain SGD."""

    def __init__(self, seed: int, scale: float) -> None:
        self.random = np.random.default_rng(seed)
        self.weights = [
            self.random.normal(size=(m, n)) * scale / np.sqrt(n) for n, m in pairwise(WIDTHS)
        ]
        self.biases = [np.zeros(m) for m in WIDTHS[1:]]
        self.truth = self.random.normal(size=(WIDTHS[0], WIDTHS[-1]))

    def batch(self, rows: int) -> tuple[Array, NDArray[np.int64]]:
        """Inputs and the classes that a fixed nonlinear teacher gives them."""
        x = self.random.normal(size=(rows, WIDTHS[0]))
        return x, (np.sin(x) @ self.truth).argmax(1)

    def step(self, rows: int, rate: float) -> dict[str, Any]:
        """One step: the loss, gradients, outputs and updates as they were."""
        x, y = self.batch(rows)
        outputs, hidden = [], x
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = hidden @ w.T + b
            outputs.append(hidden)
            if k < len(self.weights) - 1:
                hidden = np.tanh(hidden)
                outputs.append(hidden)
        shifted = hidden - hidden.max(1, keepdims=True)
        logp = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        loss = -logp[np.arange(rows), y].mean()
        delta = (np.exp(logp) - np.eye(WIDTHS[-1])[y]) / rows
        gradients: list[Array] = []
        for k in reversed(range(len(self.weights))):
            below = x if k == 0 else outputs[2 * k - 1]
            gradients[:0] = [delta.T @ below, delta.sum(0)]
            if k:
                delta = (delta @ self.weights[k]) * (1 - below**2)
        tensors = [t for pair in zip(self.weights, self.biases, strict=True) for t in pair]
        before = [t.copy() for t in tensors]
        for tensor, gradient in zip(tensors, gradients, strict=True):
            tensor -= rate * gradient
        updates = [t - b for t, b in zip(tensors, before, strict=True)]
        accuracy = float((hidden.argmax(1) == y).mean())
        return {
            "loss": float(loss), "accuracy": accuracy, "outputs": outputs,
            "gradients": gradients, "weights": before, "updates": updates, "x": x, "y": y,
        }  # fmt: skip


def rms(tensor: Array) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(tensor.astype(np.float64) ** 2)))


def histogram(tensor: Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Occupied bins and their counts, as docs/reference/record.md lays the bins out."""
    x = tensor.ravel()
    exponent = np.frexp(np.where(x == 0, 1.0, x))[1] - 1
    inside = np.clip(exponent, -40, 23)
    bins = np.where(x < 0, 23 - inside, inside + 108)
    bins = np.where(exponent < -40, np.where(x < 0, 64, 67), bins)
    bins = np.where(x == 0, 66, bins)
    bins = np.where(np.isnan(x), 132, np.where(np.isinf(x), np.where(x < 0, 133, 134), bins))
    found, counts = np.unique(bins, return_counts=True)
    return found.astype(np.uint8), counts


def describe(writer: LogWriter) -> None:
    """Writes the structure of the network."""

    def at(line: int) -> list[Any]:
        return [str(HERE), line, HERE.read_text().splitlines()[line - 1].strip()]

    modules = [asdict(Module(0, "", "Network"))]
    parameters, places = [], []
    for k, (n, m) in enumerate(pairwise(WIDTHS)):
        settings = {"in_features": n, "out_features": m}
        layer = Module(k + 1, f"fc{k + 1}", "Linear", 0, 0, None, settings, calls=1)
        modules.append({**asdict(layer), "parameters": [2 * k, 2 * k + 1], "source": at(35)})
        for j, (name, shape) in enumerate([("weight", (m, n)), ("bias", (m,))]):
            parameter = Parameter(2 * k + j, f"fc{k + 1}.{name}", k + 1, shape, "float64")
            parameters.append({**asdict(parameter), "optimizer": 0, "group": 0})
        places.append(asdict(Place(2 * k, f"fc{k + 1}", "Linear", "", k + 1, 2 * k, (64, m))))
        if k < len(WIDTHS) - 2:
            tanh = Place(2 * k + 1, "", "tanh", "tanh", 0, 2 * k + 1, (64, m), (2 * k,))
            places.append({**asdict(tanh), "functional": True})
    writer.event("modules", items=modules)
    writer.event("parameters", items=parameters)
    writer.event("places", items=places)
    optimizer = Optimizer(0, "SGD", groups=({"lr": 0.1, "parameters": list(range(6))},))
    writer.event("optimizers", items=[{**asdict(optimizer), "source": at(47)}])
    loss = Loss(0, "cross_entropy", reduction="mean", classes=WIDTHS[-1])
    writer.event("losses", items=[{**asdict(loss), "source": at(56)}])


def train(
    directory: Path,
    steps: int = 120,
    seed: int = 0,
    rate: float = 0.1,
    scale: float = 1.0,
    delay: float = 0.0,
    rows: int = 64,
    finish: bool = True,
    environment: dict[str, Any] | None = None,
    **facts: Any,
) -> Run:
    """Trains and writes a run into the store; with `finish=False` it is left running.

    Arguments:
        directory: the store.
        delay: seconds to sleep after each step.
        environment: more of it than the interpreter and numpy.
        facts: fields of `Run` (`name`, `config` …).
    """
    facts.setdefault("command", ("python", "training.py"))
    run = catalog.create(directory, **{"cwd": str(HERE.parent), **facts})
    writer = LogWriter(Path(run.path) / log_name(0, os.getpid()))
    writer.event("process", rank=0, world=1, pid=os.getpid(), argv=["training.py"], main=str(HERE))
    describe(writer)
    packages = {"numpy": np.__version__}
    writer.event("environment", python="3.11", packages=packages, **(environment or {}))
    writer.event("blind-spot", text="No evaluation was seen.")
    network = Network(seed, scale)
    last: list[Array] | None = None
    for step in range(steps):
        began = time.time()
        with np.errstate(all="ignore"):  # a diverging training is one of the things to show
            seen = network.step(rows, rate)
            _write_step(writer, step, seen, last, rate, rows, began)
        last = seen["gradients"]
        if step % 10 == 0:
            text = f"step {step}: loss {seen['loss']:.4f}\n"
            writer.frame({"stream": "console", "fd": 1, "text": text})
        if delay:
            time.sleep(delay)
    writer.event("cost", seconds=0.01, elapsed=1.0, share=0.01)
    writer.event("end", exit_code=0)
    writer.close()
    return catalog.close(run, 0) if finish else run


def _write_step(
    writer: LogWriter,
    step: int,
    seen: dict[str, Any],
    last: list[Array] | None,
    rate: float,
    rows: int,
    began: float,
) -> None:
    def f32(*values: float) -> NDArray[np.float32]:
        return np.asarray([values], np.float32)

    at = np.asarray([step], np.int64)
    gradients, outputs = seen["gradients"], seen["outputs"]
    norm = np.sqrt(sum(float((g**2).sum()) for g in gradients))
    single = {"loss": seen["loss"], "lr": rate, "grad_norm": norm, "samples": float(rows),
              "time": began, "seconds": time.time() - began}  # fmt: skip
    columns = {"step": at, **{k: np.asarray([v], np.float64) for k, v in single.items()}}
    writer.frame({"stream": "steps"}, columns)
    before = last or [np.full_like(g, np.nan) for g in gradients]
    cosine = [
        float((g * h).sum() / (np.linalg.norm(g) * np.linalg.norm(h)))
        for g, h in zip(gradients, before, strict=True)
    ]
    writer.frame(
        {"stream": "parameters"},
        {
            "step": at,
            "index": np.arange(len(gradients)),
            "grad_rms": f32(*map(rms, gradients)),
            "grad_zero": f32(*(float((g == 0).mean()) for g in gradients)),
            "grad_nonfinite": f32(*(float((~np.isfinite(g)).mean()) for g in gradients)),
            "grad_cosine": f32(*cosine),
            "weight_rms": f32(*map(rms, seen["weights"])),
            "update_rms": f32(*map(rms, seen["updates"])),
        },
    )
    writer.frame(
        {"stream": "outputs"},
        {
            "step": at,
            "index": np.arange(len(outputs)),
            "out_rms": f32(*map(rms, outputs)),
            "out_zero": f32(*(float((o == 0).mean()) for o in outputs)),
            "out_saturated": f32(*(float((np.abs(o) > 0.97).mean()) for o in outputs)),
        },
    )
    if step == 0:
        _write_sample(writer, seen["x"], seen["y"])
    writer.row(step, {"train/loss": seen["loss"], "accuracy": seen["accuracy"]}, time.time())
    if step % 5 == 0:
        _write_units(writer, at, outputs)
        sets = [(0, gradients), (1, seen["weights"]), (2, seen["updates"]), (3, outputs)]
        found = [(q, i, *histogram(t)) for q, ts in sets for i, t in enumerate(ts)]
        writer.frame(
            {"stream": "histograms"},
            {
                "step": np.full(len(found), step),
                "quantity": np.asarray([q for q, *_ in found], np.uint8),
                "index": np.asarray([i for _, i, *_ in found]),
                "length": np.asarray([len(b) for _, _, b, _ in found]),
                "bins": np.concatenate([b for _, _, b, _ in found]),
                "counts": np.concatenate([c for *_, c in found]),
            },
        )


def _write_sample(writer: LogWriter, x: Array, y: NDArray[np.int64]) -> None:
    header = {"step": 0, "evaluation": 0, "rows": len(x), "shape": [x.shape[1]],
              "integer": False, "picture": False, "target_integer": True}  # fmt: skip
    columns = {"input": x[:8].astype(np.float32), "target": y[:8, None].astype(np.float32)}
    writer.frame({"stream": "samples", **header}, columns)


def _write_units(writer: LogWriter, at: NDArray[np.int64], outputs: list[Array]) -> None:
    saturated = [
        np.full(o.shape[1], np.nan) if k % 2 == 0 else (np.abs(o) > 0.97).mean(0)
        for k, o in enumerate(outputs)
    ]
    writer.frame(
        {"stream": "units"},
        {
            "step": np.repeat(at, len(outputs)),
            "index": np.arange(len(outputs)),
            "every": np.ones(len(outputs), np.int32),
            "length": np.asarray([o.shape[1] for o in outputs], np.uint8),
            "rms": np.concatenate([np.sqrt((o**2).mean(0)) for o in outputs]).astype(np.float32),
            "zero": np.concatenate([(o == 0).mean(0) for o in outputs]).astype(np.float16),
            "saturated": np.concatenate(saturated).astype(np.float16),
        },
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--name", default="live")
    parser.add_argument("--steps", type=int, default=100000)
    parser.add_argument("--delay", type=float, default=0.02)
    asked = parser.parse_args()
    train(asked.directory, asked.steps, delay=asked.delay, name=asked.name)
