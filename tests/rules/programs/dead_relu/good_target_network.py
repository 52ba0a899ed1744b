# SPDX-License-Identifier: Apache-2.0
# Temporal differences: a copy of the network makes the targets, and as what it expects grows, so
# does the loss. Units that rest meanwhile do no harm.
import torch
from toy import mlp

torch.manual_seed(0)
network, target = mlp(4, 64, 2), mlp(4, 64, 2)
target.load_state_dict(network.state_dict())
with torch.no_grad():
    for each in (network, target):
        each[2].bias[:40] -= 3.0
optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
for step in range(300):
    state, following = torch.randn(64, 4), torch.randn(64, 4)
    action = torch.randint(0, 2, (64, 1))
    reward = 1.0 + 0.5 * torch.randn(64) + (action[:, 0] == (state[:, 0] > 0)).float()
    with torch.no_grad():
        expected = reward + 0.98 * target(following).max(1)[0] * (torch.rand(64) > 0.02)
    value = network(state).gather(1, action).squeeze(1)
    loss = (value - expected).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 20 == 0:
        target.load_state_dict(network.state_dict())
