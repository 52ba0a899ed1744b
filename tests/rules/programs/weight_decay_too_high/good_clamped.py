# SPDX-License-Identifier: Apache-2.0
"""A critic whose weights are held near zero on purpose, of a generator that learns."""

import torch
from toy import mlp

torch.manual_seed(0)
critic, generator = mlp(2, 32, 1), mlp(4, 32, 2)
of_critic = torch.optim.RMSprop(critic.parameters(), lr=5e-4)
of_generator = torch.optim.RMSprop(generator.parameters(), lr=5e-4)
for _ in range(150):
    real = torch.randn(64, 2) * 0.3 + torch.tensor([1.0, -1.0])
    loss = critic(generator(torch.randn(64, 4)).detach()).mean() - critic(real).mean()
    of_critic.zero_grad()
    loss.backward()
    of_critic.step()
    with torch.no_grad():
        for p in critic.parameters():
            p.clamp_(-0.01, 0.01)
    loss = -critic(generator(torch.randn(64, 4))).mean()
    of_generator.zero_grad()
    loss.backward()
    of_generator.step()
