# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import blobs, train


class Late(nn.Module):
    """Its dense layers are made when their sizes show."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(12, 6)
        self.dense = None

    def forward(self, x):
        x = self.first(x).tanh()
        if self.dense is None:
            self.dense = nn.Sequential(nn.Linear(x.shape[1], 32), nn.ReLU(), nn.Linear(32, 4))
        return self.dense(x)


torch.manual_seed(0)
x, y = blobs()
model = Late()
model(x[:2])
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
train(model, x, y, nn.CrossEntropyLoss(), optimizer)
