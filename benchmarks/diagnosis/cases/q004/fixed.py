import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = np.random.RandomState(SEED + 3)


def bird_songs(n, bands=20, frames=24):
    """Small spectrograms of four species that differ in pitch and in the slope of their chirp."""
    species = gen.randint(0, 4, n)
    spec = gen.rand(n, bands, frames).astype("float32") * 0.8
    slopes = [0.35, -0.35, 0.0, 0.0]
    for k in range(n):
        s = species[k]
        start = gen.randint(2, 10)
        base = gen.uniform(-2.5, 2.5) + (5, 8, 11, 14)[s]
        for t in range(9):
            f = base + slopes[s] * (t - 4) + (2.0 * np.sin(1.6 * t) if s == 3 else 0.0)
            f = int(np.clip(round(f), 0, bands - 1))
            spec[k, f, start + t] += 0.9
    return torch.from_numpy(spec), torch.from_numpy(species)


class AttentionPool(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Linear(dim, 1)

    def forward(self, h):
        w = torch.softmax(self.score(h), dim=1)
        return (w * h).sum(1)


class SongNet(nn.Module):
    def __init__(self, bands=20, n_species=4):
        super().__init__()
        self.conv1 = nn.Conv1d(bands, 48, 5, padding=2)
        self.conv2 = nn.Conv1d(48, 64, 5, padding=2)
        self.pool = AttentionPool(64)
        self.fc1 = nn.Linear(64, 64)
        self.fc2 = nn.Linear(64, n_species)
        self.drop1 = nn.Dropout(p=0.4)
        self.drop2 = nn.Dropout(p=0.5)

    def forward(self, x):
        h = torch.relu(self.conv1(x))
        h = self.drop1(h)
        h = torch.relu(self.conv2(h))
        h = self.pool(h.transpose(1, 2))
        h = self.drop2(torch.relu(self.fc1(h)))
        return self.fc2(h)


train_x, train_y = bird_songs(1600)
test_x, test_y = bird_songs(600)
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=32, shuffle=True)
net = SongNet()
optimizer = torch.optim.Adam(net.parameters(), lr=1.5e-3)
loss_fn = nn.CrossEntropyLoss()

for epoch in range(14):
    net.train()
    seen = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        optimizer.step()
        seen += loss.item()
    net.eval()
    with torch.no_grad():
        acc = (net(test_x).argmax(1) == test_y).float().mean().item()
    print(f"{epoch:2d} loss {seen / len(loader):.4f} test {acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
