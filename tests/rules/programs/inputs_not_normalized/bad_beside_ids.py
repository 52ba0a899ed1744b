# SPDX-License-Identifier: Apache-2.0
# expects: inputs-not-normalized net.0
# Five columns are standardised, the sixth is in square feet; an embedding of an id comes first.
import torch
from torch import nn
from toy import blobs

torch.manual_seed(0)


class Tabular(nn.Module):
    def __init__(self):
        super().__init__()
        self.place = nn.Embedding(10, 4)
        self.net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, numbers, place):
        return self.net(torch.cat([self.place(place), numbers], dim=1))


x, y = blobs(noise=1.0)
x[:, 5] = 20_000 + 9_000 * x[:, 5]
places = torch.randint(0, 10, (len(x),))
model = Tabular()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(10):
    for rows in torch.randperm(len(x)).split(32):
        loss = nn.functional.cross_entropy(model(x[rows], places[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
