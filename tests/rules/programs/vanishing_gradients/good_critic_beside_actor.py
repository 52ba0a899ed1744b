# SPDX-License-Identifier: Apache-2.0
# PPO's actor begins at a hundredth on purpose; its gradient is not what is left of the critic's.
import torch
from torch import nn
from torch.distributions import Categorical

torch.manual_seed(0)


def orthogonal(layer, gain=2**0.5):
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def network(outputs, gain):
    return nn.Sequential(
        orthogonal(nn.Linear(4, 64)),
        nn.Tanh(),
        orthogonal(nn.Linear(64, 64)),
        nn.Tanh(),
        orthogonal(nn.Linear(64, outputs), gain),
    )


class Agent(nn.Module):
    def __init__(self):
        super().__init__()
        self.critic, self.actor = network(1, 1.0), network(2, 0.01)


agent = Agent()
optimizer = torch.optim.Adam(agent.parameters(), lr=1e-3, eps=1e-5)
for step in range(150):
    state = torch.randn(128, 4)
    policy, value = Categorical(logits=agent.actor(state)), agent.critic(state).squeeze(1)
    action = policy.sample()
    returns = 20 + 0.1 * step + 10 * torch.randn(128) + (action == (state[:, 0] > 0))
    advantage = (returns - value).detach()
    advantage = (advantage - advantage.mean()) / advantage.std()
    actor = -(policy.log_prob(action) * advantage).mean()
    loss = actor + 0.5 * (returns - value).pow(2).mean() - 0.01 * policy.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
    optimizer.step()
