# SPDX-License-Identifier: Apache-2.0
# expects: unregistered-parameters
import torch
from torch import nn
from toy import curve, mlp, train


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = [mlp(8, 16, 2, depth=1) for _ in range(3)]
        self.head = nn.Linear(6, 1)

    def forward(self, x):
        return self.head(torch.cat([block(x) for block in self.blocks], 1))


torch.manual_seed(0)
x, y = curve()
model = Net()
train(model, x, y, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
