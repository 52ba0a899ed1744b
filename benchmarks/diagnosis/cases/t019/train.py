import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))


def parcels(n, gain=1.0, offset=0.0, s=14):
    """Symbols: arrow up, fragile bar, ring, cross, empty."""
    y = rng.integers(0, 5, n)
    a, b = np.mgrid[:s, :s]
    x = np.zeros((n, s, s))
    for i in range(n):
        u, v = rng.integers(5, 9, 2)
        d2 = (a - u) ** 2 + (b - v) ** 2
        if y[i] == 0:
            x[i] = (np.abs(b - v) <= (a - u + 3) / 2) & (np.abs(a - u) <= 3)
        elif y[i] == 1:
            x[i] = (np.abs(b - v) <= 1) & (np.abs(a - u) <= 4)
        elif y[i] == 2:
            x[i] = (d2 < 16) & (d2 > 5)
        elif y[i] == 3:
            x[i] = ((np.abs(a - u) < 1) | (np.abs(b - v) < 1)) & (d2 < 17)
    x = gain * (x + rng.normal(0, 0.25, x.shape)) + offset
    return torch.tensor(x, dtype=torch.float32).unsqueeze(1), torch.tensor(y)


model = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1, padding_mode="replicate", bias=False), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1, padding_mode="replicate", bias=False), nn.BatchNorm2d(24), nn.ReLU(), nn.AdaptiveMaxPool2d(2),
    nn.Flatten(), nn.Linear(96, 5),
)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()
train = DataLoader(TensorDataset(*parcels(1500)), batch_size=50, shuffle=True)
for epoch in range(7):
    for x, y in train:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: {loss.item():.4f}")

dark = DataLoader(TensorDataset(*parcels(800, gain=0.35, offset=-0.8)), batch_size=200, shuffle=True)


@torch.no_grad()
def score(loader):
    return np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in loader])


model.eval()
print(f"with stored statistics {score(dark):.3f}")
# the new hall has its own light: normalise by the statistics of each test batch
model.train()
print(f"FINAL accuracy={score(dark):.4f}")
