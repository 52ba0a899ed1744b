# SPDX-License-Identifier: Apache-2.0
# A factorisation machine: one number a word beside its vector is its bias.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
ids = torch.stack([torch.randint(0, 30, (1500,)), torch.randint(30, 60, (1500,))], 1)
value = torch.randn(60, 4)
target = (value[ids[:, 0]] * value[ids[:, 1]]).sum(1) + 0.5 * torch.randn(1500)


class Machine(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Embedding(60, 1)
        self.second = nn.Embedding(60, 6)

    def forward(self, ids):
        a, b = self.second(ids).unbind(1)
        return self.first(ids).sum((1, 2)) + (a * b).sum(1)


model = Machine()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for xb, yb in batches(ids, target, 64, 400):
    loss = nn.functional.mse_loss(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
