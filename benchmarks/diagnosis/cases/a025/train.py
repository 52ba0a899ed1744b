import os
import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))


class GraphConv(nn.Module):
    """Mean over neighbours, then a linear map that starts as an average over the features."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_in, n_out))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.reset_parameters()

    def reset_parameters(self):
        self.weight.data.copy_(torch.full_like(self.weight, 1.0 / self.weight.size(0)))
        self.bias.data.zero_()

    def forward(self, x, adj):
        return adj @ x @ self.weight + self.bias


class GCN(nn.Module):
    def __init__(self, n_feat, n_hidden, n_class):
        super().__init__()
        self.gc1 = GraphConv(n_feat, n_hidden)
        self.gc2 = GraphConv(n_hidden, n_hidden)
        self.cls = nn.Linear(n_hidden, n_class)

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.relu(self.gc2(x, adj))
        return self.cls(x)


# stochastic block model with weakly informative node features
N, K, D = 500, 6, 24
labels = np.random.randint(0, K, N)
prob = np.where(labels[:, None] == labels[None], 0.08, 0.01)
upper = np.triu(np.random.rand(N, N) < prob, 1)
A = (upper | upper.T).astype(np.float32) + np.eye(N, dtype=np.float32)
A /= A.sum(1, keepdims=True)
centres = np.random.normal(0, 0.6, (K, D))
features = centres[labels] + np.random.normal(0, 1, (N, D))

A = torch.from_numpy(A)
X = torch.tensor(features, dtype=torch.float32)
Y = torch.from_numpy(labels)
order = torch.randperm(N)
idx_train, idx_val, idx_test = order[:150], order[150:250], order[250:]

model = GCN(D, 32, K)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)
for epoch in range(200):
    model.train()
    optimizer.zero_grad()
    output = model(X, A)
    loss_train = F.cross_entropy(output[idx_train], Y[idx_train])
    loss_train.backward()
    optimizer.step()
    if epoch % 40 == 0:
        acc_val = (output[idx_val].argmax(1) == Y[idx_val]).float().mean()
        print(f"Epoch {epoch:04d} loss_train {loss_train.item():.4f} acc_val {acc_val.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(X, A)[idx_test].argmax(1) == Y[idx_test]).float().mean()
print(f"FINAL accuracy={acc.item():.4f}")
