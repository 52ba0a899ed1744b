# SPDX-License-Identifier: Apache-2.0
# Q-learning with a target network: what is learnt grows with the network, from 1 to 1 / (1 - 0.9).
import copy

import torch
from torch import nn


def world(state, action):
    """A walk on a ring that pays where it is warm: the next state and the pay."""
    moved = state + 0.3 * (action[:, None].float() - 0.5)
    return moved.remainder(2.0) - 1.0, 1.0 + 0.1 * moved[:, 0].cos()


torch.manual_seed(0)
policy = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
target = copy.deepcopy(policy)
optimizer = torch.optim.AdamW(policy.parameters(), lr=1e-3, amsgrad=True)
states = 2 * torch.rand(2000, 3) - 1
actions = torch.randint(0, 2, (2000,))
followers, pays = world(states, actions)
for _ in range(500):
    with torch.no_grad():
        policy(states[:1]).argmax(1)
    rows = torch.randint(0, 2000, (64,))
    values = policy(states[rows]).gather(1, actions[rows, None])
    with torch.no_grad():
        later = target(followers[rows]).max(1).values
    loss = nn.functional.smooth_l1_loss(values, (pays[rows] + 0.9 * later)[:, None])
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(policy.parameters(), 100)
    optimizer.step()
    mixed = {k: 0.02 * v + 0.98 * target.state_dict()[k] for k, v in policy.state_dict().items()}
    target.load_state_dict(mixed)
