import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Hparams:
    nodes: int = 16
    features: int = 4
    hidden: int = 32
    layers: int = 2
    micro_batch: int = 32
    accumulate: int = 32
    epochs: int = 40
    lr: float = 1e-2
    seed: int = int(os.environ.get("SEED", 0))


def random_graphs(n, hp, g):
    """Two communities, a ring, or an even mesh; node features are noise and the degree."""
    kind = torch.randint(3, (n,), generator=g)
    k = hp.nodes
    block = (torch.arange(k) < k // 2).float()
    same = (block[:, None] == block[None, :]).float()
    ring = torch.roll(torch.eye(k), 1, 0) + torch.roll(torch.eye(k), 2, 0)
    ring = ((ring + ring.T) > 0).float()
    density = torch.stack([0.42 * same + 0.04 * (1 - same), 0.8 * ring + 0.03, torch.full((k, k), 0.23)]).clamp(max=1)
    adj = (torch.rand(n, k, k, generator=g) < density[kind]).float()
    adj = torch.triu(adj, 1)
    adj = adj + adj.transpose(1, 2)
    degree = adj.sum(2, keepdim=True)
    triangles = torch.diagonal(adj @ adj @ adj, dim1=1, dim2=2).unsqueeze(2) / 2
    x = torch.cat([degree / 4, triangles / 4, torch.randn(n, k, hp.features - 2, generator=g)], 2)
    return x, adj, kind


class GraphConv(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.own = nn.Linear(n_in, n_out)
        self.neighbours = nn.Linear(n_in, n_out, bias=False)

    def forward(self, x, adj):
        mean = adj @ x / adj.sum(2, keepdim=True).clamp(min=1)
        return self.own(x) + self.neighbours(mean)


class GraphClassifier(nn.Module):
    def __init__(self, hp):
        super().__init__()
        sizes = [hp.features] + [hp.hidden] * hp.layers
        self.convs = nn.ModuleList(GraphConv(a, b) for a, b in zip(sizes, sizes[1:]))
        self.readout = nn.Linear(2 * hp.hidden, 3)

    def forward(self, x, adj):
        for conv in self.convs:
            x = F.relu(conv(x, adj))
        return self.readout(torch.cat([x.mean(1), x.amax(1)], 1))


class GraphTrainer:
    def __init__(self, model, hp):
        self.model, self.hp = model, hp
        self.optimizer = torch.optim.Adam(model.parameters(), lr=hp.lr)

    def train_epoch(self, loader):
        self.model.train()
        self.optimizer.zero_grad()
        seen = 0.0
        for i, (x, adj, y) in enumerate(loader):
            loss = F.cross_entropy(self.model(x, adj), y)
            (loss / self.hp.accumulate).backward()
            seen += loss.item()
            if (i + 1) % self.hp.accumulate == 0 or i + 1 == len(loader):
                self.optimizer.step()
                self.optimizer.zero_grad()
        return seen / len(loader)

    @torch.no_grad()
    def accuracy(self, data):
        self.model.eval()
        x, adj, y = data.tensors
        return (self.model(x, adj).argmax(1) == y).float().mean().item()


def main():
    hp = Hparams()
    torch.manual_seed(hp.seed)
    g = torch.Generator().manual_seed(hp.seed)
    train = TensorDataset(*random_graphs(900, hp, g))
    test = TensorDataset(*random_graphs(400, hp, g))
    trainer = GraphTrainer(GraphClassifier(hp), hp)
    loader = DataLoader(train, hp.micro_batch, shuffle=True)
    for epoch in range(hp.epochs):
        loss = trainer.train_epoch(loader)
        if epoch % 5 == 0:
            print(f"epoch {epoch}: loss {loss:.4f}, accuracy {trainer.accuracy(test):.3f}")
    print(f"FINAL accuracy={trainer.accuracy(test):.4f}")


main()
