import os

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(7)

# citation-like graph: stochastic block model with sparse bag-of-words features
N, K, D = 900, 5, 120
labels = rng.integers(0, K, N)
same = labels[:, None] == labels[None, :]
upper = np.triu(rng.random((N, N)) < np.where(same, 0.022, 0.002), 1)
adj = torch.tensor(upper | upper.T, dtype=torch.float32)
topics = rng.dirichlet(np.full(D, 0.3), K)
words = np.stack([rng.multinomial(12, topics[c] * 0.45 + 0.55 / D) for c in labels])
x = torch.tensor((words > 0).astype("float32"))
y = torch.tensor(labels)
perm = rng.permutation(N)
train_mask = torch.zeros(N, dtype=torch.bool)
test_mask = torch.zeros(N, dtype=torch.bool)
train_mask[perm[:100]] = True
test_mask[perm[300:]] = True


def normalise(a):
    a = a + torch.eye(len(a))
    d = a.sum(1).rsqrt()
    return (d[:, None] * a * d[None, :]).to_sparse()


class GCNLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o, bias=False)
        self.bias = nn.Parameter(torch.zeros(o))
        nn.init.xavier_uniform_(self.lin.weight)

    def forward(self, a, h):
        return torch.sparse.mm(a, self.lin(h)) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.g1 = GCNLayer(D, 32)
        self.g2 = GCNLayer(32, K)

    def forward(self, a, h):
        h = F.dropout(h, 0.5, self.training)
        h = F.relu(self.g1(a, h))
        h = F.dropout(h, 0.5, self.training)
        return self.g2(a, h)


A = normalise(adj)
net = GCN()
optimizer = torch.optim.Adam([
    {"params": net.g1.parameters(), "weight_decay": 5e-3},
    {"params": net.g2.parameters(), "weight_decay": 0.0},
], lr=0.01)
for epoch in range(200):
    net.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(net(A, x)[train_mask], y[train_mask])
    loss.backward()
    optimizer.step()
    if epoch % 40 == 0:
        net.eval()
        with torch.no_grad():
            ok = net(A, x).argmax(1) == y
        print(f"{epoch:3d} loss {loss.item():.4f} train {ok[train_mask].float().mean():.3f}")

net.eval()
with torch.no_grad():
    acc = (net(A, x).argmax(1) == y)[test_mask].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
