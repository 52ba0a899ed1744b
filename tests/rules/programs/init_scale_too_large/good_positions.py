# SPDX-License-Identifier: Apache-2.0
# A class token and a table of positions, drawn on unit scale: they are added, and multiply nothing.
import torch
from torch import nn
from toy import batches


class Embed(nn.Module):
    def __init__(self):
        super().__init__()
        self.proj = nn.Linear(6, 32)
        self.token = nn.Parameter(torch.randn(1, 1, 32))
        self.places = nn.Parameter(torch.randn(1, 9, 32))

    def forward(self, x):
        x = torch.cat([self.token.expand(len(x), -1, -1), self.proj(x)], dim=1)
        return x + self.places[:, : x.shape[1]]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = Embed()
        self.block = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.head = nn.Linear(32, 3)

    def forward(self, x):
        return self.head(self.block(self.embed(x))[:, 0])


torch.manual_seed(0)
x = torch.randn(600, 8, 6)
y = x[:, :, 0].mean(1).mul(3).round().clamp(-1, 1).long() + 1
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, yb in batches(x, y, 32, 150):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
