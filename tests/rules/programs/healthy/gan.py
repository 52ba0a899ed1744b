# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
d_optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
criterion = nn.BCEWithLogitsLoss()
for step in range(200):
    angle = 6.28 * torch.rand(64, 1)
    real = torch.cat([angle.cos(), angle.sin()], 1)
    fake = generator(torch.randn(64, 4))
    d_loss = criterion(critic(real), torch.ones(64, 1))
    d_loss = d_loss + criterion(critic(fake.detach()), torch.zeros(64, 1))
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()
    g_loss = criterion(critic(fake), torch.ones(64, 1))
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
