import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass
class GraphConfig:
    nodes: int = 500
    communities: int = 4
    features: int = 16
    hidden: int = 32
    labelled: int = 120
    epochs: int = 150
    lr: float = 1e-2
    weight_decay: float = 5e-4


@dataclass
class Graph:
    x: Tensor
    edges: Tensor
    y: Tensor
    train: Tensor
    test: Tensor


def block_model(cfg: GraphConfig) -> Graph:
    y = torch.randint(0, cfg.communities, (cfg.nodes,))
    p = torch.where(y[:, None] == y[None], 0.05, 0.005)
    adjacency = torch.triu(torch.rand_like(p) < p, 1)
    src, dst = adjacency.nonzero().T
    edges = torch.cat([torch.stack([src, dst]), torch.stack([dst, src])], 1)
    x = torch.randn(cfg.communities, cfg.features)[y] * 0.45 + torch.randn(cfg.nodes, cfg.features)
    order = torch.randperm(cfg.nodes)
    return Graph(x, edges, y, order[: cfg.labelled], order[cfg.labelled :])


class MeanConv(nn.Module):
    def __init__(self, a: int, b: int):
        super().__init__()
        self.own, self.around = nn.Linear(a, b), nn.Linear(a, b, bias=False)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        src, dst = edges
        total = torch.zeros_like(x).index_add(0, dst, x[src])
        degree = torch.zeros(len(x)).index_add(0, dst, torch.ones(len(dst)))
        return self.own(x) + self.around(total / degree.clamp(min=1)[:, None])


class GraphNet(nn.Module):
    def __init__(self, cfg: GraphConfig):
        super().__init__()
        self.conv1 = MeanConv(cfg.features, cfg.hidden)
        self.conv2 = MeanConv(cfg.hidden, cfg.communities)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        h = F.dropout(F.relu(self.conv1(x, edges)), 0.4, self.training)
        return self.conv2(h, edges)


class Trainer:
    def __init__(self, cfg: GraphConfig):
        self.cfg, self.graph, self.net = cfg, block_model(cfg), GraphNet(cfg)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr, weight_decay=cfg.weight_decay)

    def fit(self) -> None:
        g = self.graph
        for epoch in range(self.cfg.epochs):
            self.net.train()
            loss = F.cross_entropy(self.net(g.x, g.edges)[g.train], g.y[g.train])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if epoch % 15 == 0:
                print(f"{epoch} loss {loss.item():.4f} test {self.accuracy():.3f}")

    @torch.no_grad()
    def accuracy(self) -> float:
        g = self.graph
        self.net.eval()
        return (self.net(g.x, g.edges).argmax(1) == g.y)[g.test].float().mean().item()


torch.manual_seed(int(os.environ.get("SEED", 0)))
trainer = Trainer(GraphConfig())
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
