import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = np.random.default_rng(SEED)


def spectra(n):
    """spectra with one absorption line; the target is its width times its depth"""
    grid = np.linspace(0, 1, 64)
    centre, width, depth = gen.uniform(0.3, 0.7, n), gen.uniform(0.03, 0.12, n), gen.uniform(0.5, 2, n)
    x = -depth[:, None] * np.exp(-((grid - centre[:, None]) / width[:, None]) ** 2) + gen.normal(0, 0.05, (n, 64))
    y = depth * width
    y = (y - 0.094) / 0.05
    return torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(y[:, None], dtype=torch.float32)


class LineNet(nn.Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.BatchNorm1d(16), nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2, padding=2), nn.BatchNorm1d(16), nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2, padding=2), nn.BatchNorm1d(16), nn.ReLU(),
        )
        self.head = nn.Linear(16 * 16, 1)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


train = DataLoader(TensorDataset(*spectra(1600)), batch_size=40, shuffle=True)
x_val, y_val = spectra(500)
model = LineNet()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
mse = nn.MSELoss()
for epoch in range(10):
    model.train()
    for x, y in train:
        loss = mse(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        val = mse(model(x_val), y_val).item()
    print(f"epoch {epoch} train {loss.item():.4f} val {val:.4f}")
print(f"FINAL r2={1 - val / y_val.var().item():.4f}")
