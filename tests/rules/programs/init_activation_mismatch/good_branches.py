# SPDX-License-Identifier: Apache-2.0
# Three branches of three layers side by side: a signal passes four of the ten, at the default.
# Most labels are noise, so that what is learnt leaves much.
import torch
from torch import nn
from toy import blobs, mlp, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*mlp(4, 64, 16), nn.ReLU()) for _ in range(3))
        self.fuse = nn.Sequential(nn.Linear(48, 64), nn.ReLU(), nn.Linear(64, 4))

    def forward(self, x):
        parts = x.split(4, 1)
        return self.fuse(torch.cat([f(p) for f, p in zip(self.branches, parts, strict=True)], 1))


torch.manual_seed(0)
x, y = blobs(2000)
y = torch.where(torch.rand(2000) < 0.6, torch.randint(0, 4, (2000,)), y)
model = Net()
train(model, 0.3 * x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3), 200)
