import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

STAGES = ["wake", "rem", "light", "deep", "move"]
RATE = {"wake": 0.45, "rem": 0.3, "light": 0.2, "deep": 0.08, "move": 0.6}


class Nights(Dataset):
    """Half a night as 60 epochs of 8 samples; the stage sets rhythm and amplitude."""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.stage = np.zeros((n, 60), dtype=np.int64)
        self.wave = np.zeros((n, 60 * 8), dtype=np.float32)
        for i in range(n):
            t = s = 0
            while t < 60:
                s = (s + rng.integers(1, 5)) % 5
                hold = rng.integers(4, 14)
                self.stage[i, t : t + hold] = s
                t += hold
            f = np.repeat(np.array([RATE[k] for k in STAGES])[self.stage[i]], 8)
            amp = np.repeat(np.array([0.8, 0.6, 0.9, 1.5, 1.2])[self.stage[i]], 8)
            self.wave[i] = amp * np.sin(2 * np.pi * np.cumsum(f)) + rng.normal(0, 0.3, 480)

    def __len__(self):
        return len(self.stage)

    def __getitem__(self, i):
        return torch.from_numpy(self.wave[i][None]), torch.from_numpy(self.stage[i])


class SleepNet(nn.Module):
    def __init__(self, width=24, classes=5):
        super().__init__()
        self.encode = nn.Sequential(nn.Conv1d(1, width, 8, stride=8), nn.ReLU())
        self.context = nn.Sequential(
            nn.Conv1d(width, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU(),
            nn.Conv1d(width, width, 5, padding=2), nn.BatchNorm1d(width), nn.ReLU(),
        )
        self.head = nn.Conv1d(width, classes, 1)

    def forward(self, x):
        return self.head(self.context(self.encode(x)))


def step_loss(criterion, scores, stage):
    return criterion(scores.transpose(1, 2).reshape(-1, scores.size(1)), stage.view(-1))


model = SleepNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train_loader = DataLoader(Nights(400, 1), batch_size=16, shuffle=True)
test_loader = DataLoader(Nights(120, 2), batch_size=40)
for epoch in range(12):
    model.train()
    losses = []
    for wave, stage in train_loader:
        loss = step_loss(criterion, model(wave), stage)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1:2d} loss {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    hits = sum((model(w).argmax(1) == s).float().sum().item() for w, s in test_loader)
print(f"FINAL accuracy={hits / (120 * 60):.4f}")
