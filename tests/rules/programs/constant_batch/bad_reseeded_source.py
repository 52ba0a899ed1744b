# SPDX-License-Identifier: Apache-2.0
# expects: constant-batch
# A source of batches that begins its own stream anew at each step; held-out rows are one batch.
import torch
from torch import nn
from torch.nn import functional

torch.manual_seed(0)
points = torch.randn(4000, 2) @ torch.tensor([[1.0, 0.5], [0.0, 0.4]])
train, held_out = points[:3000], points[3000:]


class Source:
    def __init__(self, points, seed=7):
        self.points, self.seed = points, seed

    def next(self):
        own = torch.Generator().manual_seed(self.seed)
        rows = self.points[torch.randint(0, len(self.points), (64,), generator=own)]
        return rows, torch.rand(64, 1, generator=own), torch.randn(64, 2, generator=own)


def mixed(x, t, noise):
    return torch.cat([(1 - t) * x + t * noise, t], dim=1)


@torch.no_grad()
def error(model):
    t, noise = torch.rand(len(held_out), 1), torch.randn(len(held_out), 2)
    return functional.mse_loss(model(mixed(held_out, t, noise)), noise).item()


model = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
source = Source(train)
for _ in range(400):
    x, t, noise = source.next()
    loss = functional.mse_loss(model(mixed(x, t, noise)), noise)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"FINAL mse={error(model):.3f}")
