"""Message passing over family trees: who is the common ancestor's clan?"""
import os
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)
DEPTH, CLANS, FEATS = 4, 4, 10


def tree():
    """Parent index of each node of a random tree of depth 4, the root first."""
    parent, level = [-1], [0]
    last = [0]
    for d in range(1, DEPTH + 1):
        new = []
        for p in last:
            for _ in range(rng.randint(1, 4)):
                new.append(len(parent))
                parent.append(p)
                level.append(d)
        last = new if len(new) < 12 else list(rng.choice(new, 12, replace=False))
    return np.array(parent), np.array(level)


def forest(n):
    xs, ys, src, dst, base = [], [], [], [], 0
    for _ in range(n):
        parent, level = tree()
        clan = rng.randint(CLANS)
        x = 0.3 * rng.randn(len(parent), FEATS)
        x[0, clan] += 1.5
        x[np.arange(len(level)), CLANS + level] += 1.0
        xs.append(x)
        ys.append(np.full(len(parent), clan))
        src.append(parent[1:] + base)
        dst.append(np.arange(1, len(parent)) + base)
        base += len(parent)
    edges = torch.tensor(np.stack([np.concatenate(src), np.concatenate(dst)]))
    return torch.tensor(np.concatenate(xs), dtype=torch.float32), edges, torch.tensor(np.concatenate(ys))


class SAGEConv(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.lin_self = nn.Linear(d_in, d_out)
        self.lin_parent = nn.Linear(d_in, d_out, bias=False)
        self.lin_child = nn.Linear(d_in, d_out, bias=False)

    def forward(self, x, edges):
        up = torch.zeros_like(x).index_add_(0, edges[1], x[edges[0]])
        down = torch.zeros_like(x).index_add_(0, edges[0], x[edges[1]])
        degree = torch.zeros(len(x), 1).index_add_(0, edges[0], torch.ones(edges.size(1), 1))
        return self.lin_self(x) + self.lin_parent(up) + self.lin_child(down / degree.clamp(min=1))


class Network(nn.Module):
    def __init__(self, hidden=32, num_layers=4):
        super().__init__()
        self.num_layers = num_layers
        self.stem = nn.Linear(FEATS, hidden)
        self.cells = nn.ModuleList([SAGEConv(hidden, hidden) for _ in range(num_layers)])
        self.classifier = nn.Linear(hidden, CLANS)

    def forward(self, x, edges):
        h = F.relu(self.stem(x))
        for layer in range(self.num_layers):
            h = h + F.relu(self.cells[layer](h, edges))
        return self.classifier(h)


model = Network()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
train = [forest(20) for _ in range(20)]
test_x, test_e, test_y = forest(80)
for epoch in range(14):
    model.train()
    total = 0.0
    for k in rng.permutation(len(train)):
        x, e, y = train[k]
        loss = F.cross_entropy(model(x, e), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / len(train), 4))
model.eval()
with torch.no_grad():
    acc = (model(test_x, test_e).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
