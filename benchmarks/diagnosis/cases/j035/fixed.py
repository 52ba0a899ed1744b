import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 40)

GLYPHS = {
    "L": ["X...", "X...", "X...", "X...", "XXXX"], "T": ["XXXX", ".XX.", ".XX.", ".XX.", ".XX."], "U": ["X..X", "X..X", "X..X", "X..X", "XXXX"],
    "F": ["XXXX", "X...", "XXX.", "X...", "X..."], "H": ["X..X", "X..X", "XXXX", "X..X", "X..X"], "O": ["XXXX", "X..X", "X..X", "X..X", "XXXX"],
    "Z": ["XXXX", "...X", ".XX.", "X...", "XXXX"], "I": [".XX.", ".XX.", ".XX.", ".XX.", ".XX."],
}
NAMES = sorted(GLYPHS)
SHAPES = np.stack([[[c == "X" for c in row] for row in GLYPHS[k]] for k in NAMES]).astype(float)


def scan(label):
    """A letter on a 14x14 page in grey levels 0 to 255, with uneven light and noise."""
    page = rng.normal(40, 15, (14, 14))
    big = np.kron(SHAPES[label], np.ones((2, 2)))
    r, c = rng.integers(0, 5), rng.integers(0, 7)
    page[r : r + 10, c : c + 8] += big * rng.uniform(110, 190)
    page *= np.linspace(rng.uniform(0.8, 1.1), rng.uniform(0.8, 1.1), 14)[None, :]
    return np.clip(page, 0, 255)


class Letters(Dataset):
    def __init__(self, n):
        self.y = rng.integers(0, len(NAMES), n)
        pages = np.stack([scan(k) for k in self.y])
        self.x = pages.astype(np.uint8)[:, None]  # small in memory

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return torch.from_numpy(self.x[i]).float() / 255.0, int(self.y[i])


net = nn.Sequential(
    nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3), nn.ReLU(),
    nn.Flatten(), nn.Linear(32 * 16, 64), nn.ReLU(), nn.Linear(64, len(NAMES)),
)
train_loader = DataLoader(Letters(2000), batch_size=50, shuffle=True)
test_loader = DataLoader(Letters(600), batch_size=200)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
lossfn = nn.CrossEntropyLoss()
for epoch in range(10):
    losses = []
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = lossfn(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        acc = sum((net(x).argmax(1) == y).sum().item() for x, y in test_loader) / 600
    print(f"epoch {epoch}: loss {np.mean(losses):.4f}, accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
