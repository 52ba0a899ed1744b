# SPDX-License-Identifier: Apache-2.0
# Two tasks on one trunk, the price in hundreds: it makes up the sum, Adam learns both all the same.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, kinds = blobs(rows=800)
prices = 100.0 + 150.0 * (x[:, 1] + x[:, 2] * x[:, 3])


class Joint(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU())
        self.kind = nn.Linear(32, 4)
        self.price = nn.Linear(32, 1)

    def forward(self, x):
        features = self.trunk(x)
        return self.kind(features), self.price(features)[:, 0]


model = Joint()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
both = torch.stack([kinds.float(), prices], 1)
for xb, wanted in batches(x, both, 32, 250):
    scores, price = model(xb)
    loss = nn.functional.cross_entropy(scores, wanted[:, 0].long())
    loss = loss + nn.functional.mse_loss(price, wanted[:, 1])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
