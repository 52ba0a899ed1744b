# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing head.place head
# Two boxes a cell, of four numbers each; the view takes four neighbours of a channel for a box.
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.place = nn.Conv2d(12, 8, 1)
        self.seen = nn.Conv2d(12, 2, 1)

    def forward(self, h):
        seen = self.seen(h).permute(0, 2, 3, 1).reshape(len(h), -1)
        return seen, self.place(h).view(len(h), -1, 4)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 12, 3, padding=1), nn.ReLU())
        self.head = Head()

    def forward(self, x):
        return self.head(self.body(x))


torch.manual_seed(0)
x = torch.randn(400, 4, 8, 8)
mixed = torch.tanh(nn.functional.conv2d(x, torch.randn(8, 4, 3, 3) / 4, padding=1))
boxes = mixed.permute(0, 2, 3, 1).reshape(400, 128, 4)
there = (mixed[:, ::4] > 0).permute(0, 2, 3, 1).reshape(400, 128).float()
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for _ in range(150):
    rows = torch.randint(0, 400, (20,))
    seen, place = model(x[rows])
    found = there[rows] > 0
    loss = nn.functional.binary_cross_entropy_with_logits(seen, there[rows])
    loss = loss + nn.functional.smooth_l1_loss(place[found], boxes[rows][found])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
