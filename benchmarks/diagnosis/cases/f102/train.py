import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(seed)
torch.manual_seed(seed)

# a citation-like graph: four communities with some well connected nodes
N, CLASSES, FEATURES = 800, 4, 16
label = rng.integers(0, CLASSES, N)
popularity = rng.pareto(1.5, N) + 1
same = label[:, None] == label[None, :]
rate = np.where(same, 0.020, 0.004) * np.sqrt(popularity[:, None] * popularity[None, :])
upper = np.triu(rng.random((N, N)) < np.clip(rate, 0, 0.9), 1)
A = torch.tensor((upper | upper.T | np.eye(N, dtype=bool)).astype(np.float32))
centres = rng.normal(size=(CLASSES, FEATURES))
X = torch.tensor(0.5 * centres[label] + 1.5 * rng.normal(size=(N, FEATURES)), dtype=torch.float32)
y = torch.tensor(label)
perm = rng.permutation(N)
train_idx, test_idx = torch.tensor(perm[:200]), torch.tensor(perm[200:])


class GraphConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.lin = nn.Linear(n_in, n_out)

    def forward(self, x, adj):
        return adj @ self.lin(x)


class GNN(nn.Module):
    def __init__(self, hidden=32, depth=5):
        super().__init__()
        sizes = [FEATURES] + [hidden] * (depth - 1) + [CLASSES]
        self.layers = nn.ModuleList(GraphConv(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x, adj):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x, adj))
        return self.layers[-1](x, adj)


model = GNN()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=5e-4)
for epoch in range(150):
    optimizer.zero_grad()
    out = model(X, A)
    loss = F.cross_entropy(out[train_idx], y[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 30 == 0:
        print(f"Epoch: {epoch:03d}, Loss: {loss.item():.4f}")

with torch.no_grad():
    acc = (model(X, A).argmax(1)[test_idx] == y[test_idx]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
