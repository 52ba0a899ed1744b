from __future__ import annotations

import os
from typing import Iterator

import numpy as np
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import make_friedman1
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

SEED = int(os.environ.get("SEED", "0"))
torch.manual_seed(SEED)

X, y = make_friedman1(n_samples=3000, n_features=8, noise=0.8, random_state=SEED)
X = X.astype(np.float32) * 2 - 1
n_train = 2200
y_mean, y_std = y[:n_train].mean(), y[:n_train].std()
target = ((y - y_mean) / y_std).astype(np.float32)

baseline = TransformedTargetRegressor(LinearRegression()).fit(X[:n_train], y[:n_train])
print("linear baseline r2:", round(baseline.score(X[n_train:], y[n_train:]), 3))


def minibatches(a: np.ndarray, b: np.ndarray, size: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = torch.randperm(len(a)).numpy()
    for start in range(0, len(a), size):
        rows = order[start : start + size]
        yield torch.from_numpy(a[rows]), torch.from_numpy(b[rows])


class MLPRegressor(torch.nn.Module):
    def __init__(self, n_in: int, hidden: tuple[int, ...] = (64, 32)) -> None:
        super().__init__()
        sizes = (n_in, *hidden)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        self.output = torch.nn.Linear(sizes[-1], 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.nn.functional.elu(layer(x))
        return self.output(x)[:, 0]


model = MLPRegressor(X.shape[1])
huber = torch.nn.HuberLoss(delta=1.0)
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
decay = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.4)

for epoch in range(1, 51):
    model.train()
    losses = []
    for xb, yb in minibatches(X[:n_train], target[:n_train], 50):
        loss = huber(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    decay.step()
    if epoch % 10 == 0:
        print(f"epoch {epoch}: huber {np.mean(losses):.4f}")

model.eval()
with torch.inference_mode():
    prediction = model(torch.from_numpy(X[n_train:])).numpy() * y_std + y_mean
print(f"FINAL r2={r2_score(y[n_train:], prediction):.4f}")
