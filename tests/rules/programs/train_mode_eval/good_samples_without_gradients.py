# SPDX-License-Identifier: Apache-2.0
# A generator's samples of fixed noise, drawn without gradients in training mode, as DCGAN's are.
import torch
from torch import nn

torch.manual_seed(0)
real = torch.randn(512, 2) * torch.tensor([0.5, 1.5]) + torch.tensor([1.0, -1.0])
generator = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
critic = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1), nn.Sigmoid())
slow = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
fast = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.999))
told = nn.BCELoss()
fixed = torch.randn(64, 4)
for epoch in range(10):
    for xb in real[torch.randperm(512)].split(64):
        critic.zero_grad()
        label = torch.ones(64)
        told(critic(xb).view(-1), label).backward()
        fakes = generator(torch.randn(64, 4))
        label.fill_(0.0)
        told(critic(fakes.detach()).view(-1), label).backward()
        fast.step()
        generator.zero_grad()
        label.fill_(1.0)
        told(critic(fakes).view(-1), label).backward()
        slow.step()
    with torch.no_grad():
        print(epoch, generator(fixed).mean(0).tolist())
