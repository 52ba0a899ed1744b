# SPDX-License-Identifier: Apache-2.0
"""The inputs: finite, on one scale, features that vary, rows that differ, in no order."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from backprobe.experiments.checks.subject import Subject
from backprobe.report.checks import Check, Status

RMS = (0.06, 5.0)
"""Of inputs that train well: as the rule inputs-not-normalized has it."""
SPREAD = 50.0
"""Largest feature's std over the median one: as of that rule."""
CONSTANT_SHARE = 0.5
"""Pictures have black borders; where half of all features never vary, most weights are idle."""
LEAST_ROWS = 64
"""Fewer rows say nothing of a feature."""
REPEATED = 0.2
"""Share of rows that are there already; oversampling and small grids repeat rows on purpose."""
MANY = 64
"""Whole numbers a row, such as pixels or one-hot columns, of which few rows are alike by chance."""
OVERLAP = 0.05
"""Share of held-out rows that are trained on."""
CHANCE = 1e-4
"""That rows of a shuffled loader come in such an order."""


def values(subject: Subject) -> list[Check]:
    """No NaN or infinity among inputs and targets."""
    found = []
    for name, tensor in (("inputs", subject.inputs()), ("targets", subject.targets())):
        if tensor is None or not tensor.is_floating_point():
            continue
        bad = ~torch.isfinite(tensor)
        rows = int(bad.reshape(len(tensor), -1).any(1).sum())
        if rows:
            found.append(
                Check(
                    "finite-data",
                    "fail",
                    f"{rows} of {len(tensor)} rows",
                    "none",
                    f"{name} hold NaN or infinity: one such row makes every weight NaN. Leave "
                    "those rows out, or fill them in.",
                )
            )
    if found:
        return found
    tensor = subject.inputs()
    if tensor is None:
        return [_skipped("finite-data", "batches hold no tensors of one shape")]
    return [Check("finite-data", "pass", f"{len(tensor)} rows finite", "all finite")]


def scale(subject: Subject) -> list[Check]:
    """Inputs near unit scale, features alike."""
    x = subject.inputs()
    if x is None or not x.is_floating_point():
        kind = "no tensors of one shape" if x is None else f"ids of type {_kind(x)}"
        return [_skipped("input-scale", f"the inputs are {kind}: they have no scale")]
    x = x[torch.isfinite(x.reshape(len(x), -1)).all(1)].float()
    if not len(x):
        return [_skipped("input-scale", "no row is finite")]
    rms = float(x.square().mean().sqrt())
    facts = {"mean": float(x.mean()), "std": float(x.std()), "type": _kind(x)}
    status: Status = "pass" if RMS[0] <= rms <= RMS[1] or _normalised_first(subject) else "warn"
    message = (
        f"mean {facts['mean']:.3g}, std {facts['std']:.3g}: the first layer's outputs and "
        "gradients have the scale of the inputs. Subtract the mean and divide by the standard "
        "deviation of the training rows."
    )
    found = [
        Check("input-scale", status, f"rms {rms:.3g}", f"{RMS[0]} to {RMS[1]}", message, facts)
    ]
    if x.dim() == 2 and x.shape[1] > 1 and len(x) >= LEAST_ROWS:
        deviations = x.std(0)
        varying = deviations[deviations > 0]
        if len(varying) > 1:
            spread = float(varying.max() / varying.median())
            bad = spread > SPREAD and not _normalised_first(subject)
            column = int(deviations.argmax())
            found.append(
                Check(
                    "feature-scales",
                    "warn" if bad else "pass",
                    f"largest {spread:.3g} x median",
                    f"below {SPREAD:g} x",
                    f"feature {column} has a standard deviation of {float(varying.max()):.3g}, the "
                    f"median one {float(varying.median()):.3g}: it drowns the others. Standardise "
                    "each feature.",
                )
            )
    return found


def features(subject: Subject) -> list[Check]:
    """Features that vary, and are not there twice."""
    x = subject.inputs()
    if x is None or not x.is_floating_point() or len(x) < LEAST_ROWS or x.dim() < 2:
        return [_skipped("features", f"fewer than {LEAST_ROWS} rows of numbers were seen")]
    flat = x.reshape(len(x), -1)
    constant = (flat == flat[0]).all(0)
    share = float(constant.float().mean())
    name = "pixels" if x.dim() == 4 else "features"
    border = _border(x)
    found = [
        Check(
            "constant-features",
            "warn" if share > CONSTANT_SHARE else "pass",
            f"{int(constant.sum())} of {flat.shape[1]} {name}",
            f"below {CONSTANT_SHARE:.0%}",
            f"{share:.0%} of the {name} never vary{border}: they carry nothing. Drop them, or look "
            "whether the data were read as they are.",
            {"constant": int(constant.sum()), "of": flat.shape[1]},
        )
    ]
    if x.dim() == 2:
        found.append(_twins(flat, ~constant))
    return found


def rows(subject: Subject) -> list[Check]:
    """Rows that differ, and that are not in the held-out set too."""
    if not subject.rows:
        why = "where one pass over the data ends is not known: a row may be served again"
        return [_skipped("duplicate-rows", why)]
    x = subject.inputs(subject.first_pass())
    if x is None or x[0].numel() < 4 or (x[0].numel() < MANY and _whole(x)):
        return [_skipped("duplicate-rows", "rows hold too little to tell them apart")]
    keys = _keys(x)
    repeated = 1.0 - len(set(keys)) / len(keys)
    status: Status = "warn" if repeated > REPEATED else "pass"
    found = [
        Check(
            "duplicate-rows",
            status,
            f"{repeated:.1%} of {len(keys)}",
            f"below {REPEATED:.0%}",
            "rows are there more than once: they weigh more, and a random split puts copies into "
            "both halves. Leave the copies out, unless they are meant.",
        )
    ]
    held = subject.inputs(subject.held_out) if subject.held_out else None
    if held is not None and held.shape[1:] == x.shape[1:]:
        known = set(keys)
        shared = sum(key in known for key in _keys(held)) / len(held)
        found.append(
            Check(
                "overlap",
                "fail" if shared > OVERLAP else "pass",
                f"{shared:.1%} of the held-out rows",
                f"below {OVERLAP:.0%}",
                "rows that the network is judged by are trained on: the score says how well it "
                "remembers. Split before anything is copied or augmented.",
            )
        )
    return found


def order(subject: Subject) -> list[Check]:
    """Targets in no order."""
    y = subject.targets()
    if y is None or (y.dim() != 1 and y.numel() != len(y)) or len(subject.batches) < 4:
        return [_skipped("order", "fewer than 4 batches with one target a row were seen")]
    if any(isinstance(b.target, Tensor) and len(b.target) != b.rows for b in subject.batches):
        return [_skipped("order", "targets are of parts of rows, such as tokens of a sequence")]
    if subject.shuffles:
        return [Check("order", "pass", "shuffled by the loader", "in no order")]
    values = y.reshape(-1).double()
    if not bool(torch.isfinite(values).all()) or float(values.std()) == 0:
        return [_skipped("order", "all targets are alike")]
    z = values - values.mean()
    # lag-one autocorrelation is normal with std 1 / sqrt(n) for rows in no order (Bartlett, 1946)
    correlation = float((z[1:] * z[:-1]).sum() / (z * z).sum())
    chance = math.erfc(max(0.0, correlation) * math.sqrt(len(values)) / math.sqrt(2.0))
    ordered = chance < CHANCE and correlation > 0.3
    return [
        Check(
            "order",
            "warn" if ordered else "pass",
            f"autocorrelation {correlation:.2f}",
            "near 0",
            "rows with like targets follow each other: batches pull the weights one way and then "
            "another. Give the DataLoader shuffle=True.",
        )
    ]


def _twins(flat: Tensor, varying: Tensor) -> Check:
    """Pairs of features that are equal in every row, though they vary in more than a few."""
    columns = flat.T[varying]
    common = torch.mode(columns, dim=1).values if len(columns) else columns[:0, 0]
    often = (columns != common[:, None]).float().mean(1) > 0.05
    kept = columns[often].cpu()
    seen: dict[bytes, int] = {}
    pairs = 0
    for column in kept:
        key = column.contiguous().numpy().tobytes() if column.dtype != torch.bfloat16 else b""
        pairs += key in seen
        seen[key] = 1
    return Check(
        "duplicated-features",
        "warn" if pairs else "pass",
        f"{pairs} of {flat.shape[1]}",
        "none",
        "features are copies of others: they add weights and no information. Drop them, or look "
        "whether one was overwritten.",
    )


def _border(x: Tensor) -> str:
    """How wide a frame of constant pixels is, in words; "" where there is none."""
    if x.dim() != 4:
        return ""
    constant = (x == x[:1]).all(0).all(0)
    rows, columns = constant.all(1), constant.all(0)
    top = int((~rows).float().argmax()) if not bool(rows.all()) else len(rows)
    left = int((~columns).float().argmax()) if not bool(columns.all()) else len(columns)
    return f", a frame of {top} rows and {left} columns among them" if top or left else ""


def _keys(x: Tensor) -> list[int]:
    flat = x.reshape(len(x), -1).detach().cpu()
    flat = flat.float() if flat.dtype == torch.bfloat16 else flat
    array = flat.numpy()
    return [hash(row.tobytes()) for row in array]


def _normalised_first(subject: Subject) -> bool:
    """Whether the first layer that is called normalises, so that the inputs' scale is undone."""
    first = next(
        (m for m in subject.model.modules() if next(m.parameters(recurse=False), None) is not None),
        None,
    )
    return first is not None and "norm" in type(first).__name__.lower()


def _whole(x: Tensor) -> bool:
    """Whether all numbers are whole: rows of few categories repeat by chance."""
    return not x.is_floating_point() or bool((x == x.round()).all())


def _kind(x: Tensor) -> str:
    return str(x.dtype).removeprefix("torch.")


def _skipped(name: str, why: str) -> Check:
    return Check(name, "skipped", message=why)
