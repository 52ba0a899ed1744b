# SPDX-License-Identifier: Apache-2.0
# A mixture of one expert, by a setting.
import torch
from torch import nn
from toy import curve, mlp, train


class Mixture(nn.Module):
    def __init__(self, experts=1):
        super().__init__()
        self.gate = nn.Linear(8, experts)
        self.experts = nn.ModuleList(mlp(8, 24, 1) for _ in range(experts))

    def forward(self, x):
        weights = torch.softmax(self.gate(x), dim=-1)
        told = torch.stack([expert(x) for expert in self.experts], dim=1)
        return (weights.unsqueeze(-1) * told).sum(dim=1)


torch.manual_seed(0)
x, y = curve()
net = Mixture()
train(net, x, y, nn.MSELoss(), torch.optim.Adam(net.parameters(), lr=3e-3), 60)
