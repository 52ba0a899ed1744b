import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def beats(n, length=80):
    t = np.linspace(0, 1, length)
    y = np.random.randint(0, 3, n)
    shift = np.random.uniform(-0.05, 0.05, (n, 1))
    wave = lambda c, w, a: a * np.exp(-((t - c - shift) / w) ** 2)
    x = wave(0.5, 0.02, 1.0) + wave(0.3, 0.05, 0.2) + wave(0.72, 0.06, 0.35)
    x[y == 1] -= wave(0.3, 0.05, 0.2)[y == 1]
    x[y == 2] += (wave(0.56, 0.04, 0.5) - wave(0.72, 0.06, 0.5))[y == 2]
    x += np.random.normal(0, 0.12, x.shape)
    x = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    return torch.from_numpy(x[:, None].astype(np.float32)), torch.from_numpy(y)


class BeatNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 7, padding=3, bias=True)
        self.bn1 = nn.BatchNorm1d(16)
        self.conv2 = nn.Conv1d(16, 32, 7, padding=3, bias=True)
        self.bn2 = nn.BatchNorm1d(32)
        self.fc = nn.Linear(32, 3)

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.bn1(self.conv1(x))), 4)
        x = F.relu(self.bn2(self.conv2(x)))
        return self.fc(x.amax(dim=2))


x, y = beats(1600)
xv, yv = beats(500)
net = BeatNet()
opt = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9, nesterov=True)
for epoch in range(6):
    net.train()
    for b in torch.randperm(1600).split(40):
        loss = F.cross_entropy(net(x[b]), y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        acc = (net(xv).argmax(1) == yv).float().mean().item()
    print(f"{epoch}: {loss.item():.4f} {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
