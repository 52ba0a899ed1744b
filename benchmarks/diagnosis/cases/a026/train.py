import os
from typing import Callable, Sequence

import numpy as np
import torch
from sklearn.datasets import load_diabetes, make_friedman2
from torch import Tensor, nn


class WaveLayer(nn.Module):
    def __init__(self, n_in: int, n_out: int, act: Callable[[Tensor], Tensor] = torch.sin, w0: float = 30.0):
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.act, self.w0 = act, w0

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.w0 * self.linear(x))


class Surrogate(nn.Module):
    """Stands in for a slow circuit simulation."""

    def __init__(self, widths: Sequence[int], act: Callable[[Tensor], Tensor], **layer_options):
        super().__init__()
        self.hidden = nn.ModuleList(WaveLayer(a, b, act, **layer_options) for a, b in zip(widths, widths[1:]))
        self.final = nn.Linear(widths[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.hidden:
            x = layer(x)
        return self.final(x)


def simulation(n: int, seed: int):
    x, y = make_friedman2(n, noise=10.0, random_state=seed)
    x = (x - x.min(0)) / (x.max(0) - x.min(0)) * 2 - 1
    return torch.tensor(x, dtype=torch.float32), torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)[:, None]


def main():
    seed = int(os.environ.get("SEED", "0"))
    torch.manual_seed(seed)
    x, y = simulation(2500, seed)
    train, test = slice(0, 2000), slice(2000, None)
    model = Surrogate([4, 48, 48, 48], torch.tanh)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    history = []
    for epoch in range(20):
        model.train()
        for idx in torch.randperm(2000).split(50):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x[train][idx]), y[train][idx])
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1}: mse {np.mean(history[-40:]):.4f}")
    model.eval()
    with torch.no_grad():
        residual = y[test] - model(x[test])
    print(f"FINAL r2={1 - residual.var().item() / y[test].var().item():.4f}")


if __name__ == "__main__":
    main()
