import os
from typing import Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


def housing(n: int, seed: int) -> Tuple[np.ndarray, np.ndarray]:
    r = np.random.default_rng(seed)
    area = r.uniform(30, 250, n)
    income = r.lognormal(10.5, 0.4, n)
    year = r.integers(1920, 2024, n)
    dist = r.exponential(8, n)
    price = 2.2 * area * (1 + 0.3 * np.tanh((income - 36000) / 15000)) * np.exp(-dist / 25) + 0.4 * (year - 1920)
    price += r.normal(size=n) * (2 + 0.08 * area)
    return np.column_stack([area, income, year, dist]).astype(np.float32), price.astype(np.float32)


class Standardize(nn.Module):
    def __init__(self, data: Tensor) -> None:
        super().__init__()
        self.register_buffer("shift", data.mean(0))
        self.register_buffer("scale", data.std(0))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.shift) / self.scale


class PriceModel(nn.Module):
    def __init__(self, x: Tensor, y: Tensor) -> None:
        super().__init__()
        self.x_norm, self.y_norm = Standardize(x), Standardize(y)
        self.body = nn.Sequential(nn.Linear(x.shape[1], 64), nn.Mish(), nn.Linear(64, 64), nn.Mish())
        self.mean, self.spread = nn.Linear(64, 1), nn.Linear(64, 1)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        h = self.body(self.x_norm(x))
        return self.mean(h).squeeze(1), softplus(self.spread(h)).squeeze(1) + 1e-3

    def nll(self, x: Tensor, y: Tensor) -> Tensor:
        m, s = self(x)
        z = (self.y_norm(y) - m) / s
        return (0.5 * z.square() + s.log()).mean()

    @torch.no_grad()
    def predict(self, x: Tensor) -> Tensor:
        return self(x)[0] * self.y_norm.scale + self.y_norm.shift


def main() -> None:
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    x, y = map(torch.from_numpy, housing(3000, 1))
    xt, yt = map(torch.from_numpy, housing(800, 2))
    model = PriceModel(x, y)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(16):
        total = 0.0
        for idx in torch.randperm(len(x)).split(75):
            optimizer.zero_grad()
            loss = model.nll(x[idx], y[idx])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item() * len(idx)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1:2d} nll {total / len(x):+.4f}")
    r2 = 1 - (model.predict(xt) - yt).square().mean() / yt.var()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
