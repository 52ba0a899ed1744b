# SPDX-License-Identifier: Apache-2.0
"""The rows that a run keeps of its first batches: whose they are, how few, and how to have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backprobe.probe import samples
from backprobe.records import Record
from backprobe.store.frames import Frame
from backprobe.store.reader import RunReader

Watch = Callable[..., Record]


def kept(record: Record) -> list[Frame]:
    """The frames of the stream `samples` of a run."""
    reader = RunReader(record.run)
    reader.refresh()
    (log,) = reader.logs.values()
    return log.assembled.samples


def trained(watch: Watch, model: nn.Module, x: Tensor, y: Tensor, loss: Any) -> Record:
    """Two steps, an evaluation, and another step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    def train() -> None:
        step()
        step()
        model.eval()
        with torch.no_grad():
            loss(model(x + 1 if x.is_floating_point() else x), y)
        model.train()
        step()

    return watch(train, model)


def test_the_first_rows_of_each_phase_are_kept_once(watch: Watch) -> None:
    """A table as it is, with the targets that its loss was given."""
    torch.manual_seed(0)
    x, y = torch.randn(32, 5), torch.randint(0, 3, (32,))
    record = trained(watch, nn.Sequential(nn.Linear(5, 3)), x, y, nn.CrossEntropyLoss())
    first, evaluated = kept(record)
    assert first.header["evaluation"] == 0
    assert first.header["rows"] == 32
    assert first.header["shape"] == [5]
    assert np.array_equal(first.columns["input"], x[: samples.ROWS].numpy())
    assert first.columns["target"].ravel().tolist() == y[: samples.ROWS].tolist()
    assert first.header["target_integer"]
    assert evaluated.header["evaluation"] == 1
    assert np.array_equal(evaluated.columns["input"], (x[: samples.ROWS] + 1).numpy())


def test_pictures_are_bytes_of_bounded_size(watch: Watch) -> None:
    """A picture of 200 pixels a side keeps one in four; black and white are its ends."""
    torch.manual_seed(0)
    x, y = torch.rand(12, 3, 200, 100) * 4 - 2, torch.randn(12, 1)
    model = nn.Sequential(
        nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 1)
    )
    frame = kept(trained(watch, model, x, y, nn.MSELoss()))[0]
    pixels = frame.columns["input"]
    assert frame.header["picture"]
    assert pixels.shape == (8, 3, 50, 25)
    assert pixels.dtype == np.uint8
    low, high = frame.header["low"], frame.header["high"]
    assert np.allclose(low + pixels / 255 * (high - low), x[:8, :, ::4, ::4].numpy(), atol=0.01)


def test_tokens_stay_whole_numbers(watch: Watch) -> None:
    """Rows of a text are its first tokens, with a target a token."""
    x = torch.arange(10 * 300).reshape(10, 300)
    model = nn.Sequential(nn.Embedding(3000, 4), nn.Linear(4, 3))
    y = torch.randint(0, 3, (10 * 300,))
    record = trained(watch, model, x, y, lambda out, target: _tokenwise(out, target))
    frame = kept(record)[0]
    assert frame.header["integer"]
    assert frame.columns["input"].shape == (8, samples.NUMBERS)
    assert np.array_equal(frame.columns["input"], x[:8, : samples.NUMBERS].numpy())
    assert np.array_equal(
        frame.columns["target"], y.reshape(10, 300)[:8, : samples.TARGETS].numpy()
    )


def _tokenwise(out: Tensor, target: Tensor) -> Tensor:
    return nn.functional.cross_entropy(out.flatten(0, 1), target)


def test_none_are_kept_where_none_are_wanted(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """`BACKPROBE_SAMPLES=0`; and a trial, whose data are those of its run."""
    x, y = torch.randn(32, 5), torch.randn(32, 1)
    for name, value in (("BACKPROBE_SAMPLES", "0"), ("BACKPROBE_TRIAL", '{"seed": 0}')):
        with monkeypatch.context() as patched:
            patched.setenv(name, value)
            record = trained(watch, nn.Sequential(nn.Linear(5, 1)), x, y, nn.MSELoss())
            assert kept(record) == []


@pytest.mark.parametrize(
    ("shape", "dtype", "picture"),
    [
        ((4, 28, 28), torch.float32, True),
        ((4, 28, 28), torch.uint8, True),
        ((4, 28, 28), torch.int64, False),
        ((4, 1, 28, 20), torch.float32, True),
        ((4, 28, 20, 3), torch.float32, True),
        ((4, 20, 64), torch.float32, False),
        ((4, 16, 28, 28), torch.float32, False),
        ((4, 3, 2, 2), torch.float32, False),
        ((4,), torch.float32, False),
    ],
)
def test_what_is_a_picture(shape: tuple[int, ...], dtype: torch.dtype, picture: bool) -> None:
    """One to four planes of a size to look at, first or last; a square of levels alone too."""
    rows, found = samples.part(torch.ones(shape, dtype=dtype))
    assert found is picture
    assert rows.dim() == (4 if picture else 2)
    assert len(rows) == 4


def test_odd_values_have_a_pixel() -> None:
    """NaN and infinities neither fail nor widen the range."""
    header: dict[str, Any] = {}
    odd = np.array([[[[np.nan, np.inf, -np.inf, 1.0, 2.0]]]], np.float32)
    found = samples._pixels(header, odd)
    assert header == {"low": 1.0, "high": 2.0}
    assert found["input"].ravel().tolist() == [0, 255, 0, 0, 255]
