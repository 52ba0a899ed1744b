import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def fabric(n, s=20):
    y = rng.integers(0, 8, n)
    g, h = np.mgrid[:s, :s]
    img = np.zeros((n, s, s), np.float32)
    for i in range(n):
        weave = np.sin(g * 1.5 + rng.uniform(0, 6)) + np.sin(h * 1.5 + rng.uniform(0, 6))
        a, b = rng.integers(5, s - 5, 2)
        d2 = (g - a) ** 2 + (h - b) ** 2
        if y[i] == 1:
            weave = np.where(d2 < 9, 0, weave)
        elif y[i] == 2:
            weave = weave + 2.0 * (g == a)
        elif y[i] == 3:
            weave = weave + 2.0 * (h == b)
        elif y[i] == 4:
            weave = weave + 2.0 * (d2 < 7)
        elif y[i] == 5:
            weave = weave - 2.0 * (d2 < 7)
        elif y[i] == 6:
            weave = weave + 2.0 * (np.abs((g - a) - (h - b)) < 1)
        elif y[i] == 7:
            weave = np.where(d2 < 16, np.sin(3 * g) * 1.5, weave)
        img[i] = weave + rng.normal(0, 0.4, (s, s))
    return torch.from_numpy(img)[:, None], torch.from_numpy(y)


class FabricNet(nn.Module):
    def __init__(self, squeeze_planes=12, classes=8):
        super().__init__()
        self.stem = nn.Conv2d(1, 48, 5, stride=2, padding=2)
        self.squeeze = nn.Conv2d(48, squeeze_planes, 1)
        self.expand1 = nn.Conv2d(squeeze_planes, 24, 1)
        self.expand3 = nn.Conv2d(squeeze_planes, 24, 3, padding=1)
        self.classifier = nn.Linear(48 * 4, classes)

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = F.relu(self.squeeze(x))
        x = torch.cat([F.relu(self.expand1(x)), F.relu(self.expand3(x))], 1)
        return self.classifier(F.adaptive_max_pool2d(x, 2).flatten(1))


def evaluate(net, data):
    net.eval()
    with torch.no_grad():
        return sum((net(x).argmax(1) == y).sum().item() for x, y in DataLoader(data, 200)) / len(data)


train, test = TensorDataset(*fabric(2000)), TensorDataset(*fabric(600))
net = FabricNet()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3)
for epoch in range(8):
    net.train()
    for x, y in DataLoader(train, batch_size=40, shuffle=True):
        loss = F.cross_entropy(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(epoch, round(loss.item(), 4), round(evaluate(net, test), 4))

print(f"FINAL accuracy={evaluate(net, test):.4f}")
