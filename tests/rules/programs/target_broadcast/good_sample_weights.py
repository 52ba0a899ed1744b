# SPDX-License-Identifier: Apache-2.0
# All differences of a row's guesses and its samples, each sample with a weight that all share.
import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 48), nn.ReLU(), nn.Linear(48, 6))
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for _ in range(200):
    x = torch.rand(32, 2) * 2 - 1
    samples = x[:, :1] + 0.3 * torch.randn(32, 9)
    weight = torch.rand(32, 1, 9).expand(32, 6, 9)
    loss = (weight * (net(x).unsqueeze(2) - samples.unsqueeze(1)).square()).sum(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
