import math
import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def height(p):
    return torch.sin(5 * p[:, 0]) * torch.cos(7 * p[:, 1]) + 0.5 * torch.sin(11 * p[:, 0] * p[:, 1] + 1) + 0.3 * (p[:, 1] > 0.2)


class FourierNet(nn.Module):
    def __init__(self, features=64, scale=6.0, width=64):
        super().__init__()
        self.project = nn.Linear(2, features, bias=False)
        nn.init.normal_(self.project.weight, std=scale)
        self.project.weight.requires_grad_(False)
        self.mlp = nn.Sequential(nn.Linear(2 * features, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, p):
        z = self.project(p)
        return self.mlp(torch.cat([z.sin(), z.cos()], 1)).squeeze(1)


points = torch.rand(4000, 2) * 2 - 1
values = height(points) + 0.05 * torch.randn(4000)
grid = torch.rand(1500, 2) * 2 - 1
model = FourierNet()
optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=2e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for epoch in range(20):
    for idx in torch.randperm(4000).split(100):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(points[idx]), values[idx])
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: {loss.item():.5f}")

with torch.no_grad():
    r2 = 1 - (model(grid) - height(grid)).pow(2).mean() / height(grid).var()
print(f"FINAL r2={r2.item():.4f}")
