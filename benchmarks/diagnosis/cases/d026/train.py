import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F


def checkers(n, rng):
    p = rng.uniform(-1, 1, (n, 2))
    c = ((np.floor(p[:, 0] * 2) + np.floor(p[:, 1] * 2)) % 2).astype(int)
    return torch.tensor(p, dtype=torch.float32) * 1.7, torch.tensor(c)


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 64)
        self.b = nn.Linear(64, 64)
        self.c = nn.Linear(64, 2)

    def forward(self, p):
        h = F.relu(self.a(p))
        h = F.relu(self.b(h))
        return self.c(h)


def run():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    x, y = checkers(2560, rng)
    xt, yt = checkers(1000, rng)
    net = Field()
    optim = torch.optim.Adam(net.parameters(), lr=5e-3)
    for epoch in range(20):
        optim.zero_grad()
        order = torch.randperm(2560)
        total = 0.0
        for i in range(0, 2560, 64):
            rows = order[i:i + 64]
            loss = F.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optim.step()
            total += loss.item()
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1} loss {total / 40:.4f}")
    with torch.no_grad():
        acc = (net(xt).argmax(1) == yt).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


run()
