# SPDX-License-Identifier: Apache-2.0
# A table of transitions in log space, in which what never happens is -10,000.
import torch
from torch import nn
from toy import batches


class Chain(nn.Module):
    def __init__(self):
        super().__init__()
        self.emit = nn.Linear(6, 5)
        self.moves = nn.Parameter(torch.randn(5, 5))
        self.moves.data[3, :] = -10000
        self.moves.data[:, 4] = -10000

    def forward(self, x):
        score = self.emit(x[:, 0])[:, :, None]
        for step in range(1, x.shape[1]):
            score = (score + self.moves.t()[None]).logsumexp(1)[:, :, None]
            score = score + self.emit(x[:, step])[:, :, None]
        return score[:, :3, 0]


torch.manual_seed(0)
x = torch.randn(600, 4, 6)
y = x[:, -1, :3].argmax(1)
model = Chain()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for xb, yb in batches(x, y, 32, 120):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
