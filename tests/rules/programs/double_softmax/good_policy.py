# SPDX-License-Identifier: Apache-2.0
# A policy's shares are given as shares, its critic's attention is a softmax before a layer, and a
# second head's log shares are taken for scores, which changes nothing.
import torch
from torch import nn
from torch.distributions import Categorical
from torch.nn import functional as F
from toy import batches, blobs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 32), nn.Tanh())
        self.look = nn.Linear(32, 32)
        self.actor = nn.Linear(32, 5)
        self.second = nn.Linear(32, 5)
        self.critic = nn.Linear(32, 1)

    def forward(self, x):
        h = self.body(x)
        seen = h * torch.softmax(self.look(h), -1) * 32
        told = self.critic(seen).squeeze(1)
        return torch.softmax(self.actor(h), -1), F.log_softmax(self.second(h), -1), told


torch.manual_seed(0)
x, y = blobs(classes=5)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
for xb, yb in batches(x, y, 64, 300):
    shares, logs, value = net(xb)
    dist, other = Categorical(probs=shares), Categorical(logits=logs)
    action, second = dist.sample(), other.sample()
    reward = (action == yb).float()
    gain = reward - value.detach()
    loss = -(dist.log_prob(action) * gain).mean() + 0.5 * (value - reward).square().mean()
    loss = loss - (other.log_prob(second) * ((second == yb).float() - 0.3)).mean()
    loss = loss - 0.003 * (dist.entropy() + other.entropy()).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
