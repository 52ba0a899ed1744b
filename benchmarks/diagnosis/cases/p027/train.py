import os
import numpy as np
import torch
from torch import nn, Tensor
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def citation_graph(n: int = 900, classes: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    rng = np.random.default_rng(SEED)
    y = rng.integers(0, classes, n)
    same = y[:, None] == y[None, :]
    adj = rng.random((n, n)) < np.where(same, 0.030, 0.0015)
    adj = np.triu(adj, 1)
    adj = (adj | adj.T | np.eye(n, dtype=bool)).astype("float32")
    deg = adj.sum(1) ** -0.5
    x = rng.normal(size=(n, 16)) + 0.45 * np.eye(classes, 16)[y]
    return torch.tensor(deg[:, None] * adj * deg[None], dtype=torch.float32), torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class Propagate(nn.Module):
    """Neighbourhood mean with a linear map of its own."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.lin = nn.Linear(d, d)

    def forward(self, adj: Tensor, h: Tensor) -> Tensor:
        return torch.sparse.mm(adj, self.lin(h)) if adj.is_sparse else adj @ self.lin(h)


class NodeClassifier(nn.Module):
    def __init__(self, d_in: int, d: int = 24, depth: int = 2, classes: int = 5) -> None:
        super().__init__()
        self.lift = nn.Linear(d_in, d)
        self.depth = depth
        self.hops = nn.ModuleDict({f"{k}": Propagate(d) for k in range(depth)})
        self.drop = nn.Dropout(0.2)
        self.norm = nn.LayerNorm(d)
        self.out = nn.Linear(d, classes)

    def forward(self, adj: Tensor, x: Tensor) -> Tensor:
        h = F.relu(self.lift(x))
        m = self.drop(h)
        for k in range(self.depth):
            if k in self.hops:
                m = F.relu(self.hops[str(k)](adj, m))
        return self.out(self.norm(h + m))


adj, x, y = citation_graph()
mask = torch.rand(len(y)) < 0.35
model = NodeClassifier(x.size(1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=5e-4)
for epoch in range(80):
    model.train()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(adj, x)[mask], y[mask])
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        print(f"{epoch:3d} {loss.item():.4f}")
model.eval()
with torch.no_grad():
    acc = (model(adj, x).argmax(1) == y)[~mask].float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
