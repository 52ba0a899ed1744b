import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass
class Config:
    seed: int = int(os.environ.get("SEED", 0))
    nodes: int = 600
    classes: int = 4
    feats: int = 48
    hidden: int = 12
    layers: int = 2
    lr: float = 0.01
    wd: float = 5e-4
    epochs: int = 200


cfg = Config()
torch.manual_seed(cfg.seed)
rng = np.random.default_rng(cfg.seed)


def citation_graph(c: Config) -> tuple[Tensor, Tensor, Tensor]:
    y = rng.integers(0, c.classes, c.nodes)
    same = y[:, None] == y[None, :]
    a = rng.random((c.nodes, c.nodes)) < np.where(same, 0.024, 0.004)
    a = np.triu(a, 1)
    a = (a | a.T).astype(np.float32)
    words = rng.random((c.classes, c.feats)) < 0.15
    x = (rng.random((c.nodes, c.feats)) < 0.06 + 0.16 * words[y]).astype(np.float32)
    x = x / np.maximum(x.sum(1, keepdims=True), 1)
    a += np.eye(c.nodes, dtype=np.float32)
    d = a.sum(1) ** -0.5
    return torch.from_numpy(x), torch.from_numpy(a * d[:, None] * d[None]), torch.from_numpy(y)


class GCNConv(nn.Module):
    def __init__(self, fin: int, fout: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(fin, fout))
        self.bias = nn.Parameter(torch.zeros(fout))
        nn.init.xavier_uniform_(self.weight)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        return adj @ (x @ self.weight) + self.bias


class GCN(nn.Module):
    def __init__(self, fin: int, hidden: int, num_layers: int, classes: int):
        super().__init__()
        dims = [fin] + [hidden] * num_layers
        self.convs = [GCNConv(dims[i], dims[i + 1]) for i in range(num_layers)]
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(hidden, classes)

    def forward(self, x: Tensor, adj: Tensor) -> Tensor:
        for conv in self.convs:
            x = torch.relu(conv(x, adj))
            x = self.drop(x)
        return self.head(x)


x, adj, y = citation_graph(cfg)
idx = torch.randperm(cfg.nodes)
train_mask, test_mask = idx[:160], idx[260:]
model = GCN(cfg.feats, cfg.hidden, cfg.layers, cfg.classes)
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr, weight_decay=cfg.wd)

for epoch in range(1, cfg.epochs + 1):
    model.train()
    optimizer.zero_grad()
    out = model(x, adj)
    loss = nn.functional.cross_entropy(out[train_mask], y[train_mask])
    loss.backward()
    optimizer.step()
    if epoch % 40 == 0:
        print(f"Epoch: {epoch:03d}, Loss: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(x, adj)[test_mask].argmax(1) == y[test_mask]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
