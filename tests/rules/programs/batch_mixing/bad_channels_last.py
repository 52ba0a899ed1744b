# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing mix
import torch
from torch import nn
from toy import train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, 3)
        self.mix = nn.Linear(12, 12)
        self.head = nn.Linear(12, 1)

    def forward(self, x):
        h = torch.relu(self.conv(x))
        rows = h.view(len(h), 49, 12)
        return self.head(torch.relu(self.mix(rows)))


torch.manual_seed(0)
x = torch.randn(400, 1, 9, 9)
y = (x[:, :, 1:8, 1:8] * x[:, :, 1:8, :7]).reshape(400, 49, 1)
model = Net()
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
