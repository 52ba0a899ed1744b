import os
import numpy as np
import torch
from sklearn.datasets import make_classification
from torch import nn
from torch.utils.data import DataLoader, Sampler, TensorDataset

SEED = int(os.environ.get("SEED", 0))


class SeededSampler(Sampler):
    """Random order that is the same in every process."""

    def __init__(self, size, seed):
        self.order = np.random.default_rng(seed).permutation(size).tolist()

    def __iter__(self):
        return iter(self.order)

    def __len__(self):
        return len(self.order)


class BatchSource:
    """Endless stream of batches, for training by steps instead of by epochs."""

    def __init__(self, dataset, batch_size, seed=0):
        self.loader = DataLoader(dataset, batch_size=batch_size, sampler=SeededSampler(len(dataset), seed), drop_last=True)
        self.iterator = iter(self.loader)
        self.served = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.served += 1
        try:
            return next(self.iterator)
        except StopIteration:
            self.iterator = iter(self.loader)
            return next(self.iterator)


class ResidualMLP(nn.Module):
    def __init__(self, n_in, width, depth, n_out):
        super().__init__()
        self.inp = nn.Linear(n_in, width)
        self.layers = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
            for _ in range(depth)
        )
        self.out = nn.Linear(width, n_out)

    def forward(self, x):
        h = self.inp(x)
        for layer in self.layers:
            h = h + layer(h)
        return self.out(h)


torch.manual_seed(SEED)
X, y = make_classification(3000, 24, n_informative=14, n_redundant=4, n_classes=5, n_clusters_per_class=2,
                           class_sep=1.6, random_state=SEED)
X = (X - X[:2200].mean(0)) / X[:2200].std(0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
train = TensorDataset(X[:2200], y[:2200])

model = ResidualMLP(24, 48, 2, 5)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
source = BatchSource(train, batch_size=32, seed=SEED)
max_steps = 700
for step, (xb, yb) in enumerate(source, start=1):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print(f"step {step:5d}  loss {loss.item():.4f}")
    if step == max_steps:
        break

model.eval()
with torch.no_grad():
    acc = (model(X[2200:]).argmax(1) == y[2200:]).float().mean()
print(f"FINAL accuracy={acc.item():.4f}")
