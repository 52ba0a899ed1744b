# SPDX-License-Identifier: Apache-2.0
"""Softmaxes that choose among experts, that attend, and of topics that are decoded."""

import torch
from torch import nn
from toy import blobs, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 32), nn.ReLU())
        self.gate = nn.Linear(32, 4)
        self.experts = nn.ModuleList(nn.Linear(32, 16) for _ in range(4))
        self.score = nn.Linear(16, 1)
        self.topics = nn.Linear(16, 6)
        self.decode = nn.Linear(6, 4)

    def forward(self, x):
        h = self.body(x)
        parts = torch.stack([expert(h) for expert in self.experts], 1)
        h = (self.gate(h).softmax(1).unsqueeze(2) * parts).sum(1)
        h = h + (self.score(parts).softmax(1) * parts).sum(1)
        return self.decode(8 * self.topics(h).softmax(-1))


torch.manual_seed(0)
x, y = blobs()
model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-2))
