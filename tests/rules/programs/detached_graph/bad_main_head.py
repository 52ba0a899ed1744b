# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph body.0 body.2
"""The main head is put on a detached copy; the reconstruction, at a tenth, trains the body."""

import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
x = torch.randn(1500, 20) * torch.cat([torch.full((2,), 0.3), torch.full((18,), 1.5)])
y = (x[:, 0] * x[:, 1] > 0).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 8), nn.ReLU())
        self.answer = nn.Linear(8, 2)
        self.again = nn.Linear(8, 20)

    def forward(self, x):
        h = self.body(x)
        return self.answer(h.detach()), self.again(h)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 300):
    logits, again = model(xb)
    loss = nn.functional.cross_entropy(logits, yb) + 0.1 * nn.functional.mse_loss(again, xb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
