import os
import numpy as np
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


class Graph:
    def __init__(self, x, edges, y):
        self.x, self.edges, self.y = x, edges, y


def random_graph():
    """Coloured nodes; the class tells how often the ends of an edge share their colour."""
    n = rng.integers(8, 15)
    y = int(rng.integers(0, 3))
    colour = rng.integers(0, 3, n)
    prob = [0.1, 0.4, 0.75][y]
    edges = []
    while len(edges) < 2 * n:
        a, b = rng.integers(0, n, 2)
        if a != b and (colour[a] == colour[b]) == (rng.random() < prob):
            edges += [(a, b), (b, a)]
    return Graph(torch.eye(3)[colour], torch.tensor(edges).t(), y)


def collate(graphs):
    x = torch.cat([g.x for g in graphs])
    edges = torch.cat([g.edges for g in graphs], dim=1)
    owner = torch.repeat_interleave(torch.arange(len(graphs)), torch.tensor([len(g.x) for g in graphs]))
    return x, edges, owner, torch.tensor([g.y for g in graphs])


class SageLayer(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.own, self.nbr = nn.Linear(i, o), nn.Linear(i, o, bias=False)

    def forward(self, x, edges):
        src, dst = edges
        agg = torch.zeros_like(x).index_add(0, dst, x[src])
        deg = torch.zeros(len(x)).index_add(0, dst, torch.ones(len(dst))).clamp(min=1)
        return torch.relu(self.own(x) + self.nbr(agg / deg[:, None]))


class GraphNet(nn.Module):
    def __init__(self, dim=32, classes=3):
        super().__init__()
        self.convs = nn.ModuleList([SageLayer(3, dim), SageLayer(dim, dim)])
        self.readout = nn.Linear(dim, classes)

    def forward(self, x, edges, owner, n_graphs):
        for conv in self.convs:
            x = conv(x, edges)
        total = torch.zeros(n_graphs, x.size(1)).index_add(0, owner, x)
        return self.readout(total / torch.bincount(owner, minlength=n_graphs)[:, None])


train, test = [random_graph() for _ in range(900)], [random_graph() for _ in range(300)]
net = GraphNet()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for epoch in range(12):
    net.train()
    order, losses = rng.permutation(len(train)), []
    for k in range(0, len(train), 30):
        x, edges, owner, y = collate([train[i] for i in order[k : k + 30]])
        loss = nn.functional.cross_entropy(net(x, edges, owner, len(y)), y)
        opt.zero_grad(); loss.backward(); opt.step()
        losses.append(loss.item())
    if epoch % 3 == 0:
        print(f"[{epoch}] loss {np.mean(losses):.4f}")

net.eval()
with torch.no_grad():
    hits = 0
    for k in range(0, len(test), 30):
        x, edges, owner, y = collate(test[k : k + 30])
        hits += (net(x, edges, owner, len(y)).argmax(1) == y).sum().item()
print(f"FINAL accuracy={hits / len(test):.4f}")
