# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing attention attention.out
import torch
from torch import nn
from toy import train

HEADS = 4


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, d // HEADS).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (d // HEADS) ** 0.5).softmax(-1)
        return self.out((weights @ v).reshape(b, t, d))


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
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
