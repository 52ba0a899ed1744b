import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.RandomState(SEED)

N, C, WORDS = 1200, 4, 300
y = rng.randint(0, C, N)
same = y[:, None] == y[None, :]
upper = np.triu(rng.rand(N, N) < np.where(same, 0.010, 0.0012), 1)
A = (upper | upper.T).astype("float32")
topic = rng.dirichlet(np.ones(WORDS) * 0.3, size=C)
common = rng.dirichlet(np.ones(WORDS))
X = np.zeros((N, WORDS), dtype="float32")
for i in range(N):
    X[i, rng.choice(WORDS, 12, p=0.35 * topic[y[i]] + 0.65 * common)] = 1.0
X /= X.sum(1, keepdims=True)

A_hat = A + np.eye(N, dtype="float32")
d = A_hat.sum(1) ** -0.5
adj = torch.tensor(d[:, None] * A_hat * d[None, :]).to_sparse()
x, y = torch.tensor(X), torch.tensor(y)
train_mask = torch.zeros(N, dtype=torch.bool)
for c in range(C):
    members = (y == c).nonzero().squeeze(1)
    train_mask[members[torch.randperm(len(members))[:20]]] = True
rest = (~train_mask).nonzero().squeeze(1)[torch.randperm(N - 80)]
val_idx, test_idx = rest[:200], rest[200:]


class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(i, o))
        self.bias = nn.Parameter(torch.zeros(o))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, adj):
        return torch.sparse.mm(adj, x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.gc1 = GraphConv(WORDS, 32)
        self.gc2 = GraphConv(32, C)

    def forward(self, x, adj):
        x = F.dropout(x, 0.5, self.training)
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, 0.5, self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


model = GCN()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
best_val, test_acc = 0.0, 0.0
for epoch in range(200):
    model.train()
    optimizer.zero_grad()
    out = model(x, adj)
    loss = F.nll_loss(out[train_mask], y[train_mask])
    loss.backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        hit = (model(x, adj).argmax(1) == y).float()
    val = hit[val_idx].mean().item()
    if val >= best_val:
        best_val, test_acc = val, hit[test_idx].mean().item()
    if epoch % 40 == 0:
        print(f"{epoch:3d} loss {loss.item():.4f} val {val:.4f}")
print(f"FINAL accuracy={test_acc:.4f}")
