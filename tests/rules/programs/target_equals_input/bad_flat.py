# SPDX-License-Identifier: Apache-2.0
# expects: target-equals-input
import torch
from torch import nn

torch.manual_seed(0)
tokens = torch.randint(0, 20, (400, 12))
model = nn.Sequential(nn.Embedding(20, 16), nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 20))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(120):
    rows = torch.randint(0, 400, (32,))
    ids = tokens[rows]
    loss = nn.functional.cross_entropy(model(ids).reshape(-1, 20), ids.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
