import os
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Batch(NamedTuple):
    x: Tensor
    price: Tensor
    days: Tensor
    sold: Tensor


def make(n: int, seed: int) -> Batch:
    r = np.random.default_rng(seed)
    x = r.normal(size=(n, 9))
    quality = np.tanh(x[:, 0] + 0.5 * x[:, 1]) + 0.4 * x[:, 2] * x[:, 3]
    price = 0.05 * (quality + 0.5 * x[:, 4]) + r.normal(0, 0.005, n)
    days = 2.0 * quality - x[:, 5] + r.normal(0, 1.0, n)
    sold = (quality + 0.3 * x[:, 6] + r.logistic(0, 0.3, n) > 0).astype("float32")
    f = lambda a: torch.tensor(a, dtype=torch.float32)
    return Batch(f(x), f(price), f(days), f(sold))


class MultiTask(nn.Module):
    def __init__(self, pretraining: bool = False) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(9, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU())
        self.price = nn.Linear(64, 1)
        self.days = nn.Linear(64, 1)
        self.sold = nn.Linear(64, 1)
        # only for runs that also rebuild masked features
        self.rebuild = nn.Linear(64, 9)
        self.pretraining = pretraining
        self.log_var = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.trunk(x)
        if self.pretraining:
            self.extra = self.rebuild(h)
        return self.price(h).squeeze(-1), self.days(h).squeeze(-1), self.sold(h).squeeze(-1)


def losses(model: MultiTask, b: Batch) -> Tensor:
    price, days, sold = model(b.x)
    parts = torch.stack([
        0.5 * (price - b.price).pow(2).mean(),
        0.5 * (days - b.days).pow(2).mean(),
        nn.functional.binary_cross_entropy_with_logits(sold, b.sold),
    ])
    # homoscedastic uncertainty weighting
    return (torch.exp(-model.log_var) * parts + 0.5 * model.log_var).sum()


def r2(p: Tensor, y: Tensor) -> float:
    return 1 - ((p - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item()


def run() -> None:
    train, test = make(3000, 5), make(1000, 6)
    model = MultiTask()
    opt = torch.optim.Adam([
        {"params": [p for n, p in model.named_parameters() if n != "log_var"], "lr": 2e-3},
        {"params": [model.log_var], "lr": 2e-2},
    ])
    for epoch in range(20):
        for idx in torch.randperm(3000).split(60):
            loss = losses(model, Batch(*(t[idx] for t in train)))
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 4 == 0:
            print(f"{epoch:2d} loss {loss.item():+.4f} log variances {[round(v, 2) for v in model.log_var.tolist()]}")
    with torch.no_grad():
        price, days, sold = model(test.x)
        acc = ((sold > 0).float() == test.sold).float().mean().item()
    print(f"price r2 {r2(price, test.price):.4f} days r2 {r2(days, test.days):.4f} sold accuracy {acc:.4f}")
    print(f"FINAL mean_score={(r2(price, test.price) + r2(days, test.days) + acc) / 3:.4f}")


if __name__ == "__main__":
    run()
