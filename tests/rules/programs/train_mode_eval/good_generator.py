# SPDX-License-Identifier: Apache-2.0
# A generator with batch norm whose samples are looked at once an epoch, gradients and all.
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(512, 2) * torch.tensor([0.5, 1.5]) + torch.tensor([1.0, -1.0])
generator = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
slow = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
fast = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
told = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)
fixed = torch.randn(64, 4)
for epoch in range(10):
    for xb in real[torch.randperm(512)].split(64):
        fakes = generator(torch.randn(64, 4))
        loss = told(critic(xb), ones) + told(critic(fakes.detach()), zeros)
        fast.zero_grad()
        loss.backward()
        fast.step()
        fooled = told(critic(fakes), ones)
        slow.zero_grad()
        fooled.backward()
        slow.step()
    print(epoch, generator(fixed).mean(0).tolist())
