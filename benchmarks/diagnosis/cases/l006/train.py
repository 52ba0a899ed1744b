import os
from typing import Callable

import numpy as np
import torch
from sklearn.datasets import make_regression
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, random_split

TOWERS: dict[str, Callable[[int, int], nn.Module]] = {}


def register(name: str):
    def wrap(fn):
        TOWERS[name] = fn
        return fn
    return wrap


@register("mlp")
def mlp_tower(dim: int, out: int) -> nn.Module:
    return nn.Sequential(nn.Linear(dim, 32), nn.Tanh(), nn.Linear(32, out))


@register("linear")
def linear_tower(dim: int, out: int) -> nn.Module:
    return nn.Linear(dim, out)


class MultiTask(nn.Module):
    def __init__(self, n_in: int, trunk: int, tasks: dict[str, str]):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, trunk), nn.ReLU())
        self.towers = {task: TOWERS[kind](trunk, 1) for task, kind in tasks.items()}

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        shared = self.trunk(x)
        return {task: tower(shared).squeeze(-1) for task, tower in self.towers.items()}


class WeightedMSE(nn.Module):
    def __init__(self, weights: dict[str, float]):
        super().__init__()
        self.weights = weights

    def forward(self, out: dict[str, Tensor], target: Tensor) -> Tensor:
        parts = [w * (out[t] - target[:, k]).pow(2).mean() for k, (t, w) in enumerate(self.weights.items())]
        return torch.stack(parts).sum()


def r2(out, target):
    scores = []
    for k, task in enumerate(out):
        err = (out[task] - target[:, k]).pow(2).mean()
        scores.append(1 - err / target[:, k].var(unbiased=False))
    return torch.stack(scores).mean().item()


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    x, y = make_regression(n_samples=3000, n_features=20, n_informative=12, n_targets=3, noise=4.0, random_state=seed)
    y = y / y.std(0)
    y[:, 1] = np.sin(2 * y[:, 1]) * 1.4 + 0.8
    y[:, 2] = y[:, 2] * y[:, 0] - 0.5
    data = TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32))
    train, valid = random_split(data, [2400, 600], generator=torch.Generator().manual_seed(seed))

    model = MultiTask(20, 24, {"load": "linear", "flow": "mlp", "loss": "mlp"})
    criterion = WeightedMSE({"load": 1.0, "flow": 0.5, "loss": 0.5})
    optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
    loader = DataLoader(train, batch_size=32, shuffle=True)
    vx, vy = (torch.stack(c) for c in zip(*valid))
    for epoch in range(25):
        losses = []
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if epoch % 5 == 4:
            with torch.no_grad():
                print(f"epoch {epoch + 1:3d}  train {np.mean(losses):.4f}  valid r2 {r2(model(vx), vy):.4f}")
    with torch.no_grad():
        print(f"FINAL r2={r2(model(vx), vy):.4f}")


if __name__ == "__main__":
    main()
