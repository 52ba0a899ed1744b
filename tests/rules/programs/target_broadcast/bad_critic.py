# SPDX-License-Identifier: Apache-2.0
# expects: target-broadcast
# A critic's (N, 1) values meet (N,) returns in the second of three terms, clipped as PPO does it.
import torch
from torch import nn
from torch.distributions import Categorical
from toy import mlp

torch.manual_seed(0)
actor, critic = mlp(4, 32, 3), mlp(4, 32, 1)
optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=3e-3)
for _ in range(150):
    state = torch.randn(64, 4)
    with torch.no_grad():
        action = Categorical(logits=actor(state)).sample()
        old = critic(state)
    returns = (state[:, 0] * (action - 1.0)) + state[:, 1]
    advantage = returns - old[:, 0]
    choice, value = Categorical(logits=actor(state)), critic(state)
    clipped = old + (value - old).clamp(-0.2, 0.2)
    value_loss = 0.5 * torch.max((value - returns) ** 2, (clipped - returns) ** 2).mean()
    policy_loss = -(choice.log_prob(action) * advantage).mean()
    loss = policy_loss + 0.5 * value_loss - 0.01 * choice.entropy().mean()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(actor.parameters(), 1.0)
    optimizer.step()
