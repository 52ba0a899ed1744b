import os

import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
STOPS = 24
g = torch.Generator().manual_seed(6)
ROUTES = torch.stack([torch.randperm(STOPS, generator=g) for _ in range(3)])


def trips(n):
    stop = torch.randint(0, STOPS, (n,))
    hour = torch.randint(0, 3, (n,))
    wanted = ROUTES[hour, stop]
    other = ROUTES[torch.randint(0, 3, (n,)), stop]
    chance = torch.randint(0, STOPS, (n,))
    u = torch.rand(n)
    return stop, hour, torch.where(u < 0.55, wanted, torch.where(u < 0.8, other, chance))


class MixtureOfSoftmaxes(nn.Module):
    def __init__(self, dim=24, k=3):
        super().__init__()
        self.stop = nn.Embedding(STOPS, dim)
        self.hour = nn.Embedding(3, dim)
        self.hidden = nn.Linear(2 * dim, 64)
        self.gate = nn.Linear(64, k)
        self.experts = nn.ModuleList([nn.Linear(64, STOPS) for _ in range(k)])

    def forward(self, stop, hour):
        h = torch.relu(self.hidden(torch.cat([self.stop(stop), self.hour(hour)], 1)))
        weights = F.softmax(self.gate(h), dim=1)
        each = torch.stack([F.softmax(e(h), dim=1) for e in self.experts], 1)
        mixed = (weights.unsqueeze(-1) * each).sum(1)
        return torch.log(mixed + 1e-9)


train, test = trips(6000), trips(2000)
model = MixtureOfSoftmaxes()
criterion = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(8):
    total = 0.0
    for idx in torch.randperm(6000).split(75):
        stop, hour, after = (t[idx] for t in train)
        loss = criterion(model(stop, hour), after)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch}: {total / 80:.4f}")

with torch.no_grad():
    acc = (model(test[0], test[1]).argmax(1) == test[2]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
