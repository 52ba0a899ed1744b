# SPDX-License-Identifier: Apache-2.0
"""A target branch that follows the trained one by an average of its weights."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(600, 12) @ torch.randn(12, 12)


class Bootstrap(nn.Module):
    def __init__(self):
        super().__init__()
        self.online = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 16))
        self.predictor = nn.Linear(16, 16)
        self.target = copy.deepcopy(self.online)
        for p in self.target.parameters():
            p.requires_grad = False

    def forward(self, a, b):
        return F.mse_loss(self.predictor(self.online(a)), self.target(b).detach())


model = Bootstrap()
optimizer = torch.optim.Adam([*model.online.parameters(), *model.predictor.parameters()], lr=1e-3)
for epoch in range(6):
    for rows in torch.randperm(600).split(50):
        batch = x[rows]
        a, b = (batch + 0.1 * torch.randn_like(batch) for _ in range(2))
        loss = model(a, b)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            pairs = zip(model.target.parameters(), model.online.parameters(), strict=True)
            for slow, fast in pairs:
                slow.lerp_(fast, 0.02)
