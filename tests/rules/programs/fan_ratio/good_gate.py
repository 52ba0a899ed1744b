# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import train


class Gated(nn.Module):
    """Where to look is one channel, which what it weighs goes around."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, stride=2)
        self.look = nn.Conv2d(32, 1, 1)
        self.body = nn.Conv2d(32, 32, 3, padding=1)
        self.out = nn.Linear(32, 8)

    def forward(self, x):
        x = self.stem(x).relu()
        x = self.body(x * self.look(x).sigmoid()).relu()
        return self.out(x.amax((2, 3)))


torch.manual_seed(0)
y = torch.randint(0, 8, (800,))
patterns = torch.randn(8, 1, 3, 3)
x = 0.5 * torch.randn(800, 1, 12, 12)
for row, k in enumerate(y):
    top, left = torch.randint(0, 9, (2,)).tolist()
    x[row, :, top : top + 3, left : left + 3] += patterns[k]
model = Gated()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 600)
