# SPDX-License-Identifier: Apache-2.0
# healthy
# It runs over the classes, which are the second dimension of pictures.
import torch
from torch import nn

torch.manual_seed(0)
maps = torch.randint(0, 4, (200, 8, 8))
x = nn.functional.one_hot(maps, 4).permute(0, 3, 1, 2) + 0.3 * torch.randn(200, 4, 8, 8)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(4, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 4, 1))
        self.normed = nn.LogSoftmax(dim=1)

    def forward(self, x):
        return self.normed(self.body(x))


model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for step in range(150):
    rows = torch.randint(0, 200, (20,))
    loss = nn.functional.nll_loss(model(x[rows]), maps[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
