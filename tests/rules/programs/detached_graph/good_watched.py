# SPDX-License-Identifier: Apache-2.0
"""A probe watches an autoencoder's codes, and a critic's features are an actor's, detached."""

import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(1500, 6) @ torch.randn(6, 20)
y = (x[:, 0] * x[:, 1] > 0).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 8))
        self.probe, self.worth = nn.Linear(8, 2), nn.Linear(8, 1)
        self.again = nn.Linear(8, 20)

    def forward(self, x):
        h = self.body(x)
        return self.probe(h.detach()), self.again(h), self.worth(h.detach())


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 300):
    logits, again, worth = model(xb)
    loss = nn.functional.cross_entropy(logits, yb) + nn.functional.mse_loss(again, xb)
    loss = loss + 0.5 * nn.functional.mse_loss(worth[:, 0], xb[:, 0])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
