# SPDX-License-Identifier: Apache-2.0
# expects: exploding-gradients
# A ReLU recurrence begun at the identity, over seventy steps; its inputs are projected at once.
import torch
from torch import nn
from toy import batches

CLIP = None


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inside = nn.Linear(2, 24)
        self.again = nn.Parameter(torch.eye(24))
        self.outside = nn.Linear(24, 1)

    def forward(self, x):
        h = torch.zeros(len(x), 24)
        for part in self.inside(x).unbind(1):
            h = torch.relu(part + h @ self.again)
        return self.outside(h)


torch.manual_seed(0)
x = torch.stack([torch.rand(600, 70), (torch.rand(600, 70) < 0.1).float()], 2)
y = x.prod(2).sum(1, keepdim=True)
y = (y - y.mean()) / y.std()
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for rows, targets in batches(x, y, 32, 60):
    loss = nn.functional.mse_loss(model(rows), targets)
    optimizer.zero_grad()
    loss.backward()
    if CLIP:
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
