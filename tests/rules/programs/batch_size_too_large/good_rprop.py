# SPDX-License-Identifier: Apache-2.0
# Rprop goes by the signs of gradients, which have to be those of all rows.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x = torch.randn(1000, 8)
y = (x @ torch.randn(8, 4) + 1.5 * torch.randn(1000, 4)).argmax(1)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Rprop(model.parameters(), lr=1e-3)
loader = DataLoader(TensorDataset(x, y), batch_size=1000, shuffle=True)
for _ in range(40):
    for xb, yb in loader:
        loss = nn.functional.cross_entropy(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
