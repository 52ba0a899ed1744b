import os

import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
MEMBERS = 12


def weather(n):
    wind = torch.rand(n) * 20
    gust = torch.rand(n)
    angle = torch.rand(n) * 6.283
    clean = torch.sigmoid((wind - 9) / 1.8) * 4 - 2
    spread = 0.1 + 0.6 * gust * (wind / 20)
    power = clean + 0.3 * torch.cos(angle) + spread * torch.randn(n)
    x = torch.stack([(wind - 10) / 5.8, (gust - 0.5) / 0.29, angle.cos(), angle.sin()], 1)
    return x, power.unsqueeze(1)


class EnsembleNet(nn.Module):
    def __init__(self, noise=4, width=48):
        super().__init__()
        self.noise = noise
        self.net = nn.Sequential(nn.Linear(4 + noise, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        z = torch.randn(len(x), MEMBERS, self.noise)
        rep = x.unsqueeze(1).expand(-1, MEMBERS, -1)
        return self.net(torch.cat([rep, z], 2)).squeeze(2)


def crps(members, truth):
    skill = (members - truth).abs().mean(1)
    spread = (members.unsqueeze(2) - members.unsqueeze(1)).abs().sum((1, 2)) / (2 * MEMBERS * (MEMBERS - 1))
    return (skill - spread).mean()


x, y = weather(4000)
x_test, y_test = weather(1500)
model = EnsembleNet()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(12):
    for rows in torch.randperm(4000).split(80):
        loss = crps(model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")

with torch.no_grad():
    score = crps(model(x_test), y_test).item()
    flat = crps(y[torch.randint(0, 4000, (1500, MEMBERS))].squeeze(2), y_test).item()
print(f"climatology {flat:.4f}")
print(f"FINAL crps={score:.4f}")
