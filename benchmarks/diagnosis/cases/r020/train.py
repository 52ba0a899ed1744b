import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class ClickStream(IterableDataset):
    """Endless log of visits; every visit is read once and never again."""

    def __init__(self, limit, seed):
        self.limit, self.rng = limit, np.random.default_rng(seed)

    def __iter__(self):
        for _ in range(self.limit):
            path = self.rng.integers(2, 30, 10)
            score = -1.2 + 1.4 * (path == 7).any() + 1.2 * (path < 6).sum() - 1.5 * ((path[1:] > 24) & (path[:-1] > 24)).any() + 0.8 * (path[-1] < 12)
            bought = np.float32(score + self.rng.logistic(0, 0.25) > 1)
            yield torch.from_numpy(path), bought


class Visits(nn.Module):
    def __init__(self):
        super().__init__()
        self.page = nn.Embedding(30, 24)
        self.conv = nn.Conv1d(24, 48, 2)
        self.fc = nn.Sequential(nn.Linear(48 + 24, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, path):
        e = self.page(path)
        c = F.relu(self.conv(e.transpose(1, 2))).amax(2)
        return self.fc(torch.cat([c, e.mean(1)], 1)).squeeze(1)


loader = DataLoader(ClickStream(50000, SEED), batch_size=64)
model = Visits()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=780)
window = []
for step, (path, bought) in enumerate(loader):
    loss = F.binary_cross_entropy_with_logits(model(path), bought.float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    window.append(loss.item())
    if step % 130 == 129:
        print(f"visits {64 * (step + 1)} loss of the last window {np.mean(window):.4f}")
        window = []

rows = list(ClickStream(3000, SEED + 1000))
path, bought = torch.stack([p for p, _ in rows]), torch.tensor([float(b) for _, b in rows])
with torch.no_grad():
    acc = ((model(path) > 0).float() == bought).float().mean().item()
print(f"bought in {bought.mean().item():.3f} of all visits")
print(f"FINAL accuracy={acc:.4f}")
