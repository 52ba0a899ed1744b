import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def community_graph(n=600, groups=4, inside=0.28, outside=0.11):
    g = torch.Generator().manual_seed(3)
    y = torch.arange(n) % groups
    p = torch.where(y[:, None] == y[None, :], inside, outside)
    a = torch.triu((torch.rand(n, n, generator=g) < p).float(), 1)
    a = a + a.t() + torch.eye(n)
    x = torch.randn(n, 12, generator=g)
    x[torch.arange(n), y] += 0.5
    return a, x, y


class GraphConv(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.lin = nn.Linear(i, o)

    def forward(self, x, adj):
        return self.lin(adj @ x)


class GraphNet(nn.Module):
    def __init__(self, sizes=(12, 32, 32, 4)):
        super().__init__()
        self.layers = nn.ModuleList(GraphConv(i, o) for i, o in zip(sizes, sizes[1:]))
        self.drop = nn.Dropout(0.2)

    def forward(self, x, adj):
        for k, layer in enumerate(self.layers):
            x = layer(x, adj)
            if k < len(self.layers) - 1:
                x = self.drop(torch.relu(x))
        return x


adj, feats, labels = community_graph()
deg = adj.sum(1).rsqrt()
adj = deg[:, None] * adj * deg[None, :]
order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))
train_idx, test_idx = order[:60], order[60:]
model = GraphNet()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)

for step in range(250):
    model.train()
    optimizer.zero_grad()
    out = model(feats, adj)
    loss = nn.functional.cross_entropy(out[train_idx], labels[train_idx])
    loss.backward()
    optimizer.step()
    if step % 25 == 0:
        model.eval()
        with torch.no_grad():
            acc = (model(feats, adj).argmax(1) == labels)[test_idx].float().mean().item()
        print(f"step {step:3d} loss {loss.item():10.4f} test acc {acc:.3f}")

model.eval()
with torch.no_grad():
    acc = (model(feats, adj).argmax(1) == labels)[test_idx].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
