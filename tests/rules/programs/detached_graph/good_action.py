# SPDX-License-Identifier: Apache-2.0
# Actions that a policy samples go into a model of the world, in the same forward.
import torch
from torch import nn
from torch.distributions import Normal
from toy import batches, mlp


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.policy = mlp(4, 32, 2)
        self.spread = nn.Linear(4, 2)
        self.world = mlp(6, 32, 4)

    def forward(self, state):
        intent = Normal(self.policy(state), torch.exp(0.1 * self.spread(state)))
        action = intent.sample()
        return self.world(torch.cat([state, action], 1)), intent, action


torch.manual_seed(0)
states = torch.randn(600, 4)
push = 0.3 * torch.randn(2, 4)
model = Agent()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for state, _ in batches(states, states, 64, 300):
    guess, intent, action = model(state)
    following = state + action @ push
    reward = -(following**2).sum(1)
    chosen = intent.log_prob(action).sum(1)
    loss = ((guess - following) ** 2).mean() - 0.05 * (chosen * (reward - reward.mean())).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
