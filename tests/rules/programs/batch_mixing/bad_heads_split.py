# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing attention attention.out
# Heads are split off by a view, ahead of the positions: each gets some of them whole.
import torch
from torch import nn
from toy import batches

HEADS = 4


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (part.reshape(b, HEADS, t, d // HEADS) for part in self.qkv(x).chunk(3, -1))
        weights = (q @ k.transpose(-2, -1) / (d // HEADS) ** 0.5).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(b, t, d))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 32)
        self.attention = Attention(32)
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        return self.head(self.attention(self.embed(x)))


torch.manual_seed(0)
x = torch.randn(600, 8, 3)
y = x[:, :1] * x  # each position against the first one
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 48, 200):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(xb), yb).backward()
    optimizer.step()
