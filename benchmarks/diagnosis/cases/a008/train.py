import math
import os
from dataclasses import dataclass, field
from typing import Optional

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


@dataclass
class Settings:
    window: int = 24
    horizon: int = 6
    epochs: int = 60
    lr: float = 1e-3
    batch_size: Optional[int] = None
    hidden: tuple = field(default=(64, 64))


def load_series(length: int) -> torch.Tensor:
    t = torch.arange(length, dtype=torch.float32)
    day = torch.sin(2 * math.pi * t / 24) * (1 + 0.5 * torch.sin(2 * math.pi * t / 168))
    peaks = 0.6 * torch.relu(torch.sin(2 * math.pi * t / 12 + 0.4)) ** 3
    drift = torch.cumsum(torch.randn(length) * 0.02, 0)
    drift = drift - torch.nn.functional.avg_pool1d(drift[None, None], 501, 1, 250, count_include_pad=False)[0, 0]
    return day + peaks + drift + 0.1 * torch.randn(length)


def windows(series: torch.Tensor, s: Settings):
    frames = series.unfold(0, s.window + s.horizon, 1)
    return frames[:, : s.window].contiguous(), frames[:, s.window :].contiguous()


class Forecaster(nn.Module):
    def __init__(self, s: Settings):
        super().__init__()
        sizes = [s.window, *s.hidden]
        self.body = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.head = nn.Linear(sizes[-1], s.horizon)

    def forward(self, x):
        for layer in self.body:
            x = nn.functional.silu(layer(x))
        return self.head(x)


def iterate(n: int, size: Optional[int]):
    yield from torch.randperm(n).split(size or n)


s = Settings()
series = load_series(6000)
xtr, ytr = windows(series[:4800], s)
xte, yte = windows(series[4800:], s)
model = Forecaster(s)
opt = torch.optim.Adam(model.parameters(), lr=s.lr)

for epoch in range(1, s.epochs + 1):
    running = 0.0
    for idx in iterate(len(xtr), s.batch_size):
        loss = nn.functional.mse_loss(model(xtr[idx]), ytr[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        running += loss.item() * len(idx)
    if epoch % 5 == 0:
        print(f"epoch {epoch:3d} mse {running / len(xtr):.4f}")

with torch.no_grad():
    r2 = 1 - ((model(xte) - yte) ** 2).mean() / yte.var()
print(f"FINAL r2={r2.item():.4f}")
