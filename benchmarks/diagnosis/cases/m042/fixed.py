import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

G = torch.Generator().manual_seed(3)
MARKERS = torch.randn(8, 3, generator=G)


def compass(n):
    """Eight markers seen from a turning craft; the heading (a unit vector) is wanted."""
    heading = F.normalize(torch.randn(n, 3), dim=1)
    still = torch.rand(n, 1) < 0.04
    heading = torch.where(still, torch.tensor([0.0, 0.0, 1.0]), heading)
    readings = heading @ MARKERS.T + 0.3 * (heading @ MARKERS.T) ** 2
    noise = 0.02 * torch.randn(n, 8) * (~still)
    return readings + noise, heading


class HeadingNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 3))

    def forward(self, x):
        return F.normalize(self.net(x), dim=1)


def angle_between(a, b):
    return torch.atan2(torch.linalg.cross(a, b).pow(2).sum(1).add(1e-8).sqrt(), (a * b).sum(1))


x_train, h_train = compass(4000)
x_test, h_test = compass(1000)
model = HeadingNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

step = 0
for epoch in range(25):
    for idx in torch.randperm(4000).split(80):
        loss = angle_between(model(x_train[idx]), h_train[idx]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 125 == 0:
            print(f"step {step}: mean angle {loss.item():.4f} rad")

with torch.no_grad():
    cosine = (model(x_test) * h_test).sum(1)
    within = (cosine > 0.995).float().mean().item()
print(f"FINAL accuracy={within:.4f}")
