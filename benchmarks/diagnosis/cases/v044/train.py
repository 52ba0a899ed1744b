import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

# stochastic block graph: 4 communities, bag-of-words features that tell little alone
N, C, WORDS = 800, 4, 60
labels = rng.integers(0, C, N)
same = labels[:, None] == labels[None, :]
prob = np.where(same, 0.025, 0.0025)
upper = np.triu(rng.random((N, N)) < prob, 1)
adj = torch.tensor(upper | upper.T, dtype=torch.float32)
topic = rng.random((C, WORDS)) * 0.25
features = torch.tensor(rng.random((N, WORDS)) < topic[labels], dtype=torch.float32)
features = features / features.sum(1, keepdim=True).clamp(min=1)
labels = torch.tensor(labels)

a_hat = adj + torch.eye(N)
deg = a_hat.sum(1).rsqrt()
a_norm = (deg[:, None] * a_hat * deg[None, :]).to_sparse()

order = torch.randperm(N)
train_mask, val_mask, test_mask = order[:60], order[60:200], order[200:]


class GraphConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, a):
        return torch.sparse.mm(a, x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.gc1 = GraphConv(WORDS, 16)
        self.gc2 = GraphConv(16, C)

    def forward(self, x, a):
        x = F.dropout(x, 0.5, self.training)
        x = F.relu(self.gc1(x, a))
        x = F.dropout(x, 0.5, self.training)
        return self.gc2(x, a)


model = GCN()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
best_val, best_test = 0.0, 0.0
for epoch in range(300):
    model.train()
    optimizer.zero_grad()
    out = model(features, a_norm)
    loss = F.cross_entropy(out[train_mask], labels[train_mask])
    loss.backward()
    optimizer.step()

    model.eval()
    with torch.no_grad():
        guess = model(features, a_norm).argmax(1)
    val = (guess[val_mask] == labels[val_mask]).float().mean().item()
    if val > best_val:
        best_val = val
        best_test = (guess[test_mask] == labels[test_mask]).float().mean().item()
    if epoch % 50 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.4f} val {val:.4f}")

print(f"FINAL accuracy={best_test:.4f}")
