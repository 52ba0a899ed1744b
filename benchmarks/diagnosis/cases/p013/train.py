import os
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def rings(n):
    k = np.random.randint(0, 3, n)
    angle = np.random.rand(n) * 2 * np.pi
    radius = 1.0 + k + 0.25 * np.random.randn(n)
    flat = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    lift = np.random.RandomState(7).randn(2, 16)
    return (flat @ lift + 0.3 * np.random.randn(n, 16)).astype("float32"), k


class Prefetcher:
    """Keeps one batch ready ahead of the one in use."""

    def __init__(self, loader, transform):
        self.loader, self.transform = loader, transform
        self.stream = iter(loader)
        self.ready = None
        self.preload()

    def preload(self):
        try:
            batch = next(self.stream)
        except StopIteration:
            self.stream = iter(self.loader)
            batch = next(self.stream)
        if self.ready is None:
            self.ready = self.transform(*batch)

    def next(self):
        batch = self.ready
        self.preload()
        return batch


def to_device(x, y):
    return x.to(torch.float32), y.to(torch.int64)


x, k = rings(2400)
mean, std = x[:2000].mean(0), x[:2000].std(0)
x = torch.from_numpy((x - mean) / std)
k = torch.from_numpy(k)
source = DataLoader(TensorDataset(x[:2000], k[:2000]), batch_size=24, shuffle=True, drop_last=True)
feed = Prefetcher(source, to_device)

net = nn.Sequential(nn.Linear(16, 64), nn.PReLU(), nn.Linear(64, 64), nn.PReLU(), nn.Linear(64, 3))
opt = torch.optim.Adamax(net.parameters(), lr=4e-3)
for step in range(900):
    xb, kb = feed.next()
    loss = F.cross_entropy(net(xb), kb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print("step", step, "loss", round(loss.item(), 5))

with torch.no_grad():
    acc = (net(x[2000:]).argmax(1) == k[2000:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
