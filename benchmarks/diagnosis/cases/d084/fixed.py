import os

import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Binary(nn.Module):
    def __init__(self, width=24, depth=6):
        super().__init__()
        blocks = []
        d = 2
        for _ in range(depth):
            blocks += [nn.Linear(d, width), nn.ReLU()]
            d = width
        self.net = nn.Sequential(*blocks)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(self.net(x)).squeeze(-1)


def main():
    x, y = make_moons(2400, noise=0.15, random_state=SEED)
    x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
    y = torch.tensor(y, dtype=torch.float32)
    loader = DataLoader(TensorDataset(x[:1800], y[:1800]), batch_size=30, shuffle=True)
    model = Binary()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(12):
        losses = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            losses += loss.item()
        print(f"epoch {epoch:2d} {losses / len(loader):.4f}")
    with torch.no_grad():
        acc = ((model(x[1800:]) > 0) == (y[1800:] > 0.5)).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
