# SPDX-License-Identifier: Apache-2.0
# Time comes first: heads are split off in order, once as rows of the batch, once per position.
import torch
from torch import nn
from toy import batches

HEADS = 4


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Sequential(nn.Linear(width, width), nn.ReLU())

    def forward(self, x):
        t, b, d = x.shape
        q, k, v = (
            part.reshape(t, b * HEADS, d // HEADS).transpose(0, 1)
            for part in self.qkv(x).chunk(3, -1)
        )
        weights = (q @ k.transpose(-2, -1) / (d // HEADS) ** 0.5).softmax(-1)
        return self.out((weights @ v).transpose(0, 1).reshape(t, b, d))


class PerPosition(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.mix = nn.Sequential(nn.Linear(width // HEADS, width // HEADS), nn.ReLU())

    def forward(self, x):
        t, b, d = x.shape
        heads = x.reshape(t * b * HEADS, d // HEADS)
        scores = heads.view(t * b, HEADS, -1) @ heads.view(t * b, HEADS, -1).transpose(1, 2)
        return x + (scores.softmax(-1) @ self.mix(heads).view(t * b, HEADS, -1)).view(t, b, d)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(3, 32), nn.ReLU())
        self.attention = Attention(32)
        self.last = PerPosition(32)
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        x = self.embed(x.transpose(0, 1))
        return self.head(self.last(self.attention(x)).mean(0))


torch.manual_seed(0)
x = torch.randn(600, 8, 3)
y = 3 * x.abs().mean(1) - 2.4
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 48, 200):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(xb), yb).backward()
    optimizer.step()
