import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

NODES, TYPES = 12, 5


def molecules(n):
    # toy molecules: active if it has more 0-1 bonds than 2-3 bonds
    adjs, feats, labels = [], [], []
    while len(labels) < n:
        a = np.triu(rng.rand(NODES, NODES) < 0.25, 1)
        kind = rng.randint(0, TYPES, NODES)
        i, j = np.nonzero(a)
        lo, hi = np.minimum(kind[i], kind[j]), np.maximum(kind[i], kind[j])
        margin = ((lo == 0) & (hi == 1)).sum() - ((lo == 2) & (hi == 3)).sum()
        if margin == 0:
            continue
        adjs.append((a | a.T).astype("float32"))
        feats.append(np.eye(TYPES, dtype="float32")[kind])
        labels.append(int(margin > 0))
    return torch.tensor(np.array(adjs)), torch.tensor(np.array(feats)), torch.tensor(labels)


class GraphConv(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(2 * d_in, d_out))
        self.bias = nn.Parameter(torch.zeros(d_out))
        nn.init.xavier_uniform_(self.weight, gain=1.4)

    def forward(self, x, adj):
        return torch.cat([x, adj @ x / 2], -1) @ self.weight + self.bias


class GcnEncoder(nn.Module):
    def __init__(self, d_in=TYPES, hidden=24, n_layers=2, n_classes=2):
        super().__init__()
        dims = [d_in] + [hidden] * n_layers
        self.convs = nn.ModuleList([GraphConv(i, o) for i, o in zip(dims[:-1], dims[1:])])
        self.pred = nn.Sequential(nn.Linear(hidden * n_layers, 24), nn.ReLU(), nn.Linear(24, n_classes))

    def forward(self, x, adj):
        readouts = []
        for conv in self.convs:
            x = F.relu(conv(x, adj))
            readouts.append(x.sum(1) / 4)
        return self.pred(torch.cat(readouts, 1))


def main():
    a, x, y = molecules(1500)
    ta, tx, ty = molecules(600)
    model = GcnEncoder()
    opt = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=5e-3)
    print("trainable parameters:", sum(p.numel() for p in model.parameters()))
    for epoch in range(24):
        avg = 0.0
        for idx in torch.randperm(len(y)).split(50):
            model.zero_grad()
            loss = F.cross_entropy(model(x[idx], a[idx]), y[idx])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            opt.step()
            avg += loss.item() * len(idx) / len(y)
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1}  avg loss {avg:.4f}")
    with torch.no_grad():
        acc = (model(tx, ta).argmax(1) == ty).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
