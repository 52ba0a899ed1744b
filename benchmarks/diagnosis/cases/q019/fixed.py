import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def make_slides(n):
    """A slide is a bag of 12 tiles; it is positive if at least one tile shows a ring-shaped cell."""
    yy, xx = np.mgrid[:10, :10]
    tiles = rng.normal(0, 0.25, (n, 12, 1, 10, 10)).astype("float32")
    y = (rng.random(n) < 0.5).astype("float32")
    for i in range(n):
        rings = rng.integers(1, 3) if y[i] else 0
        for k in range(12):
            c = rng.uniform(3, 6, 2)
            d = np.sqrt((yy - c[0]) ** 2 + (xx - c[1]) ** 2)
            blob = np.exp(-(d - 2.6) ** 2 / 0.8) if k < rings else np.exp(-d ** 2 / 5.0)
            tiles[i, k, 0] += blob * rng.uniform(0.8, 1.2)
    return tiles, y


class TileEncoder(nn.Module):
    def __init__(self, out=16):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, 12, 3), nn.ReLU(), nn.Conv2d(12, 16, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(16, out))

    def forward(self, t):
        return self.net(t)


class Aggregator(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(dim, 16), nn.Tanh(), nn.Linear(16, 1))
        self.cls = nn.Linear(dim, 1)

    def forward(self, bag):
        a = torch.softmax(self.gate(bag), dim=-2)
        return self.cls((a * bag).sum(-2)).squeeze(-1)


class SlideModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = TileEncoder()
        self.aggregator = Aggregator()

    def forward(self, slides):
        bags = []
        for tiles in slides:
            feats = self.encoder(torch.from_numpy(tiles))
            bags.append(feats)
        return self.aggregator(torch.stack(bags))


train_tiles, train_y = make_slides(400)
test_tiles, test_y = make_slides(300)
model = SlideModel()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)

for epoch in range(18):
    model.train()
    order = rng.permutation(len(train_y))
    losses = []
    for i in range(0, len(order), 20):
        pick = order[i:i + 20]
        loss = F.binary_cross_entropy_with_logits(model(train_tiles[pick]), torch.from_numpy(train_y[pick]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    hit = ((model(test_tiles) > 0).numpy() == (test_y > 0.5)).mean()
print(f"FINAL accuracy={hit:.4f}")
