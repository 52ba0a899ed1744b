import os
from dataclasses import dataclass

import torch
from accelerate import Accelerator
from sklearn.datasets import make_friedman1
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    epochs: int = 12
    batch_size: int = 64
    lr: float = 2e-3
    l2: float = 1e-5
    hidden: int = 64


def main():
    cfg = Settings()
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    X, y = make_friedman1(n_samples=3000, n_features=8, noise=0.5, random_state=seed)
    X = torch.tensor(X * 2 - 1, dtype=torch.float32)
    y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)
    train = TensorDataset(X[:2400], y[:2400])
    test_x, test_y = X[2400:], y[2400:]

    model = nn.Sequential(
        nn.Linear(8, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, 1)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    accelerator = Accelerator(cpu=True)
    model, optimizer, loader = accelerator.prepare(
        model, optimizer, DataLoader(train, batch_size=cfg.batch_size, shuffle=True)
    )

    for epoch in range(cfg.epochs):
        model.train()
        fit_total = 0.0
        for xb, yb in loader:
            fit = nn.functional.mse_loss(model(xb).squeeze(-1), yb)
            penalty = sum((p**2).sum() for p in model.parameters())
            accelerator.backward(fit + cfg.l2 * penalty)
            optimizer.step()
            optimizer.zero_grad()
            fit_total += fit.item()
        accelerator.print(f"epoch {epoch + 1}: fit {fit_total / len(loader):.4f}")

    model.eval()
    with torch.no_grad():
        pred = model(test_x).squeeze(-1)
        r2 = 1 - ((pred - test_y) ** 2).sum() / ((test_y - test_y.mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
