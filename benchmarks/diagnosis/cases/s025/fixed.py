import os

import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
NODES, FEATS, KINDS = 10, 6, 5


class EdgeLayer(nn.Module):
    """Mean over neighbours of a linear map, plus the node itself."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(n_in, n_out) / n_in ** 0.5)
        self.self_weight = nn.Parameter(torch.randn(n_in, n_out) / n_in ** 0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x, adj):
        around = adj @ x / adj.sum(-1, keepdim=True).clamp(min=1)
        return around @ self.weight + x @ self.self_weight + self.bias


class Matcher(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.edge1 = EdgeLayer(FEATS, hidden)
        self.edge2 = EdgeLayer(hidden, hidden)
        self.readout = nn.Linear(hidden, KINDS)

    def forward(self, x, adj):
        h = F.relu(self.edge1(x, adj))
        h = F.relu(self.edge2(h, adj))
        return self.readout(h.mean(1))


def signs(n):
    kind = torch.randint(0, KINDS, (n,))
    proto = torch.randn(KINDS, NODES, FEATS, generator=torch.Generator().manual_seed(12))
    chance = torch.linspace(0.2, 0.6, KINDS)[kind].view(n, 1, 1)
    upper = torch.triu((torch.rand(n, NODES, NODES) < chance).float(), 1)
    x = proto[kind] + 1.1 * torch.randn(n, NODES, FEATS)
    order = torch.argsort(torch.rand(n, NODES), 1)
    x = torch.gather(x, 1, order.unsqueeze(-1).expand_as(x))
    return x, upper + upper.transpose(1, 2), kind


x, adj, y = signs(2000)
xt, adjt, yt = signs(800)
model = Matcher()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for step in range(400):
    i = torch.randint(0, len(x), (64,))
    opt.zero_grad()
    loss = F.cross_entropy(model(x[i], adj[i]), y[i])
    loss.backward()
    opt.step()
    if step % 100 == 99:
        print(f"step {step + 1}: loss {loss.item():.3f}")

with torch.no_grad():
    acc = (model(xt, adjt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
