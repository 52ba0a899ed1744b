import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))


def runes(n, s=16):
    clean = np.zeros((n, 1, s, s), np.float32)
    for i in range(n):
        stem = rng.integers(5, 11)
        clean[i, 0, 2:14, stem] = 1
        for _ in range(rng.integers(1, 4)):
            y, side, slope = rng.integers(3, 10), rng.choice([-1, 1]), rng.choice([-1, 0, 1])
            for k in range(5):
                clean[i, 0, np.clip(y + slope * k, 0, s - 1), np.clip(stem + side * k, 0, s - 1)] = 1
    noisy = np.clip(clean + rng.normal(0, 0.4, clean.shape), 0, 1).astype(np.float32)
    return torch.from_numpy(noisy), torch.from_numpy(clean)


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1), nn.ReLU())
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(24, 12, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(12, 1, 4, stride=2, padding=1), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


train_loader = DataLoader(TensorDataset(*runes(1500)), batch_size=50, shuffle=True)
noisy, clean = runes(300)
model = Denoiser()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(10):
    total = 0.0
    for x, target in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), target)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: {total / len(train_loader):.4f}")

with torch.no_grad():
    r2 = 1 - (model(noisy) - clean).pow(2).sum() / (clean - clean.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
