# SPDX-License-Identifier: Apache-2.0
"""Weights in a list that the optimizer gets by name, and a scale beside them moved by hand."""

import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(32, 4)
        self.weights = [nn.Parameter(torch.randn(12, 32) / 12**0.5), nn.Parameter(torch.zeros(32))]
        self.scales = {"out": nn.Parameter(torch.ones(1))}

    def forward(self, x):
        weight, bias = self.weights
        return self.head(torch.relu(x @ weight + bias)) * self.scales["out"]


model = Net()
optimizer = torch.optim.Adam([*model.parameters(), *model.weights], lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scale = model.scales["out"]
    with torch.no_grad():
        scale -= 0.01 * scale.grad
    scale.grad = None
