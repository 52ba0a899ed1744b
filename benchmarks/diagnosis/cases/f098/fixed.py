import os

import torch
import torch.nn as nn
from torch.optim import SGD

torch.manual_seed(int(os.environ.get("SEED", 0)))

SPEAKERS, FRAMES, FEATURES = 8, 40, 12
voices = torch.randn(SPEAKERS, FEATURES) * 0.7
spread = 0.6 + torch.rand(SPEAKERS, FEATURES)


def utterances(n):
    who = torch.randint(0, SPEAKERS, (n,))
    channel = 0.8 * torch.randn(n, 1, FEATURES)
    x = voices[who][:, None] * 0.5 + spread[who][:, None] * torch.randn(n, FRAMES, FEATURES) + channel
    x = x * (torch.rand(n, 1, FEATURES) > 0.02)  # now and then a filter of the bank is mute
    return x.transpose(1, 2), who


class StatsPool(nn.Module):
    def forward(self, x):
        mean = x.mean(dim=2)
        var = ((x - mean.unsqueeze(2)) ** 2).mean(dim=2)
        return torch.cat([mean, torch.sqrt(var + 1e-5)], dim=1)


class XVector(nn.Module):
    def __init__(self, width=72):
        super().__init__()
        self.frames = nn.Sequential(
            nn.Conv1d(FEATURES, width, 5, groups=FEATURES), nn.ReLU(), nn.Conv1d(width, width, 3, groups=FEATURES), nn.ReLU()
        )
        self.pool = StatsPool()
        self.segment = nn.Sequential(nn.Linear(2 * width, 64), nn.ReLU(), nn.Linear(64, SPEAKERS))

    def forward(self, x):
        return self.segment(self.pool(self.frames(x)))


x_train, y_train = utterances(2400)
x_test, y_test = utterances(600)
net = XVector()
opt = SGD(net.parameters(), lr=0.02, momentum=0.9)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    order = torch.randperm(len(x_train))
    total, count = 0.0, 0
    for start in range(0, len(order), 32):
        rows = order[start : start + 32]
        loss = criterion(net(x_train[rows]), y_train[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        total, count = total + loss.item(), count + 1
    print(f"epoch {epoch:2d} | train loss {total / count:.4f}")

net.eval()
with torch.no_grad():
    hits = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={hits:.4f}")
