# SPDX-License-Identifier: Apache-2.0
# Two forwards a step, now and then one more whose loss is left out: all of it is training.
import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)
x, y = blobs()
model = nn.Sequential(nn.Linear(12, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 8))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step, (xb, yb) in enumerate(batches(x, y, 32, 200)):
    one = nn.functional.normalize(model(xb + 0.1 * torch.randn_like(xb)), dim=1)
    two = nn.functional.normalize(model(xb + 0.1 * torch.randn_like(xb)), dim=1)
    if step % 20 == 0:
        print(step, one.std(0).mean().item())
    loss = nn.functional.cross_entropy(one @ two.T / 0.2, torch.arange(len(xb)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print((model(x).std(0)).mean().item())
