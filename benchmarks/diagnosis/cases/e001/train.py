import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

N, C, D = 1000, 5, 40
label = rng.integers(0, C, N)
adj = rng.random((N, N)) < np.where(label[:, None] == label[None], 0.03, 0.004)
adj = np.triu(adj, 1)
adj = adj | adj.T | np.eye(N, dtype=bool)
words = (rng.random((N, D)) < 0.06).astype("float32")
for c in range(C):
    block = slice(c * 8, c * 8 + 8)
    words[label == c, block] = np.maximum(words[label == c, block], rng.random(((label == c).sum(), 8)) < 0.2)
d = adj.sum(1) ** -0.5
A = torch.tensor(d[:, None] * adj * d[None], dtype=torch.float32)
X = torch.tensor(words / np.maximum(words.sum(1, keepdims=True), 1), dtype=torch.float32)
Y = torch.tensor(label)
train_idx = torch.cat([torch.where(Y == c)[0][:20] for c in range(C)])
test_mask = torch.ones(N, dtype=torch.bool)
test_mask[train_idx] = False


class GraphConvolution(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.zeros(n_out))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x, a):
        return a @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gc1 = GraphConvolution(D, hidden)
        self.gc2 = GraphConvolution(hidden, C)

    def forward(self, x, a):
        x = F.dropout(F.relu(self.gc1(x, a)), 0.5, training=self.training)
        return F.log_softmax(self.gc2(x, a), dim=1)


model = GCN()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
criterion = nn.CrossEntropyLoss()
for epoch in range(200):
    model.train()
    optimizer.zero_grad()
    loss = criterion(model(X, A)[train_idx], Y[train_idx])
    loss.backward()
    optimizer.step()
    if epoch % 50 == 0:
        print(f"Epoch {epoch:04d} loss_train: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(X, A).argmax(1) == Y)[test_mask].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
