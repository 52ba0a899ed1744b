import os

import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
VIEWERS, FILMS, K = 150, 120, 3

taste = rng.normal(size=(VIEWERS, K))
style = rng.normal(size=(FILMS, K))
mood = 0.6 * rng.normal(size=VIEWERS)
fame = 0.8 * rng.normal(size=FILMS)
v = rng.integers(0, VIEWERS, 12000)
f = rng.integers(0, FILMS, 12000)
stars = 3.4 + mood[v] + fame[f] + 0.4 * (taste[v] * style[f]).sum(1) + 0.2 * rng.normal(size=12000)
weekday = rng.integers(0, 7, 12000)
columns = torch.tensor(np.column_stack([v, f, weekday]))
ratings = torch.tensor(stars - stars.mean(), dtype=torch.float32)


class RatingNet(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.viewer = nn.Embedding(VIEWERS, dim)
        self.film = nn.Embedding(FILMS, dim)
        self.day = nn.Embedding(7, dim)
        self.mlp = nn.Sequential(nn.Linear(2 * dim, 48), nn.ReLU(), nn.Linear(48, 1))

    def forward(self, cols):
        film = self.film(cols[:, 1])
        day = self.day(cols[:, 2])
        return self.mlp(torch.cat([film, day], dim=1)).flatten()


model = RatingNet()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=0.05)
loss_fn = nn.MSELoss()
for epoch in range(14):
    perm = torch.randperm(10000)
    running = 0.0
    for chunk in perm.chunk(80):
        optimizer.zero_grad()
        loss = loss_fn(model(columns[chunk]), ratings[chunk])
        loss.backward()
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch + 1}: rmse {(running / 80) ** 0.5:.3f}")

with torch.no_grad():
    rest = model(columns[10000:]) - ratings[10000:]
print(f"FINAL r2={1 - (rest.pow(2).mean() / ratings[10000:].var()).item():.4f}")
