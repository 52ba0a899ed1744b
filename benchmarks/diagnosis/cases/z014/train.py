import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get('SEED', 0))
np.random.seed(seed)
torch.manual_seed(seed)

n, C, feats = 600, 4, 120
labels = np.random.randint(0, C, n)
same = labels[:, None] == labels[None, :]
prob = np.where(same, 0.035, 0.004)
A = np.triu(np.random.rand(n, n) < prob, 1)
A = (A | A.T).astype(np.float32) + np.eye(n, dtype=np.float32)
centres = (np.random.rand(C, feats) < 0.12)
X = (np.random.rand(n, feats) < np.where(centres[labels], 0.3, 0.08)).astype(np.float32)
X /= np.maximum(X.sum(1, keepdims=True), 1)

dinv = torch.tensor(A.sum(1) ** -0.5)
adj = (dinv[:, None] * torch.tensor(A) * dinv[None, :]).to_sparse()
features = torch.tensor(X)
labels = torch.tensor(labels)
idx_train = torch.cat([(labels == c).nonzero().squeeze(1)[:10] for c in range(C)])
rest = torch.tensor([i for i in range(n) if i not in set(idx_train.tolist())])
idx_val, idx_test = rest[:150], rest[150:]


class GraphConvolution(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(i, o))
        self.bias = nn.Parameter(torch.zeros(o))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, h, adj):
        return torch.sparse.mm(adj, h @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


model = GCN(feats, 16, C, 0.5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-3)
for epoch in range(300):
    model.train()
    optimizer.zero_grad()
    output = model(features, adj)
    loss_train = F.nll_loss(output[idx_train], labels[idx_train])
    loss_train.backward()
    optimizer.step()
    if epoch % 30 == 0:
        model.eval()
        with torch.no_grad():
            output = model(features, adj)
        acc_val = (output[idx_val].argmax(1) == labels[idx_val]).float().mean()
        print(f'Epoch: {epoch:04d} loss_train: {loss_train.item():.4f} acc_val: {acc_val.item():.4f}')

model.eval()
with torch.no_grad():
    out = model(features, adj)
print('FINAL accuracy={:.4f}'.format((out[idx_test].argmax(1) == labels[idx_test]).float().mean().item()))
