import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)


def spectra(n, width=64):
    grid = np.linspace(0, 1, width)
    height = rng.uniform(0.5, 2, (n, 3, 1))
    place = rng.uniform(0.1, 0.9, (n, 3, 1))
    peaks = (height * np.exp(-0.5 * ((grid - place) / 0.05) ** 2)).sum(1)
    x = peaks - peaks.mean(1, keepdims=True)
    noisy = x + 0.35 * rng.randn(n, width)
    return torch.tensor(noisy, dtype=torch.float32), torch.tensor(x, dtype=torch.float32)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(64, 96), nn.ELU(), nn.Linear(96, 24), nn.ELU())
        self.decode = nn.Sequential(nn.Linear(24, 96), nn.ELU(), nn.Linear(96, 64))

    def forward(self, x):
        return self.decode(self.encode(x))


net = Denoiser()
loader = DataLoader(TensorDataset(*spectra(3000)), batch_size=64, shuffle=True)
test_noisy, test_clean = spectra(600)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=20.0)
for epoch in range(25):
    sse = 0.0
    for noisy, clean in loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(noisy), clean)
        loss.backward()
        optimizer.step()
        sse += loss.item()
    print(epoch, "mse", round(sse / len(loader), 4))

with torch.no_grad():
    residual = ((net(test_noisy) - test_clean) ** 2).sum()
    r2 = 1 - residual / ((test_clean - test_clean.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
