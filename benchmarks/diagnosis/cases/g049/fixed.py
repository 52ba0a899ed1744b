import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def blobs(n, s=20):
    """pictures with one soft blob; the target is its centre and its radius, standardised"""
    yy, xx = np.mgrid[:s, :s]
    cy, cx = rng.uniform(4, s - 4, (2, n))
    r = rng.uniform(1.2, 3.2, n)
    img = np.exp(-((yy - cy[:, None, None]) ** 2 + (xx - cx[:, None, None]) ** 2) / (2 * r[:, None, None] ** 2))
    img = img + 0.1 * rng.standard_normal(img.shape)
    target = np.stack([(cy - s / 2) / 3.5, (cx - s / 2) / 3.5, (r - 2.2) / 0.58], 1)
    return torch.tensor(img[:, None], dtype=torch.float32), torch.tensor(target, dtype=torch.float32)


class BlobNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(24 * 25, 96)
        self.bn1 = nn.BatchNorm1d(96)
        self.fc2 = nn.Linear(96, 48)
        self.bn2 = nn.BatchNorm1d(48)
        self.fc3 = nn.Linear(48, 3)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)
        x = self.bn1(F.relu(self.fc1(x)))
        x = self.bn2(F.relu(self.fc2(x)))
        return self.fc3(x)


x_train, y_train = blobs(1500)
x_test, y_test = blobs(500)
net = BlobNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    net.train()
    total = 0.0
    perm = torch.randperm(len(x_train))
    for i in range(0, len(x_train), 50):
        j = perm[i:i + 50]
        opt.zero_grad()
        loss = F.smooth_l1_loss(net(x_train[j]), y_train[j])
        loss.backward()
        opt.step()
        total += loss.item() * len(j)
    net.eval()
    with torch.no_grad():
        val = F.smooth_l1_loss(net(x_test), y_test).item()
    print(f"epoch {epoch:2d} train {total / len(x_train):.4f} test {val:.4f}")

with torch.no_grad():
    rss = ((net(x_test) - y_test) ** 2).sum(0)
    r2 = (1 - rss / ((y_test - y_test.mean(0)) ** 2).sum(0)).mean().item()
print(f"FINAL r2={r2:.4f}")
