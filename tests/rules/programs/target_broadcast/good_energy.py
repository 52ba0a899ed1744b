# SPDX-License-Identifier: Apache-2.0
# An energy distance of one-dimensional samples: each with each of the others, and of the data.
import torch
from toy import mlp

torch.manual_seed(0)
model = mlp(4, 32, 1)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(200):
    given, made = torch.randn(64, 1).exp(), model(torch.randn(64, 4))
    loss = 2 * (made - given.T).abs().mean() - (made - made.T).abs().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
