# SPDX-License-Identifier: Apache-2.0
"""The compiled kernel and the torch fallback give NumPy's numbers."""

from __future__ import annotations

from collections import deque

import numpy as np
import pytest
import torch

from backprobe.probe.kernels import native, through_torch
from backprobe.probe.outputs import Meter, Outputs
from backprobe.probe.parameters import DTYPES, ParameterSet
from backprobe.probe.transfer import Transfers
from backprobe.records import Place

AWKWARD = [0.0, -0.0, 1e-45, -1e-40, 1e-13, -1e-13, 3.5, -7.25, 2.0**24, -(2.0**30), 1e20, -3e38]
SPECIAL = [float("nan"), float("inf"), float("-inf")]


def reference(values: np.ndarray) -> np.ndarray:
    """Mean, RMS, extremes over the finite elements, fractions zero and non-finite."""
    wide = values.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    rms = np.sqrt((finite * finite).mean())
    return np.array(
        [
            finite.mean(),
            rms,
            finite.min(),
            finite.max(),
            (wide == 0).mean(),
            1 - len(finite) / len(wide),
        ]
    )


def sample(dtype: torch.dtype, size: int) -> torch.Tensor:
    """Numbers with zeros, a NaN and both infinities among them."""
    generator = torch.Generator().manual_seed(size)
    x = torch.randn(size, generator=generator, dtype=torch.float64) * 3 + 1
    x[::7] = 0
    for k, value in enumerate(SPECIAL):
        if size > 20:
            x[5 * k + 1] = value
    return x.to(dtype)


@pytest.mark.parametrize("dtype", list(DTYPES))
@pytest.mark.parametrize("size", [1, 21, 4096, 10_001])
def test_six_matches_numpy(dtype: torch.dtype, size: int) -> None:
    """Both kernels agree with NumPy for every dtype, with zeros, NaN and infinities inside."""
    x = sample(dtype, size)
    expected = reference(x.double().numpy())
    assert np.allclose(through_torch.six(x).numpy(), expected, rtol=2e-5, atol=1e-6)
    library = native.library()
    assert library is not None, "no C compiler: the compiled kernel is not tested"
    out = np.zeros(6, np.float32)
    library.bp_full(x.data_ptr(), x.numel(), DTYPES[dtype], out.ctypes.data)
    assert np.allclose(out, expected, rtol=2e-5, atol=1e-6)


def test_sums_leave_the_range_of_a_float() -> None:
    """The RMS of values near 1e25 is right, although their squares overflow a float."""
    x = torch.full((5000,), 1e25)
    out = np.zeros(6, np.float32)
    native.library().bp_full(x.data_ptr(), x.numel(), 0, out.ctypes.data)  # type: ignore[union-attr]
    assert np.allclose(out[:4], 1e25, rtol=1e-4)


def test_all_nonfinite_gives_nan() -> None:
    """A tensor without one finite element has no mean, and a non-finite fraction of 1."""
    x = torch.full((10,), float("nan"))
    out = np.zeros(6, np.float32)
    native.library().bp_full(x.data_ptr(), x.numel(), 0, out.ctypes.data)  # type: ignore[union-attr]
    assert np.isnan(out[:4]).all()
    assert out[5] == 1
    assert np.isnan(through_torch.six(x).numpy()[:4]).all()


def expected_bin(x: float) -> int:
    """The bin by the words of docs/reference/record.md."""
    if np.isnan(x):
        return 132
    if np.isinf(x):
        return 133 if x < 0 else 134
    if x == 0:
        return 66
    if abs(x) < 2.0**-126:
        return 65
    exponent = int(np.floor(np.log2(np.float64(abs(x)))))
    if exponent < -40:
        return 64 if x < 0 else 67
    exponent = min(exponent, 23)
    return 23 - exponent if x < 0 else 108 + exponent


def test_bins_follow_the_specification() -> None:
    """Histogram bins of both kernels are those that the record's specification names."""
    x = torch.tensor(AWKWARD + SPECIAL + [2.0**e for e in range(-45, 30)], dtype=torch.float32)
    x = torch.cat([x, -x])
    wanted = np.bincount([expected_bin(float(v)) for v in x.numpy()], minlength=native.BINS)
    assert (through_torch.bins(x, native.BINS).numpy() == wanted).all()
    parameter = torch.nn.Parameter(x.clone())
    parameter.grad = x.clone()
    measured = ParameterSet([parameter], [0])
    measured.before(histograms=True)
    measured.after(histograms=True)
    assert measured.block is not None
    gradient, weight, update = measured.block.waiting()
    assert (gradient == wanted).all()
    assert (weight == wanted).all()
    finite = np.count_nonzero(np.isfinite(x.numpy()))
    assert (update[66], update[132]) == (finite, len(x) - finite)


@pytest.mark.parametrize(
    ("shape", "channels_first"),
    [
        ((64, 32), False),
        ((7,), False),
        ((4, 9, 16), False),
        ((8, 6, 5, 5), True),
        ((3, 5000), False),
    ],
)
@pytest.mark.parametrize("activation", ["relu", "tanh", ""])
def test_output_signals_agree(
    shape: tuple[int, ...], channels_first: bool, activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The compiled output kernel and the torch one give the same signals and histogram total."""
    torch.manual_seed(0)
    x = torch.randn(shape) * 1.5
    if activation:
        x = torch.relu(x) if activation == "relu" else torch.tanh(x)
    place = Place(0, "layer", "Any", activation=activation)
    outputs = Outputs()
    fast = outputs.add(place, channels_first)
    slow = outputs.add(place, channels_first)
    monkeypatch.setattr(slow, "_kernel", None)
    for step in range(12):
        outputs.commit(step, deque())
        fast.measure(x, True)
        slow.measure(x, True)
    assert slow.late is not None
    out = row(fast)
    assert np.allclose(out, slow.late.numpy(), rtol=1e-3, atol=1e-5, equal_nan=True)
    assert outputs.block is not None
    assert outputs.block.waiting().sum() > 0
    if x.numel() <= 16_384:
        assert np.allclose(out[:6], reference(x.numpy().ravel()), rtol=1e-4, atol=1e-5)
        units = x.transpose(0, 1).reshape(shape[1], -1) if channels_first else None
        if units is None and len(shape) > 1:
            units = x.reshape(-1, shape[-1]).T
        if units is not None:
            spread = float(units.double().var(dim=1, unbiased=False).mean().sqrt())
            assert np.isclose(out[6], spread, rtol=1e-3)


@pytest.mark.parametrize("shape", [(64, 32), (7, 1), (900, 40), (6, 5, 7, 3), (3, 5000)])
def test_the_histogram_of_an_output_counts_the_elements_read(shape: tuple[int, ...]) -> None:
    """Every so-manieth element that is read is counted, over rows and units, in its own bin."""
    x = torch.randn(shape) * torch.logspace(-3, 3, shape[-1])
    x[0] = 0
    x.view(-1)[1::11] = torch.tensor(SPECIAL * 3)[2]
    outputs = Outputs()
    meter = outputs.add(Place(0, "layer", "Any"), len(shape) == 4)
    meter.measure(x, True)
    meter.late = None
    read = meter._sample(x).reshape(-1)[:: meter.spec.bin_step].numpy()
    assert len(read) > 5
    wanted = np.bincount([expected_bin(float(v)) for v in read], minlength=native.BINS)
    assert outputs.block is not None
    assert outputs.block.waiting()[0].tolist() == wanted.tolist()


def row(meter: Meter) -> np.ndarray:
    """The signals that the compiled kernel has just written for a place."""
    block = meter._outputs.block
    assert block is not None
    return block.row[meter.row]


def values(measured: ParameterSet) -> np.ndarray:
    """What the step's store gets, whichever kernel measured."""
    found: list[np.ndarray] = []
    measured.store(Transfers(), lambda _where, rows, _squares: found.append(rows), None)
    return found[0]


def test_dead_units_need_several_batches() -> None:
    """A unit counts as dead after ten observed batches of silence, not after one."""
    meter = Outputs().add(Place(0, "act", "ReLU", activation="relu"), False)
    x = torch.rand(16, 4)
    x[:, 1] = 0
    for _ in range(9):
        meter.measure(x, False)
    assert np.isnan(row(meter)[8])
    meter.measure(x, False)
    assert row(meter)[8] == 0.25


@pytest.mark.parametrize("compiled", [True, False])
def test_parameter_signals(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradient, weight, update and cosine are those of a plain computation."""
    if not compiled:
        monkeypatch.setattr(native, "library", lambda: None)
    torch.manual_seed(1)
    parameter = torch.nn.Parameter(torch.randn(20, 25))
    measured = ParameterSet([parameter], [5])
    first = torch.randn(20, 25)
    parameter.grad = first.clone()
    measured.before(False)
    assert np.isnan(values(measured)[0, 12])
    second = first + 0.5 * torch.randn(20, 25)
    parameter.grad = second.clone()
    measured.before(False)
    weight = parameter.detach().clone()
    with torch.no_grad():
        parameter.sub_(0.1 * second)
    measured.after(False)
    row = values(measured)[0]
    assert np.allclose(row[:6], reference(second.numpy().ravel()), rtol=1e-5, atol=1e-7)
    assert np.allclose(row[6:10], reference(weight.numpy().ravel())[:4], rtol=1e-5)
    assert np.isclose(row[11], (0.1 * second).pow(2).mean().sqrt(), rtol=1e-4)
    cosine = torch.nn.functional.cosine_similarity(first.ravel(), second.ravel(), dim=0)
    assert np.isclose(row[12], cosine, rtol=1e-4)


@pytest.mark.parametrize("compiled", [True, False])
def test_update_from_a_sample(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large tensor the update's RMS is right to the sample's error (under 10 %)."""
    if not compiled:
        monkeypatch.setattr(native, "library", lambda: None)
    torch.manual_seed(2)
    parameter = torch.nn.Parameter(torch.randn(300, 400))
    measured = ParameterSet([parameter], [0])
    measured.before(False)
    change = torch.randn(300, 400) * 0.01
    with torch.no_grad():
        parameter.add_(change)
    measured.after(False)
    assert np.isclose(values(measured)[0, 11], change.pow(2).mean().sqrt(), rtol=0.1)


def test_sparse_and_strided_gradients() -> None:
    """A sparse embedding's gradient and a transposed one are read like dense ones."""
    table = torch.nn.Embedding(50, 4, sparse=True)
    table(torch.tensor([3, 3, 7])).sum().backward()
    dense = table.weight.grad.to_dense()  # type: ignore[union-attr]
    turned = torch.nn.Parameter(torch.randn(3, 5))
    turned.grad = torch.randn(5, 3).T
    measured = ParameterSet([table.weight, turned], [0, 1])
    measured.before(False)
    found = values(measured)
    assert np.allclose(found[0, :6], reference(dense.numpy().ravel()), rtol=1e-5)
    assert np.allclose(found[1, :6], reference(turned.grad.numpy().ravel()), rtol=1e-5)
