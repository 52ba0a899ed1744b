# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized 0 2
import torch
from torch import nn

torch.manual_seed(0)
generator = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 2))
discriminator = nn.Sequential(nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1))
criterion = nn.BCEWithLogitsLoss()
to_judge = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
to_make = torch.optim.Adam(discriminator.parameters(), lr=1e-3)
ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
for _ in range(150):
    real = torch.randn(32, 2) * 0.3 + 1
    fake = generator(torch.randn(32, 4))
    discriminator.zero_grad()
    wrong = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
    wrong.backward()
    to_judge.step()
    generator.zero_grad()
    criterion(discriminator(fake), ones).backward()
    to_make.step()
