# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph place
# The second loss is added as a number: nothing of it is sent back.
import torch
from torch import nn
from toy import curve

torch.manual_seed(0)
x, y = curve()
kind = (y[:, 0] > 0).long()


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.ReLU())
        self.kind = nn.Linear(32, 2)
        self.place = nn.Linear(32, 1)

    def forward(self, x):
        features = self.body(x)
        return self.kind(features), self.place(features)


model = Detector()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, kb, yb in zip(
    *(t.split(30) for t in (x.repeat(8, 1), kind.repeat(8), y.repeat(8, 1))), strict=True
):
    scores, place = model(xb)
    loss = nn.functional.cross_entropy(scores, kb) + nn.functional.mse_loss(place, yb).item()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
