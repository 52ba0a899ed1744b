import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

POINTS = 64


def clouds(n):
    kinds = torch.randint(0, 5, (n,))
    u = torch.rand(n, POINTS) * 2 * math.pi
    v = torch.rand(n, POINTS) * 2 - 1
    ball = torch.stack([torch.sqrt(1 - v ** 2) * u.cos(), torch.sqrt(1 - v ** 2) * u.sin(), v], -1)
    tube = torch.stack([0.6 * u.cos(), 0.6 * u.sin(), v], -1)
    cone = torch.stack([0.8 * (1 - v) / 2 * u.cos(), 0.8 * (1 - v) / 2 * u.sin(), v], -1)
    ring = torch.stack([u.cos(), u.sin(), 0.3 * v], -1)
    box = torch.rand(n, POINTS, 3) * 1.6 - 0.8
    every = torch.stack([ball, tube, cone, ring, box])
    xyz = every[kinds, torch.arange(n)]
    angle = torch.rand(n) * 2 * math.pi
    c, s = angle.cos(), angle.sin()
    z = torch.zeros(n)
    turn = torch.stack([torch.stack([c, -s, z], -1), torch.stack([s, c, z], -1), torch.stack([z, z, z + 1], -1)], 1)
    return xyz @ turn + 0.08 * torch.randn(n, POINTS, 3), kinds


class PointNetCls(nn.Module):
    def __init__(self, k=5):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 32, 1)
        self.conv2 = nn.Conv1d(32, 64, 1)
        self.conv3 = nn.Conv1d(64, 96, 1)
        self.bn1 = nn.BatchNorm1d(32)
        self.bn2 = nn.BatchNorm1d(64)
        self.fc1 = nn.Linear(96, 48)
        self.fc3 = nn.Linear(48, k)

    def forward(self, xyz):
        x = xyz.transpose(2, 1)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.conv3(x).max(dim=2)[0]
        x = F.relu(self.fc1(x))
        x = self.fc3(x)
        return x


def main():
    train = DataLoader(TensorDataset(*clouds(1500)), batch_size=32, shuffle=True)
    test = DataLoader(TensorDataset(*clouds(500)), batch_size=100)
    classifier = PointNetCls()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=1e-3, betas=(0.9, 0.999))
    for epoch in range(5):
        classifier.train()
        for i, (points, target) in enumerate(train):
            optimizer.zero_grad()
            pred = classifier(points)
            loss = F.nll_loss(pred, target)
            loss.backward()
            optimizer.step()
            if i % 20 == 0:
                print(f"[{epoch}: {i}/{len(train)}] train loss: {loss.item():.4f}")
    classifier.eval()
    correct = total = 0
    with torch.no_grad():
        for points, target in test:
            correct += classifier(points).max(1)[1].eq(target).sum().item()
            total += len(target)
    print(f"FINAL accuracy={correct / total:.4f}")


if __name__ == "__main__":
    main()
