import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn import init

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Deep(nn.Module):
    def __init__(self, d_in=12, width=48, depth=18, classes=3):
        super().__init__()
        sizes = [d_in] + [width] * (depth - 1)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.top = nn.Linear(width, classes)
        for layer in self.layers:
            init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.top(x)


def bands(n):
    x = torch.randn(n, 12)
    s = x[:, 0] + 0.7 * x[:, 1] * x[:, 2].sign() + 0.3 * x[:, 3]
    return x, torch.bucketize(s, torch.tensor([-0.6, 0.6]))


x, y = bands(4000)
xt, yt = bands(1000)
net = Deep()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
for epoch in range(8):
    perm = torch.randperm(4000)
    mean = 0.0
    for rows in perm.view(-1, 50):
        loss = F.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        mean += loss.item() / 80
    print(f"epoch {epoch} {mean:.4f}")

with torch.no_grad():
    print(f"FINAL accuracy={(net(xt).argmax(1) == yt).float().mean().item():.4f}")
