"""Graph classification: does the ring of atoms contain a chord between like atoms?"""
import os
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader


class Graph(NamedTuple):
    nodes: Tensor   # (n, f)
    edges: Tensor   # (2, e), both directions
    label: int


class Batch(NamedTuple):
    nodes: Tensor
    edges: Tensor
    owner: Tensor
    labels: Tensor


def make_graph(rng) -> Graph:
    n = int(rng.integers(7, 13))
    kind = rng.integers(0, 3, n)
    ring = np.stack([np.arange(n), (np.arange(n) + 1) % n])
    label = int(rng.integers(0, 2))
    # label 1: the extra bonds prefer like kinds, label 0: unlike kinds
    same = kind[:, None] == kind[None]
    wanted = np.argwhere(np.triu(same if label else ~same, 2))
    pick = wanted[rng.permutation(len(wanted))[:5]].T if len(wanted) else np.zeros((2, 0), int)
    e = np.concatenate([ring, pick], 1)
    edges = np.concatenate([e, e[::-1]], 1)
    return Graph(torch.eye(3)[kind], torch.tensor(edges.copy()), label)


def collate(graphs: list[Graph]) -> Batch:
    nodes, edges, owner = [], [], []
    for k, g in enumerate(graphs):
        nodes.append(g.nodes)
        edges.append(g.edges + sum(map(len, nodes[:-1])))
        owner.append(torch.full((len(g.nodes),), k))
    labels = torch.tensor([g.label for g in graphs])
    return Batch(torch.cat(nodes), torch.cat(edges, dim=1), torch.cat(owner), labels)


class MessagePassing(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.own = nn.Linear(n_in, n_out)
        self.message = nn.Sequential(nn.Linear(2 * n_in, n_out), nn.ReLU())
        self.norm = nn.LayerNorm(n_out)

    def forward(self, x, edges):
        src, dst = edges
        m = self.message(torch.cat([x[src], x[dst]], -1))
        agg = torch.zeros(len(x), m.shape[1]).index_add_(0, dst, m)
        return torch.relu(self.norm(self.own(x) + agg))


class GNN(nn.Module):
    def __init__(self, width=32, depth=3):
        super().__init__()
        dims = [3] + [width] * depth
        self.layers = nn.ModuleList(MessagePassing(a, b) for a, b in zip(dims, dims[1:]))
        self.readout = nn.Linear(width, 2)

    def forward(self, batch: Batch):
        x = batch.nodes
        for layer in self.layers:
            x = layer(x, batch.edges)
        size = len(batch.labels)
        count = torch.bincount(batch.owner, minlength=size).unsqueeze(1)
        pooled = torch.zeros(size, x.shape[1]).index_add_(0, batch.owner, x) / count
        return self.readout(pooled)


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    train = DataLoader([make_graph(rng) for _ in range(1200)], batch_size=24, shuffle=True, collate_fn=collate)
    test = DataLoader([make_graph(rng) for _ in range(400)], batch_size=50, collate_fn=collate)
    model = GNN()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(8):
        model.train()
        losses = []
        for batch in train:
            loss = loss_fn(model(batch), batch.labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            acc = np.mean(np.concatenate([(model(b).argmax(1) == b.labels).numpy() for b in test]))
        print(f"epoch {epoch} loss {np.mean(losses):.4f} acc {acc:.4f}")
    print(f"FINAL accuracy={acc:.4f}")


main()
