import os

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)

# friendships inside and between eight clubs
n = 400
club = rs.randint(0, 8, n)
prob = np.where(club[:, None] == club[None], 0.25, 0.01)
upper = np.triu(rs.rand(n, n) < prob, 1)
edges = np.argwhere(upper)
rs.shuffle(edges)
keep, hidden = edges[:-500], edges[-500:]
adj = torch.zeros(n, n)
adj[keep[:, 0], keep[:, 1]] = 1
adj = adj + adj.T + torch.eye(n)
inv = adj.sum(1).rsqrt()
adj = inv[:, None] * adj * inv[None]


def strangers(k):
    out = []
    while len(out) < k:
        i, j = sorted(rs.randint(0, n, 2))
        if i != j and not upper[i, j]:
            out.append((i, j))
    return np.array(out)


class Encoder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.features = nn.Parameter(0.1 * torch.randn(n, 32))
        self.w1 = nn.Linear(32, 32)
        self.w2 = nn.Linear(32, dim)

    def forward(self):
        h = torch.relu(adj @ self.w1(self.features))
        return adj @ self.w2(h)


class InnerProductDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, z, pairs):
        score = (z[pairs[:, 0]] * z[pairs[:, 1]]).sum(1) + self.bias
        return torch.sigmoid(score)


class LinkModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.decoder = InnerProductDecoder()

    def forward(self, pairs):
        return self.decoder(self.encoder(), pairs)

    def probability(self, pairs):
        return self(pairs)


model = LinkModel()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
pos = torch.tensor(keep)
for epoch in range(150):
    neg = torch.tensor(strangers(len(pos)))
    pairs = torch.cat([pos, neg])
    target = torch.cat([torch.ones(len(pos)), torch.zeros(len(neg))])
    loss = F.binary_cross_entropy_with_logits(model(pairs), target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 25 == 0:
        print(epoch, loss.item())

with torch.no_grad():
    p1 = model.probability(torch.tensor(hidden))
    p0 = model.probability(torch.tensor(strangers(500)))
acc = 0.5 * ((p1 > 0.5).float().mean() + (p0 <= 0.5).float().mean()).item()
print(f"FINAL accuracy={acc:.4f}")
