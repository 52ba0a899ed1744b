import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.low = nn.Conv2d(16, 24, 3, padding=1)
        self.aux = nn.Linear(24, 10)
        self.high = nn.Conv2d(24, 32, 3, padding=1)
        self.head = nn.Linear(32 * 4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.elu(self.stem(x)), 2)
        x = F.elu(self.low(x))
        aux = self.aux(x.mean((2, 3))) if self.training else None
        x = F.max_pool2d(F.elu(self.high(x)), 2)
        out = self.head(x.flatten(1))
        return (out, aux) if self.training else out


d = load_digits()
x = (torch.tensor(d.images, dtype=torch.float32)[:, None] - 4.9) / 6
y = torch.tensor(d.target)
p = torch.randperm(len(y))
loader = DataLoader(TensorDataset(x[p[:1400]], y[p[:1400]]), batch_size=48, shuffle=True, drop_last=True)
net = Inception()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(6):
    net.train()
    for xb, yb in loader:
        out, aux = net(xb)
        loss = F.cross_entropy(out, yb) + 0.3 * F.cross_entropy(aux, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(x[p[1400:]]).argmax(1) == y[p[1400:]]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} accuracy {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
