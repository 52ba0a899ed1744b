# SPDX-License-Identifier: Apache-2.0
# A gradient that is small on the plateau that the network begins on and grows as it leaves it: it
# learns little, for there is little to learn, and nothing explodes.
import torch
from torch import nn
from toy import train


class Pick(nn.Module):
    """Which of four rows is it? All begin with nearly the same score."""

    def __init__(self, width=32):
        super().__init__()
        self.look = nn.Sequential(
            nn.Linear(6, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.score = nn.Linear(width, 1)

    def forward(self, x):
        return self.score(self.look(x)).squeeze(-1)


torch.manual_seed(0)
x = torch.randn(4000, 4, 6) * 0.12
chance = torch.softmax(62 * (x[..., 0] * x[..., 1] - x[..., 2] * x[..., 3]), 1)
labels = torch.multinomial(chance, 1).squeeze(1)
model = Pick()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
train(model, x, labels, nn.CrossEntropyLoss(), optimizer, steps=450)
