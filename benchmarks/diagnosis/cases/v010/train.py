import os
from typing import Dict

import numpy as np
import torch
from torch import Tensor, nn

SEED = int(os.environ.get("SEED", 0))


def assay_table(n: int, rng: np.random.Generator):
    """Descriptors (n, 30) and five assays (n, 5); two thirds of the assays were never run (NaN)."""
    x = rng.normal(size=(n, 30))
    hidden = np.tanh(x @ np.random.default_rng(5).normal(0, 0.3, (30, 8)))
    y = hidden @ np.random.default_rng(6).normal(0, 0.5, (8, 5))
    full = y + rng.normal(0, 0.1, y.shape)
    measured = np.where(rng.random(y.shape) < 0.34, full, np.nan)
    return tuple(torch.tensor(a, dtype=torch.float32) for a in (x, measured, full))


class MultiTaskNet(nn.Module):
    def __init__(self, n_in: int, tasks: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(n_in, 96), nn.LayerNorm(96), nn.SiLU(), nn.Linear(96, 48), nn.SiLU())
        self.heads = nn.ModuleDict({f"assay{k}": nn.Linear(48, 1) for k in range(tasks)})

    def forward(self, x: Tensor) -> Tensor:
        h = self.shared(x)
        return torch.cat([head(h) for head in self.heads.values()], dim=1)


class MaskedMSE(nn.Module):
    """Mean squared error over the entries that exist."""

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        known = ~torch.isnan(target)
        return (pred[known] - target[known]).pow(2).mean()


def main() -> Dict[str, float]:
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    x, y, _ = assay_table(3000, rng)
    x_test, _, y_test = assay_table(600, rng)
    model, loss_fn = MultiTaskNet(30, 5), MaskedMSE()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    for epoch in range(30):
        model.train()
        losses = []
        for idx in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            loss = loss_fn(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: masked mse {np.mean(losses):.4f}")
    model.eval()
    with torch.no_grad():
        err = (model(x_test) - y_test).pow(2).mean(0)
    return {"r2": float((1 - err / y_test.var(0, unbiased=False)).mean())}


if __name__ == "__main__":
    print(f"FINAL r2={main()['r2']:.4f}")
