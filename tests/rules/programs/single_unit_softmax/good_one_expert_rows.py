# SPDX-License-Identifier: Apache-2.0
# One expert by a setting, to which all steps go as rows; the block's results are summed over time.
import torch
from torch import nn
from toy import mlp, train


class Mixture(nn.Module):
    def __init__(self, width, experts=1):
        super().__init__()
        self.gate = nn.Linear(width, experts)
        self.experts = nn.ModuleList(mlp(width, 24, width) for _ in range(experts))

    def forward(self, x):
        rows = x.reshape(-1, x.size(-1))
        weights = torch.softmax(self.gate(rows), 1)
        told = [weights[:, k : k + 1] * expert(rows) for k, expert in enumerate(self.experts)]
        return x + sum(told).view(x.shape)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 16)
        self.mixture = Mixture(16)
        self.tell = nn.Linear(16, 1)

    def forward(self, x):
        return self.tell(self.mixture(self.embed(x)).sum(1) / x.size(1))


torch.manual_seed(0)
x = torch.randn(1500, 10, 3)
y = (x[:, :, 0] * x[:, :, 1]).mean(1, keepdim=True)
net = Net()
train(net, x, y, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=3e-3), 250, 50)
