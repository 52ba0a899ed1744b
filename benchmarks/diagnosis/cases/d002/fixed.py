import os

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Surface(nn.Module):
    def __init__(self, depth=16, width=40):
        super().__init__()
        sizes = [3] + [width] * depth
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Linear(width, 1)
        for layer in self.layers:
            nn.init.xavier_normal_(layer.weight, gain=5 / 3)
            nn.init.zeros_(layer.bias)

    def forward(self, p):
        for layer in self.layers:
            p = torch.tanh(layer(p))
        return self.out(p)


def target(p):
    return torch.sin(2 * p[:, :1]) + p[:, 1:2] * p[:, 2:]


points = torch.rand(3000, 3) * 3 - 1.5
values = target(points) + 0.03 * torch.randn(3000, 1)
test_points = torch.rand(800, 3) * 3 - 1.5
test_values = target(test_points)

net = Surface()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(12):
    for idx in torch.randperm(3000).split(50):
        loss = F.mse_loss(net(points[idx]), values[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch:2d} train mse {loss.item():.4f}")

with torch.no_grad():
    residual = (net(test_points) - test_values).pow(2).sum()
    total = (test_values - test_values.mean()).pow(2).sum()
print(f"FINAL r2={1 - (residual / total).item():.4f}")
