# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn

torch.manual_seed(0)
policy = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 3))
optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
for step in range(200):
    state = torch.randn(64, 4)
    chosen = torch.distributions.Categorical(logits=policy(state))
    action = chosen.sample()
    reward = (action == (state[:, 0] > 0).long() + (state[:, 1] > 0).long()).float()
    loss = -(chosen.log_prob(action) * (reward - reward.mean())).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
