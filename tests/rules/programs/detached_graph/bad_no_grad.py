# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph encoder
import torch
from torch import nn
from toy import batches, curve

torch.manual_seed(0)
x, y = curve()


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 16), nn.ReLU())
        self.head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
        self.optimizer = torch.optim.Adam(self.parameters(), lr=3e-3)

    def update(self, xb, yb):
        with torch.no_grad():
            features = self.encoder(xb)
        loss = nn.functional.mse_loss(self.head(features), yb)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()


agent = Agent()
for xb, yb in batches(x, y, 32, 300):
    agent.update(xb, yb)
