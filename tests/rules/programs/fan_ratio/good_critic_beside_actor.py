# SPDX-License-Identifier: Apache-2.0
# A critic's single value runs before the actor's wide layer, and does not go on to it.
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(0)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.critic = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 1))
        self.actor = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 2))

    def forward(self, state):
        value = self.critic(state).squeeze(1)
        return Categorical(logits=self.actor(state)), value


model = ActorCritic()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(300):
    state = torch.randn(64, 4)
    policy, value = model(state)
    action = policy.sample()
    reward = (action == (state[:, 0] > 0)).float() + 3 * torch.randn(64)
    advantage = reward - value
    actor = -(policy.log_prob(action) * advantage.detach()).mean()
    loss = actor + 0.5 * advantage.pow(2).mean() - 0.01 * policy.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
