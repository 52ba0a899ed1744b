# SPDX-License-Identifier: Apache-2.0
"""Complex parameters are measured as the pairs of real numbers that they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from backprobe.probe.kernels import native
from tests.probe.settings import Watch, twice


class Spectral(nn.Module):
    """A layer that weighs the lowest frequencies, as Fourier neural operators have them."""

    def __init__(self) -> None:
        super().__init__()
        self.lift = nn.Linear(1, 4)
        self.weight = nn.Parameter(torch.randn(4, 4, 6, dtype=torch.cfloat) / 4)
        self.last = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[rows, points] → [rows, points]."""
        waves = torch.fft.rfft(self.lift(x[..., None]).transpose(1, 2))[:, :, :6]
        mixed = torch.einsum("bix,iox->box", waves, self.weight)
        return self.last(torch.fft.irfft(mixed, n=x.shape[1]).transpose(1, 2))[..., 0]


def rms(x: torch.Tensor) -> float:
    """Of the real and imaginary parts together."""
    x = x.detach().resolve_conj()
    return float((torch.view_as_real(x) if x.is_complex() else x).double().square().mean().sqrt())


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("conjugate", [False, True])
def test_complex_weights(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, compiled: bool, conjugate: bool
) -> None:
    """Gradients, weights and updates have both parts in them, also where a part is only marked."""
    if not compiled:
        monkeypatch.setattr(native, "library", lambda: None)
        monkeypatch.setattr(native, "quick", lambda: None)

    def make() -> Any:
        torch.manual_seed(0)
        net = Spectral()
        # torch's own Adam refuses gradients that are only marked as conjugate.
        kind = torch.optim.SGD if conjugate else torch.optim.Adam
        optimizer = kind(net.parameters(), lr=0.01)
        x = torch.randn(8, 32)

        def train() -> Any:
            seen = []
            for _ in range(5):
                optimizer.zero_grad()
                (net(x) - x.roll(1, 1)).square().mean().backward()
                if conjugate:
                    for p in net.parameters():
                        p.grad = p.grad.conj() if p.is_complex() else p.grad  # type: ignore[union-attr]
                before = net.weight.detach().clone()
                gradient = rms(net.weight.grad)  # type: ignore[arg-type]
                optimizer.step()
                seen.append((gradient, rms(before), rms(net.weight - before)))
            return seen

        return train, [net]

    found = twice(watch, make)
    record = found.record
    number = next(k for k, p in enumerate(record.parameters) if p.name == "weight")
    series = record.parameters_series
    for name, k in (("grad_rms", 0), ("weight_rms", 1), ("update_rms", 2)):
        wanted = [one[k] for one in found.watched]
        assert np.allclose(series.values[name][:, number], wanted, rtol=1e-4), name
